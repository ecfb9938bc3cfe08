"""``gridcircle layers``: the nets of departments taken in, listed, held against each other, and proposed as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.city.plan_access import Hand
from geo.actions.layers.audit_layers import audit_layers, cross_layers, homes_moved, nets_at
from geo.actions.layers.doors_map import doors_map
from geo.actions.layers.import_layer import import_layer
from geo.actions.layers.load_layers import METHOD
from geo.actions.layers.merge_layers import merge_layers
from geo.actions.layers.open_merge import open_merge, origin_of
from geo.cli.honesty import shortened
from geo.cli.layer_files import (
    audit_tables,
    change_tables,
    crosswalk_table,
    doors_table,
    merge_tables,
    origin_tables,
    plain_rows,
    write_layers,
)
from geo.cli.output import Json, answer, language, progress, refuse
from geo.cli.session import answer_figures, city_of, open_database
from geo.cli.tables import number, percent
from geo.errors import BadRows, Refused
from geo.files.write import about_made
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.layers import AuditReport, Layer, LayerWish, MergeOrigin, MergeProposal, MergeWish, NetAt, TakenUp, made_of
from geo.provenance import Made, digest_of
from geo.settings import Settings
from geo.store import layers as layer_rows
from geo.words import sentence

layers_app = typer.Typer(no_args_is_help=True, help="Nets that departments have drawn. / 各部门的网格图层。")

Chosen = Annotated[list[str] | None, typer.Option("--layer", help="Only these; may be repeated. / 仅限这些图层。")]
Out = Annotated[Path | None, typer.Option(help="File to write the tables to. / 输出文件。")]


@layers_app.command("import")
def import_(  # noqa: PLR0913, PLR0917 -- one parameter an option
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile, GeoParquet, or a zip of one.")],
    name: Annotated[str, typer.Option(help="What the layer is called. / 图层名称。")],
    department: Annotated[str, typer.Option(help="Who runs it. / 主管部门。")],
    kind: Annotated[str, typer.Option(help="What it is for. / 网格种类。")],
    crs: Annotated[str | None, typer.Option(help="Coordinate system, e.g. EPSG:4525. / 坐标系。")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer or zip member of the file. / 文件内图层。")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text, e.g. gb18030. / 文字编码。")] = None,
    gap_width: Annotated[
        float | None, typer.Option(help="Gaps up to so many metres are filled. / 填补缝隙宽度。")
    ] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Land the good rows. / 跳过有错误的行。")] = False,
    data_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day the data speak of. / 数据日期。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take one department's net in, cleaned, with every change told. / 导入一个部门的网格图层。"""
    settings = Settings()
    options = ImportOptions(
        crs=crs,
        layer=layer,
        encoding=encoding,
        keep_going=keep_going,
        data_date=data_date.date() if data_date else None,
        rejected_dir=settings.home_abs / "rejected",
        language=language(),
        timezone=settings.timezone,
    )
    wish = LayerWish(name, department, kind, gap_width)
    try:
        with open_database() as db, progress("importing", file=file.name) as step:
            report = import_layer(db, file, wish, options, datetime.now(ZoneInfo(settings.timezone)), step)
    except BadRows as error:
        refuse(error, as_json=as_json)
        if not as_json:
            for fault in error.evidence["faults"][1:]:
                typer.echo(fault[language()], err=True)
        raise typer.Exit(1) from error
    answer(report.as_dict(), _import_lines(report), as_json=as_json)


@layers_app.command("list")
def list_(as_json: Json = False) -> None:
    """Layers that count now. / 列出图层。"""
    with open_database() as db, db.read() as conn:
        found = layer_rows.live_layers(conn)
    lines = [_layer_line(layer) for layer in found] or [sentence("layer_none", language())]
    answer({"layers": [asdict(layer) for layer in found]}, lines, as_json=as_json)


