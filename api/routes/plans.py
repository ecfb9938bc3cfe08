"""Plans of grids: beginning, editing, judging and publishing them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.deps import Db, Language, Now, Setting, Who, asks, hand_of, local
from api.inputs import AreaCode, Id, SeenVersion
from api.paging import Paged
from api.plan_answers import edit_told, vertex_list
from api.plan_shapes import (
    CommentTold,
    EditLine,
    EditTold,
    PlanDetail,
    PlanProblem,
    PlanTold,
    UnitList,
    VertexList,
    comment_told,
    plan_detail,
    plan_told,
    problems_told,
    unit_list,
)
from api.plan_wishes import CommentVerdict, CommentWish, EditWish, PlanWish, ProposeWish, PublishWish
from api.schemas import CityAnswer, GeoJsonResponse, Listed, Position, Shape, problems
from geo.actions.city.plan_access import check_community, plan_to_read, plans_to_read
from geo.actions.plans.comment_plan import comment_plan, judge_comment, list_comments
from geo.actions.plans.edit_plan import edit_plan, standing_of
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import propose_plan, redraft_plan, withdraw_plan
from geo.actions.plans.plan_view import stored_draft, view_of, view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.errors import NotAllowed
from geo.plans import Plan
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.coverage import people_date

router = APIRouter(tags=["plans"])

State = Annotated[
    Literal["draft", "proposed", "published", "superseded", "withdrawn"] | None, Query(examples=["draft"])
]
Viewer = Annotated[Who, asks("viewer")]
Planner = Annotated[Who, asks("planner")]


class PlanList(Listed):
    """A page of plans, the newest first."""

    plans: list[PlanTold]


class UnitQuestion(Shape):
    """A unit that a grid of the plan before holds less than nearly all of: somebody who knows the place should look."""

    unit_no: int = Field(examples=[12])
    grid_id: int = Field(examples=[7], description="The grid that it was given to.")
    share_inside: float = Field(examples=[0.81])
    lonlat: Position


class PlanOpened(PlanTold, CityAnswer):
    """A new draft, and what to look at first."""

    questions: list[UnitQuestion]


class PlanPublished(CityAnswer):
    """A plan in force."""

    plan: PlanTold
    lineage: list[dict[str, int | str | float]] = Field(
        examples=[[{"old_id": 7, "new_id": 7, "kind": "kept", "share": 1.0}]],
        description="What became of the grids of the plan before; the share is of the old grid's residents.",
    )
    accepted: dict[str, int] = Field(examples=[{"households": 2}], description="Rule -> warnings accepted.")
    followed: int = Field(examples=[3], description="Assignments to posts that go on in other grids than before.")


@router.get("/plans")
def list_plans(db: Db, now: Now, who: Viewer, page: Paged, community: AreaCode = None, state: State = None) -> PlanList:
    """Plans, the newest first; of drafts those of one's own area."""
    with db.read() as conn:
        area_id = None if community is None else community_of(conn, code=community).id
        found = plans_to_read(conn, area_id, state, hand_of(who, now))
    told = [plan_told(plan) for plan in page.of(found)]
    return PlanList(number_matched=len(found), number_returned=len(told), links=page.links(len(found)), plans=told)


@router.post("/plans", status_code=201, responses=problems(404, 413))
def begin(db: Db, now: Now, who: Planner, wish: PlanWish, response: Response) -> PlanOpened:
    """Begin a draft: from a plan that there is, or for a community that has none."""
    hand = hand_of(who, now)
    opened = open_plan(db, wish.community, wish.base_plan_id, wish.note, hand, scheme=wish.code_scheme)
    response.headers["Location"] = f"/api/v1/plans/{opened.plan.id}"
    response.headers["ETag"] = f'"{opened.plan.version}"'
    questions = [UnitQuestion.model_validate(question) for question in opened.questions]
    return PlanOpened(**plan_told(opened.plan).model_dump(), questions=questions)


@router.get("/plans/{plan_id}", response_class=GeoJsonResponse, responses=problems(404))
def plan(db: Db, now: Now, who: Viewer, plan_id: Id, response: Response) -> PlanDetail:
    """A plan with its grids, their people, load and breaches; what was counted of the work is for planners."""
    with db.read() as conn:
        plan = plan_to_read(conn, plan_id, hand_of(who, now))
        view = view_of(conn, plan, with_work=who.may("planner"))
        standing, homes_date = standing_of(conn, plan_id), people_date(conn)
    response.headers["ETag"] = f'"{view.plan.version}"'
    return plan_detail(view, standing, homes_date)


@router.get("/plans/{plan_id}/units", response_class=GeoJsonResponse, responses=problems(404))
def units(db: Db, now: Now, who: Planner, plan_id: Id) -> UnitList:
    """What grids are put together from, for planners of the area."""
    with db.read() as conn:
        check_community(conn, plans.get_plan(conn, plan_id).community_id, hand_of(who, now))
        homes_date = people_date(conn)
    return unit_list(view_plan(db, plan_id), homes_date)


@router.get("/plans/{plan_id}/vertices", responses=problems(404))
def vertices(
    db: Db,
    now: Now,
    who: Planner,
    plan_id: Id,
    grid: Annotated[int, Query(ge=1, le=2**63 - 1, description="Id of a grid.", examples=[7])],
) -> VertexList:
    """Where the border of a grid can be taken hold of."""
    with db.read() as conn:
        plan = plan_to_read(conn, plan_id, hand_of(who, now))
        return vertex_list(stored_draft(conn, plan), plan.version, grid)


