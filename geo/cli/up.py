"""``gridcircle up``, which is what `make run` runs: everything from nothing to the map, and down again."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo import settings
from geo.actions.city.create_token import create_token
from geo.cli.output import Json, progress, refuse, say
from geo.cli.serve import announce, listen, serve_on
from geo.cluster.system import write_secret
from geo.cluster.where import private_cluster, running_database
from geo.errors import CoverageMissing, Unready
from geo.settings import Settings
from geo.store import coverage, imports, tokens
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.tokens import hash_of
from webmap.assets import missing
from webmap.install import install_assets

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"


def up(as_json: Json = False) -> None:
    """Start the database, load the demo city if there is nothing yet, and serve until Ctrl-C."""
    wanted = settings.load()
    with ExitStack() as stack:
        listener = stack.enter_context(listen(wanted))
        with progress("database_starting"):
            url = stack.enter_context(running_database(wanted))
        _tell_where(wanted)
        db = Database(url)
        stack.callback(db.close)
        migrate(db)
        _fill(db, wanted)
        if missing(wanted.home_abs):
            with progress("assets_fetching"):
                install_assets(wanted.home_abs)
        _hand_out_token(db, wanted)
        serve_on(listener, wanted, url, lambda: announce(wanted, as_json=as_json))


def _tell_where(wanted: Settings) -> None:
    """Say so where the database's files do not lie in home."""
    link = private_cluster(wanted).folder
    if link.is_symlink():
        say("cluster_elsewhere", home=wanted.home_abs, folder=link.resolve(), link=link)


def _fill(db: Database, wanted: Settings) -> None:
    """The demo city for a database into which nobody has loaded anything, and circles that fit what is there."""
    from geo.actions.reach.compute_coverage import (
        compute_coverage,  # compilers and geometry: not needed to refuse early
    )

    unfinished = wanted.home_abs / "demo-unfinished"
    with db.read() as conn:
        is_untouched = not imports.list_batches(conn)
    if is_untouched or unfinished.exists():
        _load_demo(db, unfinished)
    try:
        with progress("circles_computing") as step:
            compute_coverage(db, **_asked_before(db), at=datetime.now(UTC), step=step)
    except Unready as error:  # somebody's own city whose streets have not come yet
        refuse(error, as_json=False)


def _asked_before(db: Database) -> dict[str, Any]:
    """Minutes, mode and surface of the circles that are shown; nothing where there are none yet."""
    with db.read() as conn:
        try:
            run = coverage.current_run(conn)
        except CoverageMissing:
            return {}
    return {"minutes": run.minutes, "mode": run.mode, "surface": run.surface}


def _load_demo(db: Database, unfinished: Path) -> None:
    from geo.actions.load_demo import load_demo

    unfinished.touch()  # stays if this is interrupted, so that the next run completes the city
    with progress("demo_loading") as step:
        load_demo(db, BOUNDARIES, datetime.now(UTC), step)
    unfinished.unlink()
    say("demo_loaded")


def _hand_out_token(db: Database, wanted: Settings) -> None:
    """Make an administrator's token on the first run, and again if the one in home no longer holds."""
    path, at = wanted.home_abs / "token", datetime.now(UTC)
    if path.exists():
        token = tokens.find(db, hash_of(path.read_text()))
        if token is not None and token.standing(at) == "holds":
            say("first_token_kept", path=path)
            return
    _, secret = create_token(db, name="make run", role="administrator", area_code=None, days=None, at=at)
    wanted.home_abs.mkdir(parents=True, exist_ok=True)
    write_secret(path, secret)
    say("first_token", path=path, secret=secret)
