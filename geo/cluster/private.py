"""A private PostGIS: one data directory under GRIDCIRCLE_HOME, started and stopped by us.

Under ``home``::

    postgres/            owned by the account that runs it; a link to FAR_ROOT where that account cannot enter home
        data/  log
    database-password    of the role gridcircle, 0600
    postgres.lock        held while the cluster starts or stops

The server listens on a free loopback port and on a socket in a folder of its own. Every way in asks for the password:
loopback is open to all local users. Its superuser has no password and so cannot log in at all; the role gridcircle
may create databases, nothing more, and finds PostGIS in every database it creates.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geo.cluster.account import Account, owner, unprivileged
from geo.cluster.programs import Programs, installed, newest
from geo.cluster.system import free_port, is_alive, is_in_use, key_of, last_line, write_secret
from geo.errors import DatabaseAway, MissingPiece

FAR_ROOT = Path("/var/lib/gridcircle")
"""Where the files go when the account cannot enter home."""

SOCKET_PATH_LIMIT = 107
"""Bytes that a unix socket's path may have (sun_path of unix(7), less the closing zero)."""

NAME = "gridcircle"
START_TIMEOUT_S = 60
HBA = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Only for tests: a crash of the machine loses the cluster."""


@dataclass(frozen=True)
class Status:
    """What is known of a cluster. ``pid``, ``port`` are None while it is stopped."""

    folder: Path
    is_made: bool
    is_running: bool
    pid: int | None
    port: int | None


class PrivateCluster:
    """A PostGIS of our own.

    Parameters
    ----------
    home
        Folder of all state; made if absent.
    runtime_dir
        Short folder for the socket.
    durable
        Whether a commit survives a crash of the machine. False only in tests.
    """

    def __init__(self, home: Path, runtime_dir: Path, durable: bool = True) -> None:
        self.home = home
        self.runtime_dir = runtime_dir
        self.durable = durable
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._password_file = home / "database-password"

    def start(self) -> str:
        """Start the cluster, make it first if need be, and return its URL. Does nothing if it runs.

        Raises
        ------
        MissingPiece
            If a program, an account or a folder is missing; the sentence says which and what to do.
        DatabaseAway
            If PostgreSQL refused.
        """
        with self._locked():
            if not self.status().is_running:
                if not self.data.exists():
                    self._make()
                self._start()
            return self.url()

    def stop(self) -> bool:
        """Stop the cluster and wait until it has; whether it was running.

        Raises
        ------
        DatabaseAway
            If it does not stop.
        """
        if not self.status().is_running:
            return False
        with self._locked():
            if not self.status().is_running:
                return False
            done = owner(self.data).run(
                self._programs().folder / "pg_ctl", "stop", "-D", self._real, "-m", "fast", "-w"
            )
            if done.returncode:
                raise DatabaseAway(
                    "cluster_not_stopped", folder=self.folder, reason=last_line(done.stderr), log=self.log
                )
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            return True

    def status(self) -> Status:
        """Whether the cluster exists and runs. Asks the process table, not the database."""
        stopped = Status(self.folder, self.data.exists(), is_running=False, pid=None, port=None)
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return stopped
        except PermissionError as error:
            raise MissingPiece("home_closed", folder=self.folder, reason=error.strerror) from error
        if len(lines) < 4 or not is_alive(int(lines[0]), self.data):
            return stopped
        return Status(self.folder, is_made=True, is_running=True, pid=int(lines[0]), port=int(lines[3]))

    def url(self) -> str:
        """Where the running cluster is: ``postgresql://gridcircle:password@127.0.0.1:port/gridcircle``.

        Raises
        ------
        DatabaseAway
            If it is not running.
        """
        status = self.status()
        if not status.is_running:
            raise DatabaseAway("database_away")
        if not self._password_file.exists():
            raise DatabaseAway("cluster_password_lost", path=self._password_file, folder=self.folder)
        return f"postgresql://{NAME}:{self._password_file.read_text()}@127.0.0.1:{status.port}/{NAME}"

    # ---- making ----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        programs, account = newest(), unprivileged()
        self._place(account)
        # Built beside its place and renamed once whole: an interrupted attempt is never mistaken for a cluster.
        draft = self.folder.resolve() / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        options = ("-U", "postgres", "--auth=reject", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
        done = account.run(programs.folder / "initdb", "-D", draft, *options)
        if done.returncode:
            raise DatabaseAway("cluster_not_made", folder=self.folder, reason=last_line(done.stderr))
        (draft / "pg_hba.conf").write_text(HBA)
        done = account.run(
            programs.folder / "postgres", "--single", "-D", draft, "template1", stdin=self._first_words()
        )
        if done.returncode or "ERROR:" in done.stderr:
            raise DatabaseAway("cluster_not_made", folder=self.folder, reason=last_line(done.stderr))
        draft.rename(draft.parent / "data")

    def _place(self, account: Account) -> None:
        """Make the folder ``postgres``, or a link to one that the account can reach."""
        if self.folder.exists():
            return
        self.folder.unlink(missing_ok=True)  # a link that points nowhere
        if account.reaches(self.home):
            self.folder.mkdir(mode=0o700)
        else:
            FAR_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.folder.symlink_to(tempfile.mkdtemp(prefix=f"{key_of(self.home)}-", dir=FAR_ROOT))
        account.own(self.folder.resolve())

    def _first_words(self) -> str:
        """Statements, one a line, that a new cluster hears before anyone can reach it."""
        return (
            "create extension postgis\n"
            "create extension btree_gist\n"
            f"create role {NAME} login createdb password '{self._new_password()}'\n"
            f"create database {NAME} owner {NAME}\n"
        )

    def _new_password(self) -> str:
        password = secrets.token_urlsafe(24)
        write_secret(self._password_file, password)
        return password

    # ---- starting --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        programs, account = self._programs(), owner(self.data)
        self._make_socket_dir(account)
        self._drop_stale_pid()
        for _ in range(3):  # another program may take the port between our look and the start
            done = account.run(programs.folder / "pg_ctl", *self._start_command(free_port()))
            if done.returncode == 0:
                return
            reason = last_line(self.log.read_text(errors="replace")) if self.log.exists() else last_line(done.stderr)
            if "in use" not in done.stderr + reason:
                break
        raise DatabaseAway("cluster_not_started", folder=self.folder, reason=reason, log=self.log)

    def _start_command(self, port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self._socket_dir),
            "max_connections": "250",
            **({} if self.durable else FAST),
        }
        said = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        # The log of this start only: whoever reads it after a failure sees that failure.
        where = ["-D", str(self._real), "-l", str(self._real.parent / "log")]
        return ["start", "-w", "-t", str(START_TIMEOUT_S), *where, "-o", said]

    def _programs(self) -> Programs:
        """The programs of the version that made the data."""
        version = int((self.data / "PG_VERSION").read_text())
        for programs in installed():
            if programs.version == version:
                return programs
        raise MissingPiece("cluster_version", folder=self.folder, version=version)

    def _make_socket_dir(self, account: Account) -> None:
        path = self._socket_dir / ".s.PGSQL.65535"
        if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
            raise MissingPiece("runtime_dir_long", path=path, limit=SOCKET_PATH_LIMIT)
        try:
            self._socket_dir.mkdir(mode=0o700)
            account.own(self._socket_dir)
        except FileExistsError:
            pass  # ours from before, or a trap set by another user: looked at next
        except OSError as error:
            raise MissingPiece("home_closed", folder=self.runtime_dir, reason=error.strerror) from error
        found = self._socket_dir.lstat()
        if self._socket_dir.is_symlink() or found.st_uid != account.uid or not account.reaches(self._socket_dir):
            raise MissingPiece("runtime_dir_closed", folder=self._socket_dir, account=account.name)

    def _drop_stale_pid(self) -> None:
        """Remove the pid file of a server that is gone.

        PostgreSQL does so itself unless the number now belongs to another process of the same account, as happens
        after a restart of a container. Workers of a server that was killed end by themselves soon after; while one
        still lives the file stays, because it keeps a second server from the same data.
        """
        for _ in range(100):
            if not is_in_use(self.data):
                (self.data / "postmaster.pid").unlink(missing_ok=True)
                return
            time.sleep(0.1)

    # ---- small things ----------------------------------------------------------------------------------------------

    @property
    def _real(self) -> Path:
        return self.data.resolve()

    @property
    def _socket_dir(self) -> Path:
        return self.runtime_dir / f"gridcircle-{key_of(self.home)}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of this home: of two that start at once, one starts and the other finds it running."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            file = (self.home / "postgres.lock").open("w")
        except OSError as error:
            raise MissingPiece("home_closed", folder=self.home, reason=error.strerror) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
