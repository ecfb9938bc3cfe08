"""Plans, and what they change, as plain tables: the sheets of a workbook, the layers of a GeoPackage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo.drafts import Draft
from geo.files.write import OutTable
from geo.grids import POSTS, Post
from geo.plan_changes import MEASURES, Comparison, Consequences, Counted, GridName, GridSide, Made
from geo.plan_figures import GridFigures
from geo.plan_problems import Problem
from geo.text import CONTROL
from geo.units import FloatArray
from geo.words import sentence

MOST_MATRIX_GRIDS = 200
"""Of more grids no square matrix is written: nobody reads a sheet of that width, and the moves say the same."""

_UNWRITABLE = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]+")
"""What XML or UTF-8 cannot hold, and the mark for it (U+FFFD), by which readers know a file that was broken on its way.

Source: XML 1.0, section 2.2 (Char); Unicode, section 23.7 (noncharacters).
"""

GRID_FIELDS = (
    "id",
    "code",
    "name",
    "kind",
    "community_code",
    *(f"{post}_{what}" for post in POSTS for what in ("filled", "phone")),
    "is_locked",
    "units",
    *MEASURES,
    "area_m2",
    "hours",
    "problems",
)
"""As the import of grids reads them, and the figures. No two begin with the same ten letters: Shapefiles cut there."""

SIDE_FIELDS = (*MEASURES, "area_m2", "covered", "covered_share", "hours", "walk_m")


@dataclass(frozen=True)
class GridOut:
    """A grid of a plan as it is written to files."""

    id: int
    code: str
    name: str
    kind: str
    community_code: str
    posts: Mapping[str, Post]
    is_locked: bool
    shape: BaseGeometry
    """EPSG:4326."""
    units: int
    counts: Counted
    area_m2: float
    hours: float | None
    """Of work a month; None where it is not known."""
    problems: int
    """Breaches of rules that concern it."""


@dataclass(frozen=True)
class BridgeOut:
    """Two units that hang together though they share no border, as they are written to files."""

    units: tuple[int, int]
    """Their numbers."""
    grid_codes: tuple[str, str]
    """Whose they are; it counts where both are the same."""
    reason: str
    line: BaseGeometry
    """From the one to the other, EPSG:4326."""


def bridges_out(draft: Draft, lines: Sequence[BaseGeometry]) -> list[BridgeOut]:
    """The bridges of a draft; ``lines``: (n_bridges,) how they are drawn."""
    numbers = draft.unit_no.tolist()
    codes = [draft.grids[place].code for place in draft.grid_of_unit.tolist()]
    return [
        BridgeOut((numbers[one], numbers[other]), (codes[one], codes[other]), reason, line)
        for (one, other, reason), line in zip(draft.bridges, lines, strict=True)
    ]


def grids_out(
    draft: Draft,
    shapes: Sequence[BaseGeometry],
    figures: GridFigures,
    hours: FloatArray | None,
    problems: Sequence[Problem],
) -> list[GridOut]:
    """The grids of a draft with their figures.

    Parameters
    ----------
    draft
        The plan.
    shapes
        (n_grids,) in the order of ``draft.grids``.
    figures
        The same grids'.
    hours
        (n_grids,) of work a month; None: not known.
    problems
        All of the plan's.
    """
    of_measure = {name: getattr(figures, name).tolist() for name in MEASURES}
    breaches = [grid for problem in problems for grid in problem.grid_ids]
    return [
        GridOut(
            id=grid.id,
            code=grid.code,
            name=grid.name,
            kind=grid.kind,
            community_code=draft.community.code,
            posts=grid.posts,
            is_locked=grid.is_locked,
            shape=shapes[i],
            units=int(figures.units[i]),
            counts=Counted(**{name: float(values[i]) for name, values in of_measure.items()}),
            area_m2=float(figures.area_m2[i]),
            hours=None if hours is None else float(hours[i]),
            problems=breaches.count(grid.id),
        )
        for i, grid in enumerate(draft.grids)
    ]


def inert(value: Any) -> Any:
    r"""Text that every format can hold, without characters that control or turn what follows; other values as they are.

    >>> inert("A\x00\u202e网格"), inert(None)
    ('A 网格', None)
    """
    return _UNWRITABLE.sub(" ", CONTROL.sub(" ", value)) if isinstance(value, str) else value


class Tables:
    """Makes tables in one language, or with the names of fields for machines.

    Parameters
    ----------
    language
        ``zh`` or ``en``: of headers, names of tables and words; None: fields as programs call them.
    """

    def __init__(self, language: str | None) -> None:
        self.language = language

    def table(
        self,
        name: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        shapes: Sequence[BaseGeometry | None] | None = None,
    ) -> OutTable:
        """Rows under the headers of their fields."""
        headers = [self.word("column", field) for field in fields]
        return OutTable(self.word("sheet", name), headers, [[inert(value) for value in row] for row in rows], shapes)

    def word(self, what: str, key: str) -> str:
        """How a value is called: a key of geo/words after ``plan_<what>_``."""
        return key if self.language is None else sentence(f"plan_{what}_{key}", self.language)

    def truth(self, value: bool | None) -> str | bool | None:
        """Yes or no in the language."""
        return value if self.language is None or value is None else self.word("is", "yes" if value else "no")

    def grids(self, grids: Sequence[GridOut]) -> OutTable:
        """The grids of a plan with their polygons."""
        return self.table("grids", GRID_FIELDS, [self._grid(grid) for grid in grids], [grid.shape for grid in grids])

    def _grid(self, grid: GridOut) -> list[Any]:
        posts = [grid.posts.get(name) for name in POSTS]
        said = [part for post in posts for part in (post and self.truth(post.is_filled), post and post.duty_phone)]
        about = [grid.id, grid.code, grid.name, self.word("kind", grid.kind), grid.community_code, *said]
        figures = [*asdict(grid.counts).values(), grid.area_m2, grid.hours, grid.problems]
        return [*about, self.truth(grid.is_locked), grid.units, *figures]

    def problems(self, problems: Sequence[Problem], code_of_grid: Mapping[int, str]) -> OutTable:
        """Breaches of rules, each in a sentence, with the shape that offends."""
        language = self.language or "en"
        rows = [
            [
                self.word("degree", problem.severity),
                problem.rule,
                " ".join(code_of_grid.get(grid) or str(grid) for grid in problem.grid_ids),
                problem.in_language(language),
                *problem.lonlat,
                problem.id,
            ]
            for problem in problems
        ]
        fields = ("severity", "rule", "grid_codes", "sentence", "lon", "lat", "problem_id")
        return self.table("problems", fields, rows, [problem.shape for problem in problems])

    def bridges(self, bridges: Sequence[BridgeOut]) -> OutTable:
        """Units that hang together though they share no border, with a line from the one to the other."""
        rows = [[*bridge.units, *bridge.grid_codes, bridge.reason] for bridge in bridges]
        fields = ("unit_no", "other_unit_no", "grid_code", "other_grid_code", "reason")
        return self.table("bridges", fields, rows, [bridge.line for bridge in bridges])

    def comparison(self, comparison: Comparison) -> list[OutTable]:
        """Grids before and after, all moves, and as a square matrix where that can be read."""
        return [self._people(comparison), self._moves(comparison), *self._matrix(comparison)]

    def _people(self, comparison: Comparison) -> OutTable:
        fields = ["id", "state", "code_before", "code", "name"]
        fields += [f"{name}_{when}" for name in SIDE_FIELDS for when in ("before", "after")]
        rows = [
            [
                change.id,
                self.word("change", change.state),
                change.before and change.before.code,
                change.name.code,
                change.name.name,
                *(value for pair in zip(_side(change.before), _side(change.after), strict=True) for value in pair),
            ]
            for change in comparison.grids
        ]
        return self.table("people", fields, rows)

    def _moves(self, comparison: Comparison) -> OutTable:
        fields = (*_FROM_TO, "is_move", *MEASURES, "share_of_from", "share_of_to")
        rows = [
            [
                *_from_to(flow.before, flow.after),
                self.truth(flow.is_move),
                *asdict(flow.counts).values(),
                flow.share_of_before,
                flow.share_of_after,
            ]
            for flow in comparison.flows
        ]
        return self.table("moves", fields, rows)

    def _matrix(self, comparison: Comparison) -> Iterator[OutTable]:
        """Residents: from the grid of the row to that of the column."""
        if len(comparison.grids) > MOST_MATRIX_GRIDS:
            return
        residents = {_key(flow.before, flow.after): flow.counts.residents for flow in comparison.flows}
        old = [(change.id, change.before.code) for change in comparison.grids if change.before]
        new = [(change.id, change.after.code) for change in comparison.grids if change.after]
        nowhere = [(None, self.word("in", "no_grid"))]
        columns, lines = ([*side, *nowhere] for side in (new, old))
        rows = [[code, *(residents.get((grid, other), 0.0) for other, _ in columns)] for grid, code in lines]
        headers = [self.word("column", "from_to"), *(code for _, code in columns)]
        yield OutTable(self.word("sheet", "matrix"), headers, rows)

    def consequences(self, found: Consequences) -> list[OutTable]:
        """Everything that changes, a table a kind. Buildings are for staff only."""
        buildings = [
            [move.home_id, move.name, *_from_to(move.before, move.after), move.residents, move.households, *move.lonlat]
            for move in found.buildings
        ]
        posts = [
            [
                post.grid.code,
                post.grid.name,
                self.word("change", post.state),
                self.word("post", post.post),
                self.truth(post.is_filled),
                post.duty_phone,
            ]
            for post in found.posts
        ]
        told = [[area.code, area.name, None, self.word("post", "community"), None, None] for area in found.communities]
        fields = ("code", "name", "state", "post", "is_filled", "duty_phone")
        people = ("residents", "households", "lon", "lat")
        return [
            self._summary(found),
            *self.comparison(found.comparison),
            self.table("buildings", ("home_id", "name", *_FROM_TO, *people), buildings),
            self._stations(found),
            self._cases(found),
            self.ground(found.comparison),
            *self._work(found),
            self.table("to_tell", fields, [*told, *posts]),
        ]

    def _summary(self, found: Consequences) -> OutTable:
        comparison = found.comparison
        whole, moved = asdict(comparison.whole), asdict(comparison.moved)
        rows: list[list[Any]] = [[self.word("column", name), whole[name], moved[name]] for name in MEASURES]
        rows += [
            [self.word("column", "other_member"), whole["residents"], comparison.residents_other_member],
            [self.word("sheet", "stations"), None, len(found.stations)],
            [self.word("sheet", "incidents"), None, len(found.incidents)],
            *(
                [self.word("column", kind), number, found.of_units_moved.get(kind)]
                for kind, number in found.of_units_whole.items()
            ),
        ]
        shares = [part / all_ if all_ and part is not None else None for _, all_, part in rows]
        fields = ("measure", "whole", "moved", "moved_share")
        return self.table("summary", fields, [[*row, share] for row, share in zip(rows, shares, strict=True)])

    def _work(self, found: Consequences) -> Iterator[OutTable]:
        """What was counted of each grid's work, before and after, where anything was."""
        if not found.of_units_whole:
            return
        kinds = list(found.of_units_whole)
        fields = ("code", "name", *(f"{kind}_{when}" for kind in kinds for when in ("before", "after")))
        rows = [
            [work.grid.code, work.grid.name, *(side.get(kind) for kind in kinds for side in (work.before, work.after))]
            for work in found.work
        ]
        yield self.table("work", fields, rows)

    def _stations(self, found: Consequences) -> OutTable:
        rows = [[move.id, move.name, *_from_to(move.before, move.after)] for move in found.stations]
        return self.table("stations", ("id", "name", *_FROM_TO), rows)

    def _cases(self, found: Consequences) -> OutTable:
        """Open cases; what they are about as a name for people, as the key of its category for programs."""
        rows: list[list[Any]] = []
        for move in found.incidents:
            case = move.name
            about = case.category if self.language is None else case.in_language(self.language)
            rows.append([move.id, case.number, case.item, about, *_from_to(move.before, move.after)])
        return self.table("incidents", ("id", "case_number", "item", "category", *_FROM_TO), rows)

    def ground(self, comparison: Comparison) -> OutTable:
        """Ground that comes to another grid, with its polygons."""
        rows = [[*_from_to(move.before, move.after), move.area_m2] for move in comparison.ground]
        return self.table("ground", (*_FROM_TO, "area_m2"), rows, [move.shape for move in comparison.ground])


