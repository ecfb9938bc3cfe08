"""Periods that figures are told of, and the moment as of which viewers are told of a month."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo.case_figures import PERIODS, By, FigureWish
from geo.errors import Refused
from geo.rules.figures import figure_rule

MONTHS = 12


def month_of(word: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A calendar month, written 2026-03: when it begins, and when the next one does.

    Raises
    ------
    Refused
        If it is no month, or lies outside of the years that there are figures of.
    """
    try:
        first = date.fromisoformat(f"{word}-01")
    except ValueError as error:
        raise Refused("figures_month_bad", month=word[:20]) from error
    return begin_of(first, zone), midnight(next_start(first, "month"), zone)


def period_of(
    month: str | None, since: date | None, before: date | None, now: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """A period as people ask for it: a month, or days; the last month that is over if they say nothing.

    Raises
    ------
    Refused
        If it is said in both ways, only half, is no month, or lies outside of the years that there are figures of.
    """
    if since is not None and before is not None and month is None:
        return begin_of(since, zone), begin_of(before, zone)
    if since is not None or before is not None:
        raise Refused("figures_period_half")
    last = now.astimezone(zone).date().replace(day=1) - timedelta(days=1)
    return month_of(f"{last:%Y-%m}" if month is None else month, zone)


def published_at(before: datetime, zone: ZoneInfo) -> datetime:
    """As of when a month is told to viewers, whenever they ask: some days after its end, so that files come in."""
    return midnight(before.astimezone(zone).date() + timedelta(days=figure_rule().published_after_days), zone)


def is_final(as_of: datetime, now: datetime) -> bool:
    """Whether everything that was known at a moment is stored: what was on its way then may come in a little later."""
    return as_of + timedelta(minutes=figure_rule().settled_after_minutes) <= now


def last_published(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The last month that viewers are told of."""
    month = period_of(None, None, None, now, zone)
    return (
        month
        if is_final(published_at(month[1], zone), now)
        else period_of(None, None, None, month[1] - timedelta(days=1), zone)
    )


def period_name(begin: datetime, by: By) -> str:
    """What a day, week or month is called: by its first day."""
    return f"{begin:%Y-%m}" if by == "month" else f"{begin:%Y-%m-%d}"


def edges_of(wish: FigureWish, zone: ZoneInfo) -> list[datetime]:
    """Where the period begins and ends, and between them where days, weeks or months do if it is by them."""
    since = wish.since.astimezone(zone)
    edges = [since]
    if wish.by in PERIODS:
        start = next_start(since.date(), wish.by)
        while (edge := midnight(start, zone)) < wish.before:
            edges.append(edge)
            start = next_start(start, wish.by)
    return [*edges, wish.before]


def next_start(day: date, by: By) -> date:
    """The first day of the next day, week (Monday) or month."""
    if by == "month":
        return date(day.year + day.month // MONTHS, day.month % MONTHS + 1, 1)
    return day + timedelta(days=1 if by == "day" else 7 - day.weekday())


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """A day's first moment.

    Raises
    ------
    Refused
        If it lies outside of the years that there are figures of.
    """
    first, last = figure_rule().years
    if not first <= day.year <= last:
        raise Refused("figures_years", first=first, last=last)
    return midnight(day, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """A day's first moment, whatever the day."""
    return datetime.combine(day, time(), zone)
