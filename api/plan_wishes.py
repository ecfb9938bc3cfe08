"""What may be asked of plans: bodies of requests, and what they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from api.inputs import printable
from api.schemas import Shape
from api.station_shapes import Line, Spot
from geo import plan_ops as ops
from geo.rules.plan_edits import plan_edit_rule

RULE = plan_edit_rule()
GridId = Annotated[int, Field(strict=True, ge=-(2**31), le=2**63 - 1, examples=[7])]
UnitNo = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, examples=[12])]
Drawn = Annotated[
    list[Spot], Field(max_length=RULE.most_points, examples=[[(103.2, 40.4), (103.21, 40.4), (103.21, 40.41)]])
]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(printable)]


class Wish(Shape):
    """What every edit says."""

    dry_run: bool = Field(False, description="Tell what it would do, and change nothing.")


class PaintWish(Wish):
    """Give units to a grid."""

    op: Literal["paint"]
    units: list[UnitNo] = Field(min_length=1, max_length=RULE.most_units)
    grid: GridId

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Paint(tuple(self.units), self.grid)


class SplitWish(Wish):
    """Cut a grid in two or more along a line; the largest part stays the grid."""

    op: Literal["split"]
    grid: GridId
    line: Drawn

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Split(self.grid, tuple(self.line))


class MergeWish(Wish):
    """Make one grid of several; the first stays."""

    op: Literal["merge"]
    grids: list[GridId] = Field(max_length=100)

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Merge(tuple(self.grids))


class VertexMove(Shape):
    """Where a vertex is, and where it shall be."""

    source: Spot = Field(alias="from", examples=[(103.2, 40.4)])
    target: Spot = Field(alias="to", examples=[(103.2001, 40.4)])


class MoveWish(Wish):
    """Move vertices; all borders that pass there follow."""

    op: Literal["move"]
    moves: list[VertexMove] = Field(min_length=1, max_length=RULE.most_points)

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Move(tuple((move.source, move.target) for move in self.moves))


class CarveWish(Wish):
    """Cut a special grid out of others; around the whole of one grid, make that one special."""

    op: Literal["carve"]
    polygon: Drawn
    name: Line = Field(examples=["商圈专属网格"])

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Carve(tuple(self.polygon), self.name)


class PostWish(Wish):
    """Say whether a post of a grid is filled; never by whom."""

    op: Literal["post"]
    grid: GridId
    post: Literal["chief", "member"]
    is_filled: bool
    duty_phone: Line | None = Field(None, examples=["0999-5550101"])

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.SetPost(self.grid, self.post, self.is_filled, self.duty_phone)


class LockWish(Wish):
    """Keep a grid's border as it is, or let it go again."""

    op: Literal["lock"]
    grid: GridId
    is_locked: bool

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Lock(self.grid, self.is_locked)


class RenameWish(Wish):
    """Call a grid something else."""

    op: Literal["rename"]
    grid: GridId
    name: Line = Field(examples=["第一网格"])

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Rename(self.grid, self.name)


class BridgeWish(Wish):
    """Say that two units which share no border hang together, or with `is_open: false` that they do so no longer."""

    op: Literal["bridge"]
    units: tuple[UnitNo, UnitNo] = Field(examples=[(12, 57)])
    reason: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(printable)] = Field(
        "", max_length=RULE.longest_reason, examples=["过街天桥"], description="What joins them; needed to say so."
    )
    is_open: bool = True

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Bridge(self.units, self.reason, self.is_open)


class RenumberWish(Wish):
    """Number all grids anew, from west to east and north to south."""

    op: Literal["renumber"]
    is_reusing: bool = Field(False, description="Whether codes of grids that are gone may be given again.")

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return ops.Renumber(self.is_reusing)


PLAIN: dict[str, ops.PlanOp] = {"undo": ops.Undo(), "redo": ops.Redo()}


class PlainWish(Wish):
    """Take back the last edit that stands, or do again what was taken back last."""

    op: Literal["undo", "redo"]

    def meant(self) -> ops.PlanOp:
        """The edit."""
        return PLAIN[self.op]


EditWish = Annotated[
    PaintWish
    | SplitWish
    | MergeWish
    | MoveWish
    | CarveWish
    | PostWish
    | LockWish
    | RenameWish
    | BridgeWish
    | RenumberWish
    | PlainWish,
    Field(discriminator="op"),
]


class PlanWish(Shape):
    """A draft to begin."""

    community: str = Field(pattern=r"^[0-9]{12}$", examples=["990101001001"], description="12-digit code.")
    base_plan_id: int | None = Field(
        None, ge=1, le=2**63 - 1, examples=[3], description="The plan to go on from; none: the plan in force."
    )
    note: Line | None = Field(None, examples=["2027 年网格调整"])
    code_scheme: str | None = Field(
        None,
        max_length=100,
        examples=["unit_grid"],
        description="How grids are numbered: unit_grid (15 digits), street_of_four (16) or service_grid (20). None: as "
        "the base is; another one numbers all grids anew.",
    )


class ProposeWish(Shape):
    """How long the public may comment."""

    comments_until: datetime | None = Field(None, examples=["2026-12-15T18:00:00+08:00"])


class PublishWish(Shape):
    """From when a plan holds, and why warnings are accepted."""

    effective_from: datetime | None = Field(None, examples=["2027-01-01T00:00:00+08:00"], description="None: now.")
    accepted: dict[str, Annotated[Prose, Field(max_length=RULE.longest_reason)]] = Field(
        default_factory=dict,
        max_length=100,
        examples=[{"households": "新建小区尚未入住"}],
        description="Key of a rule -> the reason for which its warnings are accepted.",
    )


class CommentWish(Shape):
    """What somebody has to say of a grid; no name is asked for."""

    grid: int = Field(strict=True, ge=1, le=2**63 - 1, examples=[7])
    text: Annotated[Prose, Field(max_length=RULE.longest_comment, examples=["希望河东巷与河西巷同属一个网格。"])]


class CommentVerdict(Shape):
    """Whether a comment is shown."""

    state: Literal["shown", "hidden"]
    answer: Annotated[Prose, Field(max_length=RULE.longest_comment)] | None = None