@router.post("/plans/{plan_id}/edits", responses=problems(404, 409, 412, 413, 428))
def edit(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    now: Now,
    language: Language,
    who: Planner,
    plan_id: Id,
    wish: EditWish,
    seen: SeenVersion,
    response: Response,
) -> EditTold:
    """Do something to a draft, or with `dry_run` see what it would do, unless somebody changed it meanwhile (412)."""
    done = edit_plan(db, plan_id, seen, wish.meant(), hand_of(who, now), dry_run=wish.dry_run)
    response.headers["ETag"] = f'"{done.plan.version}"'
    return edit_told(db, done, language, dry_run=wish.dry_run)


@router.get("/plans/{plan_id}/problems", responses=problems(404))
def plan_problems(db: Db, now: Now, who: Viewer, language: Language, plan_id: Id) -> list[PlanProblem]:
    """Every breach of every rule, the gravest first."""
    with db.read() as conn:
        return problems_told(view_of(conn, plan_to_read(conn, plan_id, hand_of(who, now))).problems, language)


@router.get("/plans/{plan_id}/history", responses=problems(404))
def history(db: Db, now: Now, who: Viewer, plan_id: Id) -> list[EditLine]:
    """All that was done to a plan, in order."""
    with db.read() as conn:
        plan_to_read(conn, plan_id, hand_of(who, now))
        return [EditLine.model_validate(edit) for edit in drafts.edits_of(conn, plan_id)]


@router.post("/plans/{plan_id}/propose", responses=problems(404, 409, 412, 413, 428))
def propose(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    now: Now,
    settings: Setting,
    who: Planner,
    plan_id: Id,
    seen: SeenVersion,
    wish: ProposeWish,
    response: Response,
) -> PlanTold:
    """Lay a draft out for the public to comment on; it cannot be edited meanwhile."""
    until = None if wish.comments_until is None else local(wish.comments_until, settings)
    return _told(response, propose_plan(db, plan_id, seen, until, hand_of(who, now)))


@router.post("/plans/{plan_id}/redraft", responses=problems(404, 409, 412, 428))
def redraft(db: Db, now: Now, who: Planner, plan_id: Id, seen: SeenVersion, response: Response) -> PlanTold:
    """Take a proposal back to be edited on."""
    return _told(response, redraft_plan(db, plan_id, seen, hand_of(who, now)))


@router.post("/plans/{plan_id}/withdraw", responses=problems(404, 409, 412, 428))
def withdraw(db: Db, now: Now, who: Planner, plan_id: Id, seen: SeenVersion, response: Response) -> PlanTold:
    """Give up a draft or a proposal; with a publisher's token also a plan that was published for a later day."""
    with db.read() as conn:
        if plans.get_plan(conn, plan_id).state == "published" and not who.may("publisher"):
            raise NotAllowed("token_role_low", needed="publisher", role=who.role)
    return _told(response, withdraw_plan(db, plan_id, seen, hand_of(who, now)))


@router.post("/plans/{plan_id}/publish", responses=problems(404, 409, 412, 413, 428))
def publish(
    db: Db,
    now: Now,
    settings: Setting,
    who: Annotated[Who, asks("publisher")],
    plan_id: Id,
    seen: SeenVersion,
    wish: PublishWish,
) -> PlanPublished:
    """Put a plan into force. Errors forbid it; warnings must be accepted, rule by rule, with a reason."""
    begins = None if wish.effective_from is None else local(wish.effective_from, settings)
    done = publish_plan(db, plan_id, seen, wish.accepted, begins, hand_of(who, now))
    lineage = [step._asdict() for step in done.lineage]
    return PlanPublished(
        plan=plan_told(done.plan), lineage=lineage, accepted=dict(done.accepted), followed=done.followed
    )


@router.get("/plans/{plan_id}/comments", responses=problems(404))
def comments(db: Db, now: Now, who: Annotated[Who, asks("public")], plan_id: Id) -> list[CommentTold]:
    """What the public says of a plan; all of it for planners of the area, for others what is shown."""
    hand = hand_of(who, now) if who.may("planner") else None
    return [comment_told(comment) for comment in list_comments(db, plan_id, hand)]


@router.post("/plans/{plan_id}/comments", status_code=201, responses=problems(404, 413, 429, 503))
def comment(
    db: Db, now: Now, settings: Setting, who: Annotated[Who, asks("public")], plan_id: Id, wish: CommentWish
) -> CommentTold:
    """Say something about a grid of a proposed plan; it is shown once somebody has looked at it."""
    is_staff = who.may("viewer")
    return comment_told(comment_plan(db, plan_id, wish.grid, wish.text, local(now, settings), is_staff=is_staff))


@router.patch("/plans/{plan_id}/comments/{comment_id}", responses=problems(404, 413))
def judge(
    db: Db,
    now: Now,
    who: Planner,
    plan_id: Id,
    comment_id: Annotated[int, Path(ge=1, le=2**63 - 1, examples=[5])],
    verdict: CommentVerdict,
) -> CommentTold:
    """Show a comment or hide it, with an answer or without."""
    return comment_told(judge_comment(db, plan_id, comment_id, verdict.state, verdict.answer, hand_of(who, now)))


def _told(response: Response, found: Plan) -> PlanTold:
    response.headers["ETag"] = f'"{found.version}"'
    return plan_told(found)
