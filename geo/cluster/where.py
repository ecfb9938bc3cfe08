"""Which database a command uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from geo.cluster import compose
from geo.cluster.private import PrivateCluster
from geo.cluster.programs import installed, missing
from geo.settings import Settings

Kind = Literal["given", "private", "docker"]


def private_cluster(settings: Settings) -> PrivateCluster:
    """The private cluster of these settings, whether it exists or not."""
    return PrivateCluster(settings.home_abs, settings.runtime_dir, durable=True)


def kind_of(settings: Settings) -> Kind:
    """The one given by GRIDCIRCLE_DATABASE_URL, else the private cluster, else Docker's.

    Raises
    ------
    MissingPiece
        If none of the three can be had.
    """
    if settings.database_url:
        return "given"
    if private_cluster(settings).status().is_made or installed():
        return "private"
    if compose.is_usable():
        return "docker"
    raise missing()


def database_url(settings: Settings) -> str:
    """Where the database is; started if it is ours and stopped.

    Raises
    ------
    MissingPiece
        If there is no PostGIS to be had.
    DatabaseAway
        If there is one but it does not start.
    """
    match kind_of(settings):
        case "private":
            return private_cluster(settings).start()
        case "docker":
            return compose.start(settings.home_abs)
        case _:
            assert settings.database_url is not None
            return settings.database_url.get_secret_value()


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """The same for a while: what was started here is stopped at the end, what ran before runs on."""
    found_running = _is_running(settings)
    try:
        yield database_url(settings)
    finally:
        if not found_running:
            stop(settings)


def stop(settings: Settings) -> None:
    """Stop the database if it is ours and runs."""
    match kind_of(settings):
        case "private":
            private_cluster(settings).stop()
        case "docker":
            compose.stop(settings.home_abs)


def _is_running(settings: Settings) -> bool:
    match kind_of(settings):
        case "private":
            return private_cluster(settings).status().is_running
        case "docker":
            return compose.is_running(settings.home_abs)
        case _:
            return True
