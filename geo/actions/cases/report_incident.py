"""Take in a report: place it, class it, say who may decide and until when, and which other cases may be the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.city.plan_access import Hand
from geo.asset_codes import asset_code
from geo.caller import caller_hash, request_hash
from geo.case_clocks import Passage, dues_of, warned_at
from geo.case_states import Stage
from geo.cases import Case, Step, Suggestion
from geo.clocks import Limit
from geo.compute.datums import DATUMS, to_wgs84
from geo.errors import Conflict, NotAllowed, Refused
from geo.own_numbers import kept_number
from geo.rules.case_catalogue import CaseCatalogue, CaseItem
from geo.rules.case_levels import LEVELS, Level
from geo.rules.clocks import OfficeWeek
from geo.rules.escalation import escalation_rule
from geo.rules.import_limits import import_limits
from geo.rules.incidents import incident_rule
from geo.store import cases, locate
from geo.store.database import Database
from geo.store.plans import get_plan
from geo.text_masks import KINDS, Masked, masked

LonLat = tuple[float, float]

_KEY_SIGNS = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True)
class Report:
    """What somebody tells."""

    item: str
    """Its code in the catalogue, its name or another word for it."""
    occurred_at: datetime
    """Aware."""
    channel: str
    """Where it came in: hotline, member, resident, patrol, ..."""
    text: str | None = None
    lonlat: LonLat | None = None
    """Degrees; None: still to be located."""
    datum: str = "WGS-84"
    """One of ``geo.compute.datums.DATUMS``."""
    precision_m: float | None = None
    """How far off the place may be; None: not stated."""
    address: str | None = None
    source_key: str | None = None
    """The number that it has outside; None: it has none."""
    caller: str | None = None
    """A number to call back; only a keyed hash of it is kept."""
    need: str | None = None
    """A key of geo/rules/case_needs.toml; None: as the catalogue has it."""
    unit: str | None = None
    """Who is responsible; None: whoever answers for the ground."""
    asset: str | None = field(default=None, repr=False)
    """Code of the thing of the city that it is about; None: not stated."""


@dataclass(frozen=True)
class Reported:
    """A case, and what to know about it at once."""

    case: Case
    item: CaseItem
    masked: Mapping[str, int]
    """Kind of personal number -> how many were taken out of the text and the address."""
    suggestions: Sequence[Suggestion]
    """Cases that may be the same."""
    is_repeat: bool = False
    """The same request was carried out before: nothing was done again."""


def deciding(
    level: Level, unit_at: Callable[[Level], str | None], town: str | None, holds: tuple[bool, bool]
) -> tuple[Level, str | None]:
    """The level that sees to a case that a level may decide, and who answers for the ground there (属地兜底).

    What a grid may decide is in no grid the next level's that is there; outside of all areas all is the city's.

    Parameters
    ----------
    level
        The level that may decide by the catalogue.
    unit_at
        Who answers for the place at a level; None: nobody there.
    town
        The outermost area.
    holds
        Whether a grid holds the place, and whether an area does.
    """
    in_grid, in_area = holds
    if in_grid or (in_area and level != "grid"):
        return level, unit_at(level)
    held = ((above, unit_at(above)) for above in LEVELS)
    return next((found for found in held if found[1] is not None), (LEVELS[-1], town))


@dataclass(frozen=True)
class Place:
    """Where a case lies by the plan in force."""

    point: shapely.Point
    chain: Sequence[locate.Link]
    grid_id: int | None
    grid_name: str | None
    plan_id: int | None
    plan_version: int | None
    border_grid_ids: tuple[int, ...]
    beside: locate.NearGrid | None
    """The nearest grid, where none holds it."""
    town: str | None
    """The outermost area that holds it, or that holds the nearest grid."""

    @property
    def columns(self) -> dict[str, Any]:
        """As the store has them."""
        return {
            "geom": self.point,
            "grid_id": self.grid_id,
            "plan_id": self.plan_id,
            "plan_version": self.plan_version,
            "border_grid_ids": list(self.border_grid_ids),
        }

    def decides(self, level: Level) -> tuple[Level, str | None]:
        """The level that sees to a case that a level may decide, and who answers for the ground there."""
        return deciding(level, self._unit_at, self.town, (self.grid_id is not None, bool(self.chain)))

    def told(self, level: Level, own_level: Level) -> dict[str, Any]:
        """What a step says of a place in no grid: the reason, the level that sees to the case for it, and the level
        that may decide by the catalogue.
        """
        if self.beside is None:
            return {}
        distance_m = round(self.beside.distance_m, 1)
        beside = {"beside_grid_id": self.beside.id, "beside": self.beside.name, "distance_m": distance_m}
        return {"why": "case_outside_grids", "level": level, "own_level": own_level, **beside}

    def _unit_at(self, level: str) -> str | None:
        if level == "grid":
            return self.grid_name
        return next((link.name for link in self.chain if link.level == level), None)


def report_incident(
    db: Database, report: Report, desk: Desk, hand: Hand, number: str, key: str | None = None
) -> Reported:
    """A new case, unless this very request was carried out before.

    Parameters
    ----------
    db
        Where to keep it.
    report
        What is told.
    desk
        The city's clock and secret.
    hand
        Whose hand, and when.
    number
        What it is called where it has no number outside; no two have the same.
    key
        The request's own key: sent again within a day it does nothing again. None: it is not sent again.

    Raises
    ------
    Refused
        If the item is unknown, the time lies in the future or the place outside of the town, if the asset is no code,
        or if the key has no form of one or was used for another report.
    Conflict
        If the same request is being carried out at this moment, or the source's number was reported before.
    NotAllowed
        If the place lies outside of the hand's area, and not near its border.
    """
    catalogue = desk.catalogue(hand.at)
    item = catalogue.named(report.item)
    if item is None:
        raise Refused("incident_item_unknown", item=report.item[:50], version=catalogue.version)
    number_kept = None if report.source_key is None else kept_number(report.source_key, lambda: desk.caller_key)
    report = replace(report, item=item.code, source_key=number_kept)
    _check_time(report.occurred_at, hand.at)
    _check_key(key)
    with db.write() as conn:
        if report.asset is not None:
            report = replace(report, asset=asset_code(report.asset, partial(locate.district_codes, conn)))
        if key is None:
            return _stored(conn, report, catalogue, desk, hand, number)
        digest, key_hash = _digest(report, desk), request_hash(key, desk.caller_key)
        done = _done_before(conn, key, key_hash, digest, hand)
        if done is not None:
            return Reported(cases.get_case(conn, done), item, {}, (), is_repeat=True)
        found = _stored(conn, report, catalogue, desk, hand, number)
        since = hand.at - incident_rule().requests_kept
        cases.keep_request(conn, _token(hand), key_hash, digest, found.case.id, hand.at, since)
        return found


def place_of(conn: Connection, lonlat: LonLat, datum: str, hand: Hand) -> Place:
    """Where a point lies by the plan in force.

    Raises
    ------
    Refused
        If it lies outside of the town, or the datum is unknown.
    NotAllowed
        If it lies outside of the hand's area, and none of the area's grids is so near that it sees it, too.
    """
    if datum not in DATUMS:
        raise Refused("datum_unknown", datum=datum, known=", ".join(DATUMS))
    lon, lat = to_wgs84(np.array([lonlat]), datum)[0].round(7).tolist()
    margin_m = import_limits().outside_town_m
    if not cases.is_near_town(conn, (lon, lat), margin_m):
        raise Refused("incident_outside_town", lon=lon, lat=lat, limit_km=f"{margin_m / 1000:g}")
    grid = locate.grid_at(conn, (lon, lat), hand.at)
    own_id, within_m = None if grid is None else grid.id, incident_rule().border_within_m
    near = cases.border_grids(conn, (lon, lat), hand.at, within_m, own_id)
    if hand.area_id is not None and not _is_received(conn, hand.area_id, (lon, lat), near):
        raise NotAllowed("token_outside_area", area=locate.chain_of(conn, hand.area_id)[-1].name)
    # on a border the grid decides, so that the chain ends in the community that the grid belongs to
    chain = locate.chain_at(conn, (lon, lat)) if grid is None else locate.chain_of(conn, grid.community_id)
    beside = locate.nearest_grid(conn, (lon, lat), hand.at) if grid is None else None
    around = chain if chain or beside is None else locate.chain_of(conn, beside.community_id)
    return Place(
        point=shapely.Point(lon, lat),
        chain=chain,
        grid_id=own_id,
        grid_name=None if grid is None else grid.name,
        plan_id=None if grid is None else grid.plan_id,
        plan_version=None if grid is None else get_plan(conn, grid.plan_id).version,
        border_grid_ids=near,
        beside=beside,
        town=around[0].name if around else None,
    )


def _is_received(conn: Connection, area_id: int, lonlat: LonLat, near: Sequence[int]) -> bool:
    """Whether those who answer for an area receive what lies at a point: in it, or seen from one of its grids, too."""
    return locate.is_within(conn, area_id, lonlat) or area_id in locate.areas_of_grids(conn, near)


def suggestions_for(conn: Connection, case: Case, area_id: int | None) -> list[Suggestion]:
    """Other cases that may be the same: of the item about the same thing or nearby lately, and of the caller.

    Only those in the area that somebody answers for, or without a place; ``area_id`` None: all.
    """
    rule, found = incident_rule(), []
    if case.item is not None and case.asset is not None:
        found = cases.cases_of_asset(conn, case, rule.asset_within, area_id, rule.most_suggested)
    if case.item is not None and case.lonlat is not None:
        found += cases.similar_cases(conn, case, rule.similar_within_m, rule.similar_within, area_id)
    caller = cases.caller_hash_of(conn, case.id)
    if caller is not None:
        since = case.occurred_at - rule.caller_within
        found += cases.cases_of_caller(conn, caller, since, case.id, area_id, rule.most_suggested)
    once: dict[int, Suggestion] = {}
    for other in found:
        once.setdefault(other.id, other)
    return list(once.values())[: rule.most_suggested]


def _stored(
    conn: Connection, report: Report, catalogue: CaseCatalogue, desk: Desk, hand: Hand, number: str
) -> Reported:
    item = catalogue.item(report.item)
    place = None if report.lonlat is None else place_of(conn, report.lonlat, report.datum, hand)
    _refuse_twin(conn, report)
    stage: Stage = "collected" if place is None else "filed"
    text, address, named = masked(report.text or ""), masked(report.address or ""), masked(report.unit or "")
    level, ground = (item.level, None) if place is None else place.decides(item.level)
    unit = named.text or ground
    case_id = cases.insert_case(
        conn,
        {
            **_columns(report, catalogue, hand),
            "source_key": report.source_key or number,
            **({"geom": None} if place is None else place.columns),
            **due_columns([Passage(desk.local(hand.at), stage)], item.limits, desk.week),
            "stage": stage,
            "level": level,
            "text": text.text or None,
            "address": address.text or None,
            "caller_hash": None if report.caller is None else caller_hash(report.caller, desk.caller_key),
            "unit": unit,
        },
    )
    grid_id = None if place is None else place.grid_id
    said = {"item": item.code, "channel": report.channel, "unit": unit, "grid_id": grid_id}
    if place is not None:
        said |= place.told(level, item.level)
    cases.insert_step(conn, Step(0, case_id, 1, "report", None, stage, hand.at, hand.token_name, None, said))
    case = cases.get_case(conn, case_id)
    return Reported(case, item, _together(text, address, named), suggestions_for(conn, case, hand.area_id))


def _together(*texts: Masked) -> Mapping[str, int]:
    """How many numbers of each kind were taken out of some texts; kinds of which there were none are left out."""
    counts = {kind: sum(text.counts[kind] for text in texts) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


def due_columns(passages: Sequence[Passage], limits: Mapping[str, Limit], week: OfficeWeek) -> dict[str, Any]:
    """Deadlines as the store has them, of a case whose last stage begins now; arguments as of ``dues_of``."""
    dues, now = dues_of(passages, limits, week), passages[-1].at
    warn_at = warned_at(passages, limits, escalation_rule().warning_share, week)
    return {
        "stage_since": now,
        "warn_at": warn_at if warn_at is not None and warn_at > now else None,
        "stage_due_at": None if dues.stage is None else dues.stage.at,
        "due_at": None if dues.total is None else dues.total.at,
        "is_due_sure": dues.is_sure,
    }


def _columns(report: Report, catalogue: CaseCatalogue, hand: Hand) -> dict[str, Any]:
    item = catalogue.item(report.item)
    return {
        "occurred_at": report.occurred_at,
        "reported_at": hand.at,
        "updated_at": hand.at,
        "category": item.category,
        "item": item.code,
        "catalogue_version": catalogue.version,
        "need": report.need or item.need,
        "channel": report.channel,
        "source": report.channel,
        "precision_m": report.precision_m,
        "asset": report.asset,
    }


def _refuse_twin(conn: Connection, report: Report) -> None:
    if report.source_key is None:
        return
    twin = cases.find_by_source(conn, report.channel, report.source_key)
    if twin is not None:
        raise Conflict("incident_known", channel=report.channel, number=report.source_key, id=twin)


def _check_time(occurred_at: datetime, now: datetime) -> None:
    limits = import_limits()
    if occurred_at > now + timedelta(minutes=limits.future_slack_minutes):
        raise Refused("incident_in_future", time=occurred_at.isoformat(timespec="minutes"))
    if occurred_at.year < limits.oldest_incident_year:
        raise Refused(
            "incident_too_old", time=occurred_at.isoformat(timespec="minutes"), year=limits.oldest_incident_year
        )


def _check_key(key: str | None) -> None:
    least, most = incident_rule().request_key_lengths
    if key is not None and not (least <= len(key) <= most and _KEY_SIGNS.fullmatch(key)):
        raise Refused("request_key_form", least=least, most=most)


def _done_before(conn: Connection, key: str, key_hash: bytes, digest: bytes, hand: Hand) -> int | None:
    """The incident that the same request made; None if it is new, and then its key is held.

    Keys from before they were hashed stand in the same column as they are, for the day that they are kept.
    """
    token_id = _token(hand)
    if not cases.hold_request(conn, token_id, key_hash):
        raise Conflict("request_running", name=key)
    since = hand.at - incident_rule().requests_kept
    found = cases.find_request(conn, token_id, (key_hash, key.encode()), since)
    if found is None:
        return None
    if found[0] != digest:
        raise Refused("request_key_reused", name=key)
    return found[1]


def _digest(report: Report, desk: Desk) -> bytes:
    """Whether it is the same report; the caller's number goes in as its keyed hash only.

    An asset is added only where there is one: requests from before there were any are known still.
    """
    caller = None if report.caller is None else caller_hash(report.caller, desk.caller_key).hex()
    return hashlib.sha256((repr(replace(report, caller=caller)) + (report.asset or "")).encode()).digest()


def _token(hand: Hand) -> int:
    assert hand.token_id is not None, "only requests of token holders have keys"
    return hand.token_id
