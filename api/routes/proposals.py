"""Proposed plans, for everybody to look at."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import Db, Now, asks
from api.inputs import Id
from api.paging import Paged
from api.proposal_shapes import ProposalDetail, ProposalList, proposal_detail, proposal_told
from api.schemas import GeoJsonResponse, problems
from api.unchanged import IfNoneMatch, kept
from geo.actions.plans.view_proposal import view_proposal
from geo.store.proposals import proposals

router = APIRouter(tags=["plans"], dependencies=[asks("public")])

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag sent in If-None-Match."}}


@router.get("/proposals", response_model=ProposalList, responses=UNCHANGED)
def list_proposals(db: Db, now: Now, page: Paged, if_none_match: IfNoneMatch = None) -> Any:
    """Plans that are proposed, the newest first; comments go to `/plans/{id}/comments`."""
    with db.read() as conn:
        found = proposals(conn)
    told = [proposal_told(entry, now) for entry in page.of(found)]
    listed = ProposalList(
        number_matched=len(found), number_returned=len(told), links=page.links(len(found)), proposals=told
    )
    return kept(listed, "application/json", if_none_match)


@router.get(
    "/proposals/{plan_id}",
    response_model=ProposalDetail,
    response_class=GeoJsonResponse,
    responses=problems(404) | UNCHANGED,
)
def proposal(db: Db, now: Now, plan_id: Id, if_none_match: IfNoneMatch = None) -> Any:
    """A proposed plan: grids before and after, and what changes hands; also once it has come into force."""
    return kept(proposal_detail(view_proposal(db, plan_id), now), GeoJsonResponse.media_type, if_none_match)
