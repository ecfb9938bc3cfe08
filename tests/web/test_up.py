"""`gridcircle up` as a newcomer meets it: a process of its own, from an empty folder to the map and down again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from geo import settings
from geo.cluster.private import PrivateCluster
from webmap.assets import missing, vendor_folder

ROOT = Path(__file__).parents[2]
GRIDCIRCLE = Path(sys.executable).parent / "gridcircle"


@contextmanager
def up(home: Path, port: int, ends_with: signal.Signals) -> Iterator[list[str]]:
    """The service while it runs; yields what it has said so far, the address last."""
    environment = {
        "PATH": os.defpath,
        "GRIDCIRCLE_HOME": str(home),
        "GRIDCIRCLE_PORT": str(port),
        "GRIDCIRCLE_RUNTIME_DIR": str(home.parent),
        "GRIDCIRCLE_LANGUAGE": "en",
    }
    # A shell that started the tests in the background may have made them deaf to Ctrl-C.
    command = ["env", "--default-signal=INT", GRIDCIRCLE, "up"]
    with subprocess.Popen(
        command, cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            said = []
            for line in process.stdout:
                said.append(line.strip())
                if f"http://127.0.0.1:{port}" in line:
                    break
            else:
                pytest.fail("\n".join(said))
            yield said
            process.send_signal(ends_with)
            process.communicate(timeout=60)
            assert process.returncode == 128 + ends_with
        finally:
            process.kill()


def ask(port: int, path: str, token: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urlopen(Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=30) as answer:
        return answer.status, answer.read()


def test_from_nothing_to_the_map_and_down_again(short_folder: Path) -> None:
    home = short_folder / "home"
    lend_assets(home)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    cluster = PrivateCluster(home, short_folder)

    with up(home, port, signal.SIGINT) as said:
        secret = re.search(r"gc_\S+", " ".join(said))
        assert secret
        assert (home / "token").stat().st_mode & 0o777 == 0o600
        assert ask(port, "/healthz")[0] == 200
        assert ask(port, "/")[0] == 200
        assert len(json.loads(ask(port, "/api/v1/incidents", secret[0])[1])["features"]) > 0
        grids = ask(port, "/api/v1/coverage?by=city")[1]
        assert cluster.status().is_running
    assert not cluster.status().is_running

    with up(home, port, signal.SIGTERM) as said:
        assert not re.search(r"gc_\S+", " ".join(said)), "a token is shown once"
        assert ask(port, "/api/v1/coverage?by=city")[1] == grids, "the data were kept"
        assert ask(port, "/api/v1/incidents", secret[0])[0] == 200
    assert not cluster.status().is_running


def lend_assets(home: Path) -> None:
    """The map's scripts as set-up has fetched them, so that this test needs no network."""
    fetched = settings.load().home_abs
    if not missing(fetched):
        shutil.copytree(vendor_folder(fetched), vendor_folder(home))
