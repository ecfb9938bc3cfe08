"""Write a plan, or what it changes, to a file."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from pathlib import Path

from geo.actions.city.about_city import about_city
from geo.actions.plans.plan_consequences import compare_plans, consequences_of
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.compute.fabric.topology import polygons_of_labels
from geo.files.plan_formats import PlanFile, write_changes, write_plan
from geo.files.plan_page import PlanPage, write_plan_page
from geo.files.plan_sheet import about_changes, bridges_out, grids_out
from geo.files.topojson import TopoLayer
from geo.files.write import About, about_made
from geo.plan_figures import METHOD
from geo.provenance import Made
from geo.store.areas import is_invented
from geo.store.coverage import people_date
from geo.store.database import Database
from geo.store.tiles import map_content


def export_plan(db: Database, plan_id: int, path: Path, language: str, *, with_work: bool = True) -> Path:
    """Write a plan: .gpkg, .geojson, .xlsx, .topojson, or .zip with a Shapefile.

    Without the work that was counted all of it is estimated.

    Raises
    ------
    NotFound
        If there is no such plan.
    BadMove
        If it was imported and is not drawn on units.
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    view = view_plan(db, plan_id, with_work=with_work)
    with db.read() as conn:
        city, homes_date = about_city(conn), people_date(conn)
    grids = grids_out(view.draft, view.shapes.tolist(), view.figures, view.load.total, view.problems)
    base_id = view.plan.base_plan_id
    comparison = None if base_id is None else compare_plans(db, base_id, plan_id, with_work=with_work)
    plan = PlanFile(
        grids,
        view.problems,
        comparison,
        _about(view, city, homes_date),
        lines=view.draft.fabric,
        layers=(_layer(view),),
        bridges=bridges_out(view.draft, view.bridge_lines.tolist()),
    )
    write_plan(path, plan, language)
    return path


def export_changes(
    db: Database,
    plan_id: int,
    path: Path,
    language: str,
    zone: tzinfo = UTC,
    *,
    own_catalogue: Path | None = None,
) -> Path:
    """Write what a plan changes: .xlsx, .json or .gpkg. It names buildings, so it is for staff only.

    Raises
    ------
    NotFound, BadMove, BadFile
        As :func:`export_plan`.
    """
    told = consequences_of(db, plan_id, zone, own_catalogue)
    with db.read() as conn:
        city = about_city(conn)
    write_changes(path, told.changes, told.problems, city | about_changes(told.changes.comparison.made), language)
    return path


def print_changes(
    db: Database,
    plan_id: int,
    path: Path,
    language: str,
    printed_on: date,
    zone: tzinfo = UTC,
    approval_number: str = "",
) -> Path:
    """Write what a plan changes as a page to print: .pdf, with maps before and after, under their number if any.

    Raises
    ------
    NotFound, BadMove, BadFile
        As :func:`export_plan`.
    MissingPiece
        If the font is not installed.
    """
    told = consequences_of(db, plan_id, zone)
    with db.read() as conn:
        shows_osm, is_city_invented = map_content(conn).shows_osm, is_invented(conn)
    write_plan_page(
        path,
        PlanPage(
            told.changes,
            told.before,
            told.after,
            told.problems,
            (told.community.name_en if language == "en" else None) or told.community.name,
            printed_on,
            shows_osm=shows_osm,
            approval_number=approval_number,
            is_city_invented=is_city_invented,
        ),
        language,
    )
    return path


def _layer(view: PlanView) -> TopoLayer:
    polygons = polygons_of_labels(view.draft.fabric, view.draft.grid_of_unit, len(view.draft.grids))
    rows = [{"id": grid.id, "code": grid.code, "name": grid.name, "kind": grid.kind} for grid in view.draft.grids]
    return TopoLayer("grids", polygons, rows)


def _about(view: PlanView, city: About, homes_date: date | None) -> About:
    plan = view.plan
    return about_made(
        city,
        Made(METHOD, {"homes": homes_date}, view.inputs_hash),
        plan=plan.id,
        version=plan.version,
        state=plan.state,
        community=f"{view.community.code} {view.community.name}",
        effective_from="" if plan.effective_from is None else plan.effective_from.isoformat(),
        **{f"{kind}_as_of": day.isoformat() for kind, day in sorted(view.counts.dates.items())},
    )
