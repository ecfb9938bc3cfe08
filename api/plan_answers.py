"""Answers about drafts: what an edit did, and where a border can be taken hold of."""

from __future__ import annotations

from dataclasses import asdict

from api.plan_shapes import (
    EditTold,
    LedTold,
    LeftOutTold,
    Vertex,
    VertexList,
    balance_told,
    bridges_told,
    grid_features,
    plan_told,
    problems_told,
)
from geo.actions.plans.edit_plan import Edited
from geo.actions.plans.plan_vertices import vertices_of
from geo.actions.plans.plan_view import moved_by, views_of
from geo.drafts import Draft
from geo.plan_drawn import LeftOut
from geo.store.database import Database


def edit_told(db: Database, done: Edited, language: str, *, dry_run: bool) -> EditTold:
    """What an edit did, with the breaches and the balance that the plan has then."""
    with db.read() as conn:
        before, after = views_of(conn, done.plan, (done.before, done.after))
    features = grid_features(after, done.touched)
    there = {found.id for found in features}
    return EditTold(
        plan=plan_told(done.plan),
        dry_run=dry_run,
        touched=features,
        gone=[grid for grid in done.touched if grid not in there],
        problems=problems_told(after.problems, language),
        bridges=bridges_told(after),
        balance=balance_told(after),
        balance_before=balance_told(before),
        moved=moved_by(before, after),
        snapped=[LedTold(**asdict(led), told=led.in_language(language)) for led in done.led],
        left_out=_left_out_told(done.left_out, language),
        can_undo=done.can_undo,
        can_redo=done.can_redo,
    )


def _left_out_told(left: LeftOut | None, language: str) -> LeftOutTold | None:
    if left is None:
        return None
    return LeftOutTold(
        outside_m2=left.outside_m2,
        outside_share=left.outside_share,
        locked_m2=left.locked_m2,
        told=left.in_language(language),
    )


def vertex_list(draft: Draft, version: int, grid_id: int) -> VertexList:
    """Where the border of a grid can be taken hold of, in a version of its plan."""
    vertices = [Vertex.model_validate(vertex) for vertex in vertices_of(draft, grid_id)]
    return VertexList(version=version, vertices=vertices)
