"""What may be done to a draft, one class for each kind of edit."""

from __future__ import annotations

from dataclasses import dataclass

LonLat = tuple[float, float]


@dataclass(frozen=True)
class Paint:
    """Give units to a grid."""

    units: tuple[int, ...]
    """Their numbers."""
    grid: int
    """Its id."""


@dataclass(frozen=True)
class Split:
    """Cut a grid in two or more along a line; the largest part stays the grid."""

    grid: int
    line: tuple[LonLat, ...]


@dataclass(frozen=True)
class Merge:
    """Make one grid of several; the first stays."""

    grids: tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """Move vertices; all borders that pass there follow."""

    moves: tuple[tuple[LonLat, LonLat], ...]
    """From where to where."""


@dataclass(frozen=True)
class Carve:
    """Cut a special grid out of basic ones; around the whole of one grid, make that one special."""

    polygon: tuple[LonLat, ...]
    """Its corners, in order; the first need not be said again at the end."""
    name: str


@dataclass(frozen=True)
class SetPost:
    """Say whether a post of a grid is filled; never by whom."""

    grid: int
    post: str
    is_filled: bool
    duty_phone: str | None = None


@dataclass(frozen=True)
class Lock:
    """Keep a grid's border as it is, or let it go again."""

    grid: int
    is_locked: bool


@dataclass(frozen=True)
class Rename:
    """Call a grid something else."""

    grid: int
    name: str


@dataclass(frozen=True)
class Renumber:
    """Number all grids anew, from west to east and north to south."""

    is_reusing: bool = False
    """Whether codes of grids that are gone may be given again."""


@dataclass(frozen=True)
class Bridge:
    """Say that two units which share no border hang together, or that they do so no longer."""

    units: tuple[int, int]
    """Their numbers."""
    reason: str = ""
    """What joins them."""
    is_open: bool = True


@dataclass(frozen=True)
class Undo:
    """Take back the last edit that stands."""


@dataclass(frozen=True)
class Redo:
    """Do again what was taken back last."""


Change = Paint | Split | Merge | Move | Carve | SetPost | Lock | Rename | Renumber | Bridge
"""What makes a new state."""

PlanOp = Change | Undo | Redo
