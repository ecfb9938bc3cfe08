"""``gridcircle warm``: compile what is compiled on first use, so that no first request waits for it."""

from __future__ import annotations

from geo.actions.warm import warm as warm_kernels
from geo.cli.output import Json, answer, language, progress
from geo.words import sentence


def warm(as_json: Json = False) -> None:
    """Compile the computation once; later starts read it from the cache."""
    with progress("warming"):
        warm_kernels()
    answer({"warm": True}, [sentence("warm", language())], as_json=as_json)
