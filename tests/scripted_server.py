"""The service in a process of its own, by the clock of a file: its arguments are URL, home, port and that file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import uvicorn

import api.deps
import api.main
import api.watch
from geo.settings import Settings


def main() -> None:
    url, home, port, clock = sys.argv[1:]

    def now() -> datetime:
        return datetime.fromisoformat(Path(clock).read_text(encoding="utf-8"))

    api.deps.clock = api.main.clock = now
    # the clock of the file runs fast: deadlines pass within seconds
    api.watch.LOOK_S = api.watch.REST_S = 0.2  # type: ignore[misc]
    app = api.main.create_app(Settings(home=Path(home), workers_db=6), url)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