@layers_app.command(context_settings={"ignore_unknown_options": True})
def at(
    place: Annotated[str, typer.Argument(metavar="LON,LAT", help="Degrees. / 经度,纬度。")],
    layer: Chosen = None,
    as_json: Json = False,
) -> None:
    """Every net that covers a place, and who runs it. / 某处有哪些网格覆盖、由谁负责。"""
    lonlat = _place(place)
    with open_database() as db:
        asked, nets = nets_at(db, lonlat, layer or ())
    without = [one.name for one in asked if one.name not in {net.layer for net in nets}]
    lines = [sentence("layer_nets", language(), nets=len(nets), layers=len(asked)), *map(_net_line, nets)]
    if without:
        lines.append(sentence("layer_nets_none", language(), layers=", ".join(without)))
    data = {"lonlat": lonlat, "nets": [asdict(net) for net in nets], "layers_without": without}
    answer(data, lines, as_json=as_json)


@layers_app.command()
def audit(
    layer: Chosen = None,
    out: Out = None,
    doors: Annotated[Path | None, typer.Option(help="File for the map of doors. / 各处网格数地图文件。")] = None,
    as_json: Json = False,
) -> None:
    """How the nets fit on each other, by ground and by people. / 图层相互重叠与空缺。"""
    with open_database() as db, progress("layer_auditing") as step:
        found = audit_layers(db, layer or (), step)
        places = doors_map(db, layer or ()) if doors is not None else []
    made = made_of(found)
    about = about_made(city_of(), made)
    if out is not None:
        write_layers(out, audit_tables(found), about)
    if doors is not None:
        write_layers(doors, doors_table(places), about)
    answer_figures(asdict(found), _audit_lines(found), made, as_json=as_json)


