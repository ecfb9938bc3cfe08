"""Coverage by the hour: who reaches an open station when, and what other hours would bring."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, Now, Reach, Setting, Who, asks, local
from api.figures import sight_of
from api.inputs import Kind, Word
from api.limits import check_size
from api.schemas import CityAnswer, Count, Provenance, Shape, problems
from geo.actions.reach.profile import extra_of
from geo.actions.reach.profile import profile as compute
from geo.errors import Refused
from geo.profile import GROUPS, HOURS_OF_WEEK, Gain, Profile, ProfileWish, share
from geo.publication import rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import request_limits
from geo.settings import Settings
from geo.units import FloatArray

router = APIRouter(tags=["coverage"])

MINUTES_OF_HOUR = 60
DAY_MINUTES = 24 * MINUTES_OF_HOUR


class PeopleCount(Shape):
    """So many people; for the public rounded down to tens."""

    residents: Count | None = Field(examples=[1010])
    elderly: Count | None = Field(examples=[210])
    children: Count | None = Field(examples=[140])


class Moment(Shape):
    """Coverage at one moment."""

    at: datetime = Field(examples=["2026-11-23T09:00:00+08:00"])
    share: float | None = Field(examples=[0.886], description="Residents within reach of an open station, 0 to 1.")
    covered: PeopleCount
    unsaid_share: float | None = Field(
        examples=[0.02], description="Residents within reach only of stations whose hours are not known."
    )
    stations_open: int = Field(examples=[12], description="Known to be open.")


class GroupShares(Shape):
    """Coverage by the stations of one kind or with one service alone."""

    key: str = Field(examples=["party_mass_centre"])
    share_of_moment: list[float | None] = Field(examples=[[0.5, 0.62]])


class GainShape(Shape):
    """What additional hours bring."""

    stations: int = Field(examples=[3], description="That they apply to.")
    person_hours: PeopleCount = Field(description="People times hours within reach of an open station, gained.")
    newly_reached: PeopleCount = Field(description="At some of the moments, and at none without them.")
    gaining: PeopleCount = Field(description="At more of the moments than without them.")
    residents_of_moment: list[Count | None] = Field(examples=[[0, 120]], description="Gained at each moment.")


class ProfileShape(CityAnswer):
    """Coverage at a row of moments."""

    provenance: Provenance
    is_rounded: bool = Field(examples=[True])
    unknown: Literal["open", "closed"] = Field(examples=["closed"], description="What unknown hours count as.")
    unsure_years: list[int] = Field(examples=[[]], description="Years whose days off are not known for sure.")
    everybody: PeopleCount
    whenever: PeopleCount = Field(description="Within reach of a station, open or not.")
    stations: int = Field(examples=[14])
    stations_unsaid: int = Field(examples=[2], description="Whose hours are not known.")
    moments: list[Moment]
    groups: list[GroupShares]
    gain: GainShape | None


@router.get("/coverage/profile", responses=problems(404))
def coverage_profile(  # noqa: PLR0913, PLR0917 -- what FastAPI hands over
    db: Db,
    engine: Reach,
    settings: Setting,
    now: Now,
    who: Annotated[Who, asks("public")],
    begin: Annotated[datetime | None, Query(alias="from", description="This Monday, if left out.")] = None,
    end: Annotated[datetime | None, Query(alias="to", description="A week later; not included.")] = None,
    step_minutes: Annotated[int, Query(ge=1, le=DAY_MINUTES)] = MINUTES_OF_HOUR,
    mode: Annotated[str, Query(max_length=50, examples=[DEFAULT_MODE])] = DEFAULT_MODE,
    surface: Annotated[str, Query(max_length=50, examples=[DEFAULT_SURFACE])] = DEFAULT_SURFACE,
    minutes: Annotated[float, Query(gt=0, allow_inf_nan=False, examples=[15])] = 15,
    kind: Kind = None,
    service: Annotated[Word | None, Query(max_length=100, description="Only with this service.")] = None,
    unknown: Annotated[Literal["open", "closed"], Query(description="What unknown hours count as.")] = "closed",
    by: Annotated[Literal["kind", "service"] | None, Query(description="Each of these apart as well.")] = None,
    extra: Annotated[
        Word | None,
        Query(max_length=1000, description="Additional hours.", examples=["all: Mo-Fr 17:30-18:30; Sa 09:00-17:00"]),
    ] = None,
) -> ProfileShape:
    """Residents, elderly and children who reach an open station, at each moment; what additional hours would bring."""
    check_size(db, minutes)
    wish = ProfileWish(
        mode=mode,
        surface=surface,
        minutes=minutes,
        instants=_instants(begin, end, step_minutes, local(now, settings), settings),
        step_hours=step_minutes / MINUTES_OF_HOUR,
        kind=kind,
        service=service,
        unknown=unknown,
        by=by,
        extra=None if extra is None else extra_of(extra),
    )
    found = compute(engine, wish)
    with db.read() as conn:
        is_exact = sight_of(conn, who).is_exact(None)
    return _shape(found, is_exact=is_exact)


def _instants(
    begin: datetime | None, end: datetime | None, step_minutes: int, now: datetime, settings: Settings
) -> list[datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(days=now.weekday()) if begin is None else local(begin, settings)
    last = first + timedelta(hours=HOURS_OF_WEEK) if end is None else local(end, settings)
    step = timedelta(minutes=step_minutes)
    count, most = -((first - last) // step), request_limits().instants
    if count > most:
        raise Refused("request_instants_many", instants=count, stations=1, most=most)
    return [first + index * step for index in range(count)]


def _shape(found: Profile, *, is_exact: bool) -> ProfileShape:
    everybody = found.everybody

    def count(people: FloatArray) -> PeopleCount:
        return PeopleCount(**dict(zip(GROUPS, _shown(people, everybody, is_exact=is_exact), strict=True)))

    def part(residents: float) -> float | None:
        return _share(residents, float(everybody[0]), is_exact=is_exact)

    moments = [
        Moment(at=at, share=part(covered[0]), covered=count(covered), unsaid_share=part(unsaid[0]), stations_open=n)
        for at, covered, unsaid, n in zip(
            found.wish.instants, found.covered, found.unsaid, found.open_of_instant.tolist(), strict=True
        )
    ]
    return ProfileShape(
        provenance=Provenance.model_validate(found.provenance),
        is_rounded=not is_exact,
        unknown=found.wish.unknown,
        unsure_years=list(found.unsure_years),
        everybody=count(everybody),
        whenever=count(found.whenever),
        stations=found.n_stations,
        stations_unsaid=found.n_unsaid,
        moments=moments,
        groups=[
            GroupShares(key=key, share_of_moment=[part(residents) for residents in covered[:, 0].tolist()])
            for key, covered in found.covered_of_group.items()
        ],
        gain=None if found.gain is None else _gain(found.gain, is_exact=is_exact),
    )


def _gain(gain: Gain, *, is_exact: bool) -> GainShape:
    def count(people: FloatArray) -> PeopleCount:
        shown = [people_ if is_exact else rule().reached(people_) for people_ in people.tolist()]
        return PeopleCount(**dict(zip(GROUPS, shown, strict=True)))

    residents = gain.gained[:, 0].tolist()
    return GainShape(
        stations=gain.n_stations,
        person_hours=count(gain.person_hours),
        newly_reached=count(gain.newly_reached),
        gaining=count(gain.gaining),
        residents_of_moment=residents if is_exact else [rule().reached(people) for people in residents],
    )


def _shown(people: FloatArray, everybody: FloatArray, *, is_exact: bool) -> list[Count | None]:
    """Each group as the asker may see it: of the whole city, so with ages."""
    pairs = zip(people.tolist(), everybody.tolist(), strict=True)
    return [part if is_exact else rule().part(part, whole) for part, whole in pairs]


def _share(residents: float, everybody: float, *, is_exact: bool) -> float | None:
    part = residents if is_exact else rule().part(residents, everybody)
    whole = everybody if is_exact else rule().total(everybody)
    found = None if part is None or whole is None else share(part, whole)
    return None if found is None else round(found, 4)
