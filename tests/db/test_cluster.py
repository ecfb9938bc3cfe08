"""The private PostGIS, really made, started and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from geo.cluster import programs
from geo.cluster.account import unprivileged
from geo.cluster.private import PrivateCluster
from geo.cluster.where import database_url
from geo.errors import DatabaseAway, GridcircleError, MissingPiece
from geo.settings import Settings
from tests.conftest import open_folder


@pytest.fixture
def folder(short_folder: Path) -> Path:
    return short_folder


@pytest.fixture(scope="module")
def made() -> Iterator[PrivateCluster]:
    """A cluster made once: making takes two seconds, a start a fifth of one."""
    with open_folder() as path:
        cluster = PrivateCluster(path / "home", path, durable=False)
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture
def cluster(made: PrivateCluster) -> PrivateCluster:
    """A cluster that runs."""
    made.start()
    return made


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or only its number is kept for a parent that never asked."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")


def ask(url: str, question: str) -> str:
    conn = psycopg2.connect(url)
    conn.autocommit = True
    try:
        with conn.cursor() as cursor:
            cursor.execute(question)
            return str(cursor.fetchone()[0])  # type: ignore[index]
    finally:
        conn.close()


def test_life_of_a_cluster(folder: Path) -> None:
    cluster = PrivateCluster(folder / "home", folder, durable=True)
    assert not cluster.status().is_made
    assert cluster.stop() is False

    url = cluster.start()
    assert cluster.start() == url, "a second start finds it running"
    pid = cluster.status().pid
    assert pid is not None
    ask(url, "create table kept (n int); insert into kept values (7); select 1")

    assert cluster.stop() is True
    assert cluster.stop() is False
    assert has_ended(pid)
    assert not list(cluster.runtime_dir.glob("gridcircle-*")), "its socket's folder is gone"
    with pytest.raises(DatabaseAway):
        cluster.url()

    assert ask(cluster.start(), "table kept") == "7"
    assert ask(cluster.url(), "show fsync") == "on", "only tests give up durability"
    cluster.stop()


def test_what_it_offers(cluster: PrivateCluster) -> None:
    url = cluster.url()
    major, minor = ask(url, "select postgis_lib_version()").split(".")[:2]
    assert (int(major), int(minor)) >= programs.OLDEST_POSTGIS
    assert int(ask(url, "show server_version_num")) >= 10_000 * programs.OLDEST_POSTGRESQL
    assert ask(url, "show server_encoding") == "UTF8"
    assert ask(url, "select upper('é')") == "É", "the locale knows more than ASCII"
    assert ask(url, "show listen_addresses") == "127.0.0.1"
    assert ask(url, "select rolsuper from pg_roles where rolname = current_user") == "False"


def test_nobody_enters_without_the_password(cluster: PrivateCluster) -> None:
    url = cluster.url()
    status = cluster.status()
    socket_dir = next(cluster.runtime_dir.glob("gridcircle-*"))
    for host in ("127.0.0.1", socket_dir):
        for user in ("gridcircle", "postgres"):
            with pytest.raises(psycopg2.OperationalError, match="password"):
                psycopg2.connect(host=str(host), port=status.port, user=user, dbname="gridcircle", password="guess")
    assert socket_dir.stat().st_mode & 0o077 == 0
    secret = cluster.home / "database-password"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text() in url


def test_two_homes_side_by_side(cluster: PrivateCluster, folder: Path) -> None:
    other = PrivateCluster(folder / "other", folder, durable=False)
    try:
        assert cluster.start() != other.start()
        other.stop()
        assert cluster.status().is_running
    finally:
        other.stop()


def test_two_starts_at_once_make_one_cluster(folder: Path) -> None:
    clusters = [PrivateCluster(folder / "home", folder, durable=False) for _ in range(2)]
    try:
        with ThreadPoolExecutor(2) as threads:
            urls = list(threads.map(PrivateCluster.start, clusters))
        assert urls == [clusters[0].url()] * 2
    finally:
        clusters[0].stop()


def test_home_whose_path_is_too_long_for_a_socket(folder: Path) -> None:
    cluster = PrivateCluster(folder / ("x" * 120) / "it's a home", folder, durable=False)
    try:
        assert ask(cluster.start(), "select 1") == "1"
    finally:
        cluster.stop()


def test_runtime_folder_whose_path_is_too_long_is_refused(folder: Path) -> None:
    cluster = PrivateCluster(folder / "home", folder / ("x" * 100), durable=False)
    with pytest.raises(MissingPiece) as refusal:
        cluster.start()
    assert refusal.value.key == "runtime_dir_long"


def test_home_in_a_private_folder(folder: Path) -> None:
    """As root the database's account cannot enter it; otherwise it is that account's own."""
    (folder / "private").mkdir(mode=0o700)
    cluster = PrivateCluster(folder / "private" / "home", folder, durable=False)
    try:
        assert ask(cluster.start(), "select 1") == "1"
        assert cluster.folder.is_symlink() == (os.geteuid() == 0)
        cluster.stop()
        assert ask(cluster.start(), "select 1") == "1"
    finally:
        cluster.stop()
        if cluster.folder.is_symlink():
            shutil.rmtree(cluster.folder.resolve())


def test_server_that_was_killed_comes_back(cluster: PrivateCluster) -> None:
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    gone_by = time.monotonic() + 10
    while cluster.status().is_running and time.monotonic() < gone_by:
        pass
    assert (cluster.data / "postmaster.pid").exists()
    assert ask(cluster.start(), "select 1") == "1"


def test_number_of_a_dead_server_given_to_another_process(cluster: PrivateCluster) -> None:
    """As after a restart of a container; here the other process is this test."""
    pid_file = cluster.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    cluster.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not cluster.status().is_running
    assert ask(cluster.start(), "select 1") == "1"


def test_interrupted_making_is_begun_again(folder: Path) -> None:
    cluster = PrivateCluster(folder / "home", folder, durable=False)
    (cluster.folder / "draft").mkdir(parents=True)
    (cluster.folder / "draft" / "PG_VERSION").write_text("15")
    unprivileged().own(cluster.folder)
    try:
        assert ask(cluster.start(), "select 1") == "1"
    finally:
        cluster.stop()


def test_lost_password_is_told(cluster: PrivateCluster) -> None:
    with moved_away(cluster.home / "database-password"), pytest.raises(DatabaseAway) as refusal:
        cluster.start()
    assert refusal.value.key == "cluster_password_lost"


def test_data_of_a_version_that_is_gone(cluster: PrivateCluster) -> None:
    cluster.stop()
    with moved_away(cluster.data / "PG_VERSION") as version:
        version.write_text("99\n")
        with pytest.raises(MissingPiece, match="PostgreSQL 99"):
            cluster.start()


def test_server_that_does_not_start_tells_its_own_reason(cluster: PrivateCluster) -> None:
    cluster.stop()
    with moved_away(cluster.data / "postgresql.conf") as conf:
        conf.write_text("no_such_setting = 1\n")
        conf.chmod(0o644)
        with pytest.raises(DatabaseAway) as refusal:
            cluster.start()
    assert str(cluster.log) in str(refusal.value)
    assert "contains errors" in str(refusal.value)


@contextmanager
def moved_away(path: Path) -> Iterator[Path]:
    """A file out of its place for a while."""
    aside = path.rename(path.with_suffix(".aside"))
    yield path
    aside.rename(path)


def test_home_that_cannot_be_written(folder: Path) -> None:
    (folder / "home").write_text("a file where the folder should be")
    with pytest.raises(MissingPiece) as refusal:
        PrivateCluster(folder / "home", folder, durable=False).start()
    assert refusal.value.key == "home_closed"


def test_socket_folder_laid_by_somebody_else_is_refused(cluster: PrivateCluster, folder: Path) -> None:
    socket_dir = next(cluster.runtime_dir.glob("gridcircle-*"))
    cluster.stop()
    socket_dir.symlink_to(folder)
    with pytest.raises(MissingPiece) as refusal:
        cluster.start()
    assert refusal.value.key == "runtime_dir_closed"
    socket_dir.unlink()


def test_no_programs_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.installed(tmp_path) == []
    with pytest.raises(MissingPiece, match="apt-get install"):
        programs.newest(tmp_path)


def test_programs_without_postgis_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation as the system lays it out, its PostGIS too old or absent."""
    monkeypatch.setenv("PATH", os.defpath)
    bin_dir, extension = tmp_path / "16" / "bin", tmp_path / "share" / "extension"
    bin_dir.mkdir(parents=True)
    extension.mkdir(parents=True)
    for name, said in (("postgres", "postgres (PostgreSQL) 16.4"), ("pg_config", extension.parent), ("initdb", "")):
        (bin_dir / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (bin_dir / name).chmod(0o755)

    def versions() -> list[int]:
        return [found.version for found in programs.installed(tmp_path) if found.folder == bin_dir]

    assert versions() == []
    (extension / "postgis.control").write_text("default_version = '3.2.9'\n")
    assert versions() == []
    (extension / "postgis.control").write_text("default_version = '3.10.0'\n")
    assert versions() == [16]


def test_a_database_of_your_own_comes_first(tmp_path: Path) -> None:
    url = "postgresql://someone@elsewhere/theirs"
    assert database_url(Settings(home=tmp_path, database_url=url)) == url
    assert not (tmp_path / "postgres").exists()


def test_private_cluster_comes_second(folder: Path) -> None:
    settings = Settings(home=folder / "home", runtime_dir=folder)
    cluster = PrivateCluster(settings.home_abs, folder)
    try:
        assert database_url(settings) == cluster.url()
    finally:
        cluster.stop()


def test_neither_packages_nor_docker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(programs.installed, "__defaults__", (folder,))
    with pytest.raises(GridcircleError) as refusal:
        database_url(Settings(home=folder / "home"))
    assert refusal.value.key == "postgis_missing"
    assert not (folder / "home").exists()
