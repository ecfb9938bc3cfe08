"""Who may import whom, who may look at the clock, the dice and the environment. Reads the code as text (ast)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FORBIDDEN: dict[str, tuple[str, ...]] = {
    # the folder on the left never imports the names on the right
    "geo": ("api", "webmap"),
    "webmap": ("api", "geo.store", "geo.compute", "geo.actions", "sqlalchemy", "psycopg2"),
    "api": ("geo.compute", "geo.cli", "sqlalchemy.orm", "psycopg2"),
    "geo/compute": ("geo.store", "geo.actions", "geo.cli", "geo.files", "geo.imports", "geo.cluster", "sqlalchemy"),
    "geo/store": ("geo.compute", "geo.actions", "geo.cli", "geo.files", "geo.cluster"),
    "geo/files": ("geo.store", "geo.actions", "geo.compute", "geo.cli", "sqlalchemy"),
    "geo/imports": ("geo.store", "geo.actions", "geo.cli", "sqlalchemy"),
    "geo/rules": ("geo.store", "geo.actions", "geo.compute", "geo.cli", "sqlalchemy"),
    "geo/demo": ("geo.store", "geo.actions", "geo.cli", "sqlalchemy"),
    "geo/actions": ("geo.cli", "fastapi", "typer"),
}

ALLOWED: dict[str, tuple[str, ...]] = {
    # `gridcircle up` and `serve` start the web service, `assets` fetches what its pages need: entrances, not knowledge
    "geo": ("geo/cli/serve.py", "geo/cli/up.py", "geo/cli/assets.py"),
}

CLOCK = {"now", "today", "utcnow", "time"}
CLOCK_ALLOWED = ("geo/cli/", "api/deps.py", "geo/cluster/")
ENVIRONMENT_ALLOWED = ("geo/settings.py",)
SQL_TYPES = {"sqlalchemy", "sqlalchemy.Connection", "sqlalchemy.Table"}
"""What signatures outside the store may name."""
DICE_ALLOWED = ("geo/cli/", "geo/tokens.py", "geo/cluster/", "api/deps.py")


@cache
def sources(folder: str) -> tuple[tuple[str, ast.Module], ...]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return tuple((file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_arrows_point_one_way(folder: str) -> None:
    wrong = {
        f"{path} imports {name}"
        for path, tree in sources(folder)
        if path not in ALLOWED.get(folder, ())
        for name in imported(tree)
        for banned in FORBIDDEN[folder]
        if name == banned or name.startswith(banned + ".")
    }
    assert not wrong


ROOMS = {
    "geo/compute": ("fabric", "layers", "units", "streets", "reach", "plans", "cases", "visits"),
    "geo/actions": ("city", "posts", "imports", "stations", "reach", "work", "plans", "layers", "cases", "dispatch"),
}
"""Folders within folders: each may use those before it."""
ABOVE_ROOMS = ("geo/actions/",)
"""What lies in none of the rooms uses them all; elsewhere it is used by all."""


@pytest.mark.parametrize("house", ROOMS)
def test_rooms_use_those_before_them(house: str) -> None:
    rooms = ROOMS[house]
    room_of = {path: path.removeprefix(f"{house}/").rpartition("/")[0] for path, _ in sources(house)}
    assert set(room_of.values()) == {"", *rooms}
    wrong = {
        f"{path} imports {name}"
        for path, tree in sources(house)
        for name in imported(tree)
        for room in rooms_closed_to(room_of[path], rooms, is_above=f"{house}/" in ABOVE_ROOMS)
        if name.startswith(f"{house.replace('/', '.')}.{room}.")
    }
    assert not wrong


def rooms_closed_to(room: str, rooms: tuple[str, ...], *, is_above: bool) -> tuple[str, ...]:
    """Which rooms a file of a room ('' none) must not use."""
    if not room:
        return () if is_above else rooms
    return rooms[rooms.index(room) + 1 :]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_no_import_cycles() -> None:
    trees = {module_of(path): tree for folder in ("geo", "api", "webmap") for path, tree in sources(folder)}
    arrows = {name: {target for target in imported(tree) if target in trees} for name, tree in trees.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for target in sorted(arrows[name] - {name}):
                visit(target, (*way, name))
            done.add(name)

    for name in sorted(arrows):
        visit(name, ())


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(what it is called on, what is called) of every attribute call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr


def test_only_the_edges_look_at_the_clock() -> None:
    wrong = {
        f"{path}: {on}.{name}()"
        for folder in ("geo", "api", "webmap")
        for path, tree in sources(folder)
        if not path.startswith(CLOCK_ALLOWED)
        for on, name in calls(tree)
        if name in CLOCK
        and on in {"datetime", "date", "time", "datetime.datetime", "datetime.date", "dt", "dt.datetime"}
    }
    assert not wrong


def test_only_the_edges_throw_dice() -> None:
    wrong = {
        f"{path}: {name}"
        for folder in ("geo", "api", "webmap")
        for path, tree in sources(folder)
        if not path.startswith(DICE_ALLOWED)
        for name in [*imported(tree), *(f"{on}.{call}" for on, call in calls(tree))]
        if name.split(".")[0] in {"random", "secrets"} or name.endswith(("uuid1", "uuid4", "random.default_rng"))
    }
    assert not wrong


def test_only_settings_read_the_environment() -> None:
    wrong = {
        path
        for folder in ("geo", "api", "webmap")
        for path, tree in sources(folder)
        if not path.startswith(ENVIRONMENT_ALLOWED)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and ast.unparse(node.value) == "os"
    }
    # the cluster hands the environment on to the programs it starts
    assert wrong <= {"geo/cluster/postgres.py", "webmap/install.py"}


def test_sql_lives_in_the_store() -> None:
    wrong = {
        f"{path} imports {name}"
        for folder in ("geo", "api", "webmap")
        for path, tree in sources(folder)
        if not path.startswith("geo/store/")
        for name in imported(tree)
        if name.startswith(("sqlalchemy", "geoalchemy2", "psycopg2")) and name not in SQL_TYPES
    }
    assert not wrong


def test_no_package_files_under_tests() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
