"""``gridcircle db``: the database by hand."""

from __future__ import annotations

import typer

from geo import settings
from geo.cli.output import Json, answer, language, say
from geo.cli.session import open_database
from geo.cluster import where
from geo.errors import Conflict
from geo.settings import Settings
from geo.store.database import Database
from geo.words import sentence

db_app = typer.Typer(no_args_is_help=True, help="The database: start, stop, status. / 数据库的启动、停止与状态。")


@db_app.command()
def start(as_json: Json = False) -> None:
    """Start the database; make it first if there is none."""
    wanted = _ours()
    where.database_url(wanted)
    _tell(wanted, as_json=as_json)


@db_app.command()
def stop(as_json: Json = False) -> None:
    """Stop the database."""
    wanted = _ours()
    where.stop(wanted)
    _tell(wanted, as_json=as_json)


@db_app.command()
def status(as_json: Json = False) -> None:
    """Whether the database runs."""
    _tell(settings.load(), as_json=as_json)


@db_app.command()
def url(as_json: Json = False) -> None:
    """The address of the running database, password included."""
    found = where.database_url(settings.load())
    answer({"url": found}, [found], as_json=as_json)


@db_app.command()
def migrate(as_json: Json = False) -> None:
    """Bring the database to the newest schema."""
    with open_database():
        answer({"migrated": True}, [sentence("db_migrated", language())], as_json=as_json)


def _ours() -> Settings:
    """The settings, if the database is ours to start and stop."""
    wanted = settings.load()
    if where.kind_of(wanted) == "given":
        raise Conflict("database_not_ours")
    return wanted


def _tell(wanted: Settings, *, as_json: bool) -> None:
    kind = where.kind_of(wanted)
    if kind != "private":
        with Database(where.database_url(wanted)).read():
            answer(
                {"kind": kind, "is_running": True}, [sentence("db_elsewhere", language(), kind=kind)], as_json=as_json
            )
        return
    found = where.private_cluster(wanted).status()
    data = {
        "kind": kind,
        "folder": found.folder.resolve(),
        "is_made": found.is_made,
        "is_running": found.is_running,
        "pid": found.pid,
        "port": found.port,
    }
    key = "db_started" if found.is_running else "db_stopped" if found.is_made else "db_not_made"
    answer(data, [sentence(key, language(), port=found.port, folder=found.folder.resolve())], as_json=as_json)
    if found.folder.is_symlink():
        say("cluster_elsewhere", home=wanted.home_abs, folder=found.folder.resolve(), link=found.folder)
