"""How every command answers: a sentence for people, one JSON object with --json, a progress bar over long work."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from geo import settings
from geo.errors import GridcircleError
from geo.words import sentence

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON object. / 以 JSON 输出。")]

Step = Callable[[float], None]
"""Called with the share done so far, 0..1; raises KeyboardInterrupt to cancel."""


def language() -> str:
    """``zh`` or ``en``: GRIDCIRCLE_LANGUAGE, else the locale's, else English."""
    return settings.language()


def say(key: str, **values: Any) -> None:
    """A sentence for the person at the keyboard, on stderr so that it never mixes with an answer."""
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(sentence(key, language(), **values))


def answer(data: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    """The result of a command: ``lines`` for people, ``data`` with --json."""
    if as_json:
        print(json.dumps(data, ensure_ascii=False, default=str))
    else:
        Console(highlight=False, soft_wrap=True, markup=False).print("\n".join(lines))


def refuse(error: GridcircleError, *, as_json: bool) -> None:
    """Why a command refused: one line on stderr, or a problem object on stdout with --json."""
    text = error.in_language(language())
    if as_json:
        problem = {"error": type(error).__name__, "key": error.key, "detail": text, "evidence": error.evidence}
        print(json.dumps(problem, ensure_ascii=False, default=str))
    else:
        print(text, file=sys.stderr)


@contextmanager
def progress(key: str, **values: Any) -> Iterator[Step]:
    """A bar on stderr while work goes on; without a terminal, one sentence when it begins."""
    console = Console(stderr=True)
    if not console.is_terminal:
        say(key, **values)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(sentence(key, language(), **values), total=1.0)
        yield lambda share: bar.update(task, completed=share)