@layers_app.command()
def crosswalk(
    from_layer: Annotated[str, typer.Argument(help="A layer's name. / 图层名称。")],
    to_layer: Annotated[str, typer.Argument(help="Another one's. / 另一图层。")],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Whom each zone of one net has in common with each of another. / 两个图层的人口对照表。"""
    with open_database() as db, progress("layer_auditing"):
        found = cross_layers(db, from_layer, to_layer)
    if out is not None:
        write_layers(
            out, crosswalk_table(found.rows), about_made(city_of(), found.made, **{"from": from_layer, "to": to_layer})
        )
    rows = plain_rows(found.rows)
    head = sentence("layer_crosswalk_head", language(), from_layer=from_layer, to_layer=to_layer)
    lines = [
        f"{row['from_code'] or '–'} | {row['to_code'] or '–'} | {number(row['residents'], 0)} | "
        f"{percent(row['share_of_from'])} | {percent(row['share_of_to'])}"
        for row in rows
    ]
    data = {"from": from_layer, "to": to_layer, "rows": rows}
    answer_figures(data, [head, *shortened(lines)], found.made, as_json=as_json)


@layers_app.command()
def changes(
    name: Annotated[str, typer.Argument(help="A layer's name. / 图层名称。")], out: Out = None, as_json: Json = False
) -> None:
    """What cleaning a net changed, and every home that it moved. / 清理所作的更改及受影响的住处。"""
    with open_database() as db:
        moved = homes_moved(db, name)
        with db.read() as conn:
            (layer,) = layer_rows.live_layers(conn, (name,))
    if out is not None:
        tables = change_tables(layer.changes, layer.gaps, moved)
        made = Made(METHOD, {f"layer_{name}": layer.data_date}, digest_of(layer.content_hash, moved))
        write_layers(out, tables, about_made(city_of(), made, layer=name, version=layer.version))
    told = {"changes": len(layer.changes), "gaps": len(layer.gaps), "homes": len(moved)}
    lines = [
        sentence("layer_changes", language(), name=name, **told),
        *shortened([_change_line(c) for c in layer.changes]),
    ]
    data = {"changes": layer.changes, "gaps": layer.gaps, "homes": [asdict(home) for home in moved]}
    answer(data, lines, as_json=as_json)


@layers_app.command()
def merge(
    base: Annotated[str, typer.Option(help="The net that the result goes back to. / 基准图层。")],
    layer: Chosen = None,
    community: Annotated[str | None, typer.Option(help="12-digit code. / 社区代码。")] = None,
    open_plan: Annotated[
        bool, typer.Option("--open-plan", help="Begin a draft of it in every community. / 据此为各社区新建草案。")
    ] = False,
    note: Annotated[str | None, typer.Option(help="What the drafts are for. / 草案说明。")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Propose one net for several, with whom it moves. / 提出多网合一方案。"""
    wish = MergeWish(base, layer or (), community)
    drafts: Sequence[TakenUp] = ()
    with open_database() as db, progress("layer_merging") as step:
        if open_plan:
            taken = open_merge(db, wish, note, _hand(), step=step)
            found, drafts = taken.proposal, taken.drafts
        else:
            found = merge_layers(db, wish, step=step)
    made = made_of(found)
    if out is not None:
        write_layers(out, merge_tables(found), about_made(city_of(), made, base=base, layers=", ".join(found.layers)))
    told = {"drafts": [_taken_data(draft) for draft in drafts]} if open_plan else {}
    lines = [*_merge_lines(found), *map(_taken_line, drafts)]
    answer_figures({**merge_data(found), **told}, lines, made, as_json=as_json)


@layers_app.command()
def origin(
    plan_id: Annotated[int, typer.Argument(help="A plan that was begun with a proposal. / 由合并方案生成的方案编号。")],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Which nets a plan was merged from, and whom they have in common with its grids. / 方案由哪些图层合并而成。"""
    with open_database() as db:
        found = origin_of(db, plan_id)
    made = made_of(found)
    about = about_made(city_of(), made, plan=plan_id, base=found.base)
    if out is not None:
        write_layers(out, origin_tables(found), about)
    answer_figures({"plan": plan_id, **asdict(found)}, _origin_lines(plan_id, found), made, as_json=as_json)


def merge_data(found: MergeProposal) -> dict[str, Any]:
    """The proposal as plain values, without shapes."""
    return {**asdict(found), "zones": plain_rows(found.zones)}


def _taken_data(draft: TakenUp) -> dict[str, Any]:
    """A draft, without the crosswalks: ``gridcircle layers origin`` tells them."""
    facts = {"plan": asdict(draft.plan), "residents": draft.residents, "doubts": draft.doubts}
    return {**facts, "grids": [asdict(grid) for grid in draft.origin.grids]}


def _taken_line(draft: TakenUp) -> str:
    grids = draft.origin.grids
    counts = {"grids": len(grids), "kept": sum(grid.is_kept for grid in grids), "doubts": draft.doubts}
    facts = {"id": draft.plan.id, "community": draft.plan.community_name, "residents": number(draft.residents, 0)}
    return sentence("layer_taken_up", language(), **facts, **counts)


def _origin_lines(plan_id: int, found: MergeOrigin) -> list[str]:
    tongue = language()
    facts = {"layers": ", ".join(found.layers), "base": found.base, "inputs_hash": found.inputs_hash[:12]}
    grids = [
        sentence(
            "layer_origin_grid",
            tongue,
            code=grid.code,
            name=grid.name,
            zone_code=grid.zone_code,
            state=sentence("layer_grid_kept" if grid.is_kept else "layer_grid_new", tongue),
        )
        for grid in found.grids
    ]
    return [sentence("layer_origin", tongue, id=plan_id, **facts), *shortened(grids)]


def _hand() -> Hand:
    """Whoever is at the keyboard of the server may do everything."""
    return Hand(at=datetime.now(ZoneInfo(Settings().timezone)))


def _place(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Refused("layer_place_bad", place=text) from error
    return lon, lat


def _import_lines(report: ImportReport) -> list[str]:
    tongue = language()
    names = ("read", "added", "changed", "unchanged", "rejected", "missing", "retired")
    counts = {name: getattr(report, name) for name in names}
    lines = [sentence("import_done", tongue, kind=sentence("kind_layers", tongue), **counts)]
    if report.import_id is not None:
        lines.append(sentence("import_undo_hint", tongue, id=report.import_id))
    lines += [f"  {sentence(f'total_{name}', tongue)}: {value:,.10g}" for name, value in report.totals.items()]
    lines += [fault.in_language(tongue) for fault in report.faults]
    return [*lines, *shortened([note.in_language(tongue) for note in report.notes])]


def _layer_line(layer: Layer) -> str:
    facts = {"name": layer.name, "department": layer.department, "kind": layer.kind, "version": layer.version}
    return sentence("layer_line", language(), **facts, zones=layer.zones, changes=len(layer.changes))


def _net_line(net: NetAt) -> str:
    key = "layer_net" if net.is_clean else "layer_net_drawn_only"
    if not net.is_drawn:
        key = "layer_net_clean_only"
    office = " / ".join(word for word in (net.department, net.unit) if word)
    facts = {"layer": net.layer, "department": office, "kind": net.kind}
    return sentence(key, language(), **facts, code=net.zone_code, name=net.zone_name)


def _change_line(told: Mapping[str, Any]) -> str:
    place = ", ".join(f"{degree:.6f}" for degree in told["lonlat"])
    facts = {"zone": told["zone"], "place": place, "row": told["row"], "field": "geometry", "other": told["twin_of"]}
    return sentence(
        f"layer_{told['kind']}", language(), **facts, before=round(told["before_m2"]), after=round(told["after_m2"])
    )


def _audit_lines(found: AuditReport) -> list[str]:
    tongue = language()
    lines = [sentence("layer_audit", tongue, layers=len(found.layers), residents=number(found.residents, 0))]
    lines += [
        sentence("layer_doors", tongue, nets=door.nets, residents=number(door.residents, 0), homes=door.homes)
        for door in found.doors
    ]
    lines += [sentence("layer_table_head", tongue)]
    lines += [
        f"{one.name} | {one.department} | {one.zones} | {number(one.ground_m2 / 1e6, 2)} | "
        f"{number(one.residents_inside, 0)} | {number(one.residents_in_none, 0)} | "
        f"{number(one.residents_in_several, 0)} | {one.overlaps} | {one.changes} | {one.homes_moved}"
        for one in found.layers
    ]
    lines += [sentence("layer_pair_head", tongue)]
    lines += [
        f"{pair.a} | {pair.b} | {number(pair.residents_both, 0)} | {number(pair.residents_only_a, 0)} | "
        f"{number(pair.residents_only_b, 0)} | {percent(pair.kept_a_share)} | {percent(pair.kept_b_share)} | "
        f"{pair.slivers} | {number(pair.residents_in_slivers, 0)}"
        for pair in found.pairs
    ]
    return lines


def _merge_lines(found: MergeProposal) -> list[str]:
    tongue = language()
    moved = sum(cell.residents for cell in found.given)
    counts = {"zones": len(found.zones), "units": found.units, "split": len(found.split), "doubts": len(found.doubts)}
    facts = {"layers": ", ".join(found.layers), "base": found.base, **counts}
    people = {"residents": number(found.residents, 0), "moved": number(moved, 0)}
    lines = [sentence("layer_merged", tongue, **facts, **people, cells=len(found.given))]
    cells = [
        sentence(
            f"layer_given_{cell.reason}",
            tongue,
            from_code=cell.from_code or "–",
            to_code=cell.to_code or "–",
            residents=number(cell.residents, 0),
            place=f"{cell.lonlat[0]:.6f}, {cell.lonlat[1]:.6f}",
        )
        for cell in found.given
    ]
    return [*lines, *shortened(cells)]
