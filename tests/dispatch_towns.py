"""Towns drawn in metres with stations, teams and cases, for who can be sent where. On foot a metre takes 9 ds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, update

from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.dispatch.rank_helpers import Ranking, RankWish, rank_helpers
from geo.cases import Step
from geo.compute.streets.network import build_network
from geo.rules.case_catalogue import case_catalogues
from geo.store import cases
from geo.store.database import Database
from geo.store.streets import save_network
from geo.store.tables import incident, resource, station
from tests.drawn_streets import NO_BARRIERS, NO_LANDS, lines_of, lonlat_of
from tests.trips import ONE_WAY, Line, way

_numbers = itertools.count(1)
CITY = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 20, 10, 0, tzinfo=CITY)
"""A Friday."""

STREET = (way((0, 0), (6000, 0)),)
"""One street of 6 km."""

ROUND = (
    way((0, 0), (3000, 0), access=ONE_WAY),
    way((3000, 0), (3000, 1000)),
    way((3000, 1000), (0, 1000)),
    way((0, 1000), (0, 0)),
)
"""A block of 3,000 m by 1,000 m; wheels go along its south side eastward only. Cars take 2 ds a metre."""


def at(hour: int, minute: int = 0, day: tuple[int, int, int] = (2026, 11, 20)) -> datetime:
    """A moment by the city's clock."""
    return datetime(*day, hour, minute, tzinfo=CITY)


def point(x_m: float, y_m: float) -> str:
    lon, lat = lonlat_of([(x_m, y_m)])[0]
    return f"SRID=4326;POINT({lon:.12f} {lat:.12f})"


def add_streets(conn: Connection, *ways: Line) -> None:
    network = build_network(lines_of(*ways))
    given = {"source": "town", "network_date": date(2026, 1, 1), "import_id": None, "at": AT}
    save_network(conn, network, NO_BARRIERS, NO_LANDS, **given)


@dataclass
class Town:
    """A town and the question that is put to it."""

    db: Database
    station: list[int] = field(default_factory=list)
    team: list[int] = field(default_factory=list)
    cache: HelperCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = HelperCache(StreetCache(self.db))

    def streets(self, *ways: Line) -> Town:
        with self.db.write() as conn:
            add_streets(conn, *ways)
        return self

    def add_station(self, x_m: float, y_m: float = 0, **values: Any) -> int:
        row = {"name": f"站{len(self.station)}", "kind": "party_mass_centre", "services": ["调解"], "updated_at": AT}
        row |= {"geom": point(x_m, y_m), "source": "town", "source_key": str(len(self.station)), **values}
        with self.db.write() as conn:
            self.station.append(conn.execute(insert(station).values(row).returning(station.c.id)).scalar_one())
        return self.station[-1]

    def add_team(self, x_m: float, y_m: float = 0, *, age: timedelta = timedelta(0), **values: Any) -> int:
        row = {"name": f"队{len(self.team)}", "kind": "patrol", "services": ["调解"], "position_at": AT - age}
        row |= {"geom": point(x_m, y_m), "source": "town", "source_key": str(len(self.team)), **values}
        with self.db.write() as conn:
            self.team.append(conn.execute(insert(resource).values(row).returning(resource.c.id)).scalar_one())
        return self.team[-1]

    def add_case(self, x_m: float | None, y_m: float = 0, **values: Any) -> int:
        with self.db.write() as conn:
            return add_case(conn, x_m, y_m, **values)

    def send(self, case: int, station_id: int | None, stage: str = "dispatched", team: int | None = None) -> None:
        """Let a case be of a stage, by a step as the desk takes it."""
        with self.db.write() as conn:
            known = cases.get_case(conn, case, lock=True)
            version = cases.change_case(
                conn, known, {"stage": stage, "station_id": station_id, "resource_id": team}, AT
            )
            cases.insert_step(conn, Step(0, case, version, "dispatch", known.stage, stage, AT, None, None, {}))

    def busy(self, station_id: int, n: int) -> list[int]:
        """Cases far away that the station is on."""
        made = [self.add_case(5999) for _ in range(n)]
        for case in made:
            self.send(case, station_id)
        return made

    def change(self, station_id: int, **values: Any) -> None:
        changed = update(station).where(station.c.id == station_id)
        with self.db.write() as conn:
            conn.execute(changed.values(**values, version=station.c.version + 1))

    def rank(self, case: int, *, area_id: int | None = None, patience_s: float | None = None, **wish: Any) -> Ranking:
        asked = RankWish(**{"at": AT, "k": 3, "minutes": 60, **wish})
        return rank_helpers(self.db, self.cache, case_catalogues(None), case, asked, area_id, patience_s)

    def told(self, case: int, **wish: Any) -> list[tuple[str, int]]:
        """Names and times of those that can be sent."""
        return [(one.helper.name, one.travel_ds) for one in self.rank(case, **wish).helpers]

    def set_aside(self, case: int, **wish: Any) -> list[tuple[str, str]]:
        """Names and reasons of those that cannot."""
        return [(one.helper.name, one.reason.key) for one in self.rank(case, **wish).set_aside]


def add_case(conn: Connection, x_m: float | None, y_m: float = 0, **values: Any) -> int:
    row: dict[str, Any] = {"category": "litter", "occurred_at": AT, "updated_at": AT, "source": "town"}
    row |= {"geom": None if x_m is None else point(x_m, y_m), "source_key": str(next(_numbers))}
    return int(conn.execute(insert(incident).values({**row, **values}).returning(incident.c.id)).scalar_one())