_FROM_TO = ("from_code", "from_name", "to_code", "to_name")


def _from_to(before: GridName | None, after: GridName | None) -> list[str | None]:
    return [part for grid in (before, after) for part in ((grid.code, grid.name) if grid else (None, None))]


def _key(before: GridName | None, after: GridName | None) -> tuple[int | None, int | None]:
    return before.id if before else None, after.id if after else None


def _side(side: GridSide | None) -> list[float | None]:
    """In the order of ``SIDE_FIELDS``."""
    if side is None:
        return [None] * len(SIDE_FIELDS)
    load = side.load or (None, None)
    return [*asdict(side.counts).values(), side.area_m2, side.residents_covered, side.covered_share, *load]


def about_changes(made: Made) -> dict[str, Any]:
    """How figures of what a plan changes came about."""
    sides = {"before": made.before, "after": made.after}
    told: dict[str, Any] = {"method": made.method}
    for when, side in sides.items():
        told[f"plans_{when}"] = ", ".join(str(plan) for plan in side.plan_ids)
        told[f"version_{when}"] = side.version
        told[f"day_{when}"] = side.day or ""
        told[f"grids_{when}"] = side.n_grids
    told["homes_of_both_sides"] = "as they are today"
    told["homes_date"] = made.homes_date or ""
    for kind, day in sorted(made.work_dates.items()):
        told[f"{kind}_as_of"] = day
    for kind, share in sorted(made.work_counted.items()):
        told |= {f"{kind}_counted_{name}": value for name, value in share._asdict().items()}
    told["coverage_inputs_hash"] = made.covered.inputs_hash if made.covered else ""
    told["inputs_hash"] = made.inputs_hash
    return told
