"""Cases: reporting, looking at one, taking steps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from api.case_shapes import (
    CandidateTold,
    CaseDetail,
    CaseTold,
    PlaceWish,
    Reader,
    ReportTold,
    ReportWish,
    StepTold,
    StepWish,
    case_detail,
    case_told,
    report_told,
    step_told,
)
from api.deps import CaseDesk, Db, Language, NewKey, Now, Setting, Who, asks, hand_of, local
from api.inputs import Id, SeenVersion, Word
from api.schemas import problems, written
from geo.actions.cases.foresee_breach import foresee_breach
from geo.actions.cases.report_incident import Report, report_incident, suggestions_for
from geo.actions.cases.step_incident import Outcome, Placing, Sent, Stepped, check_sight, place_incident, step_incident
from geo.actions.city.find_address import find_address
from geo.case_states import Said
from geo.rules.incidents import incident_rule
from geo.store import cases

router = APIRouter(tags=["incidents"])

KEY_LENGTHS = incident_rule().request_key_lengths

Dispatcher = Annotated[Who, asks("dispatcher")]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description=(
            f"The request's own key, {KEY_LENGTHS[0]} to {KEY_LENGTHS[1]} letters, digits and . _ : -. Sent again "
            "within 24 hours, nothing is done again; only a keyed hash of it is kept."
        ),
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]


@router.post("/incidents", status_code=201, responses=problems(409, 413))
def report(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    now: Now,
    settings: Setting,
    language: Language,
    who: Dispatcher,
    wish: ReportWish,
    response: Response,
    new_key: NewKey,
    key: RequestKey = None,
) -> ReportTold:
    """Take in a report: it is placed, classed and dated at once, and told which other cases may be the same."""
    said = wish.model_dump(exclude={"number", "occurred_at"})
    told = Report(**said, source_key=wish.number, occurred_at=local(wish.occurred_at, settings))
    found = report_incident(db, told, desk, hand_of(who, now), new_key.hex, key)
    response.headers["Location"] = f"/api/v1/incidents/{found.case.id}"
    response.headers["ETag"] = f'"{found.case.version}"'
    return report_told(found, Reader(desk, language, now, who.token_id))


@router.get("/incidents/{incident_id}", response_model=CaseDetail, responses=problems(404))
def incident(db: Db, desk: CaseDesk, now: Now, language: Language, who: Dispatcher, incident_id: Id) -> Response:
    """A case, all that was done to it, and which other cases may be the same."""
    with db.read() as conn:
        case = cases.get_case(conn, incident_id)
        check_sight(conn, case, hand_of(who, now))
        steps, others = cases.steps_of(conn, incident_id), suggestions_for(conn, case, who.area_id)
        then = foresee_breach(conn, case, desk)
    told = case_detail(case, steps, others, then, Reader(desk, language, now, who.token_id))
    return written(told, headers={"ETag": f'"{case.version}"'})


@router.get("/incidents/{incident_id}/steps", responses=problems(404))
def steps(db: Db, now: Now, language: Language, who: Dispatcher, incident_id: Id) -> list[StepTold]:
    """All that was done to a case, in order."""
    with db.read() as conn:
        check_sight(conn, cases.get_case(conn, incident_id), hand_of(who, now))
        return [step_told(step, language) for step in cases.steps_of(conn, incident_id)]


@router.post("/incidents/{incident_id}/steps", responses=problems(404, 409, 412, 413, 428))
def take_step(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    now: Now,
    settings: Setting,
    language: Language,
    who: Dispatcher,
    incident_id: Id,
    wish: StepWish,
    seen: SeenVersion,
    response: Response,
) -> CaseTold:
    """Make a move with a case, unless somebody else made one meanwhile (412) or has it in hand (409)."""
    until = None if wish.until is None else local(wish.until, settings)
    said = Said(now, wish.reason, wish.unit, wish.level, until, wish.into)
    hand = hand_of(who, now)
    arrived_at = None if wish.arrived_at is None else local(wish.arrived_at, settings)
    more: Any = {
        "sent": Sent(wish.station_id, wish.resource_id),
        "outcome": Outcome(wish.satisfied, arrived_at),
        "take_over": wish.take_over,
    }
    done = step_incident(db, incident_id, seen, wish.move, said, hand, desk, **more)
    return _told(done, Reader(desk, language, now, who.token_id), response)


@router.get("/addresses", dependencies=[asks("dispatcher")])
def addresses(
    db: Db,
    q: Annotated[Word, Query(min_length=2, max_length=200, description="In words.", examples=["人民路12号"])],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[CandidateTold]:
    """Where an address may be: candidates among what is loaded, the best first; none where no name is known."""
    return [CandidateTold.model_validate(one) for one in find_address(db, q, limit)]


@router.put("/incidents/{incident_id}/place", responses=problems(404, 409, 412, 413, 428))
def place(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    desk: CaseDesk,
    now: Now,
    language: Language,
    who: Dispatcher,
    incident_id: Id,
    wish: PlaceWish,
    seen: SeenVersion,
    response: Response,
) -> CaseTold:
    """Say where a case is; what nobody has in hand is claimed with it."""
    placing = Placing(**wish.model_dump())
    done = place_incident(db, incident_id, seen, placing, hand_of(who, now), desk)
    return _told(done, Reader(desk, language, now, who.token_id), response)


def _told(done: Stepped, reader: Reader, response: Response) -> CaseTold:
    response.headers["ETag"] = f'"{done.case.version}"'
    return case_told(done.case, reader)
