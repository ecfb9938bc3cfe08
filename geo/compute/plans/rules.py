"""What is wrong with a plan: every rule asked of every grid, breaches in a fixed order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import shapely

from geo.compute.plans import rules_ground as ground
from geo.plan_problems import Inspection, Problem
from geo.rules.plan_rules import SEVERITIES, PlanRule
from geo.units import NONE, BoolArray, FloatArray

Check = Callable[[Inspection, PlanRule], Iterator[Problem]]

NOISE_SHARE = 1e-9
"""Of a limit: sums of fractions that miss it by less reach it."""


def problems_of(plan: Inspection, rules: Mapping[str, PlanRule]) -> list[Problem]:
    """All breaches: errors first, then in the order of the rules, of codes, and of ids.

    Parameters
    ----------
    plan
        The draft and all that is known about it.
    rules
        By key, in their order.

    Raises
    ------
    KeyError
        If nobody knows how to check a rule.
    """
    code_of_id = {grid.id: grid.code for grid in plan.draft.grids}
    found = [problem for rule in rules.values() for problem in CHECKS[rule.key](plan, rule)]
    place_of_rule = {key: place for place, key in enumerate(rules)}

    def order(problem: Problem) -> tuple[int, int, list[str], tuple[int, ...], str]:
        codes = [code_of_id[grid] for grid in problem.grid_ids]
        severity = SEVERITIES.index(problem.severity)
        return severity, place_of_rule[problem.rule], codes, problem.grid_ids, problem.subject

    return sorted(found, key=order)


def _empty(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    for place in np.flatnonzero(plan.figures.units == 0).tolist():
        yield plan.breach(rule, [place])


def _within(value_of: Callable[[Inspection, PlanRule], FloatArray]) -> Check:
    """A rule that a figure of every grid is within a band; a figure that is not there (NaN) is not asked for."""

    def check(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
        value, is_asked = value_of(plan, rule), _is_of_kind(plan, rule)
        for end, variant, sign in (("at_least", "_low", 1), ("at_most", "_high", -1)):
            if end not in rule.limits:
                continue
            limit = rule.limits[end]
            is_beyond = sign * (limit - value) > abs(limit) * NOISE_SHARE
            for place in np.flatnonzero(is_beyond & is_asked).tolist():
                yield plan.breach(rule, [place], variant=variant, value=float(value[place]), limit=limit)

    return check


def _is_of_kind(plan: Inspection, rule: PlanRule) -> BoolArray:
    """(n_grids,) whether the rule is asked of a grid: of its kind, and not one that has no unit."""
    kinds = np.array([grid.kind in rule.kinds for grid in plan.draft.grids], np.bool_)
    return kinds & (plan.figures.units > 0)


def _post(post: str) -> Check:
    """A rule that a post is filled; a post of which nothing is known is not."""

    def check(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
        for place in np.flatnonzero(_is_of_kind(plan, rule)).tolist():
            known = plan.draft.grids[place].posts.get(post)
            if known is None or not known.is_filled:
                yield plan.breach(rule, [place])

    return check


def _code_missing(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    for place, grid in enumerate(plan.draft.grids):
        if not grid.code:
            yield plan.breach(rule, [place])


def _code_wrong(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    community = plan.draft.community.code
    for place, grid in enumerate(plan.draft.grids):
        if grid.code and plan.scheme.number_of(grid.code, community) is None:
            begins = plan.scheme.prefix(community)
            yield plan.breach(rule, [place], digits=plan.scheme.digits, begins=begins)


def _code_twice(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    places_of_code: dict[str, list[int]] = defaultdict(list)
    for place, grid in enumerate(plan.draft.grids):
        places_of_code[grid.code].append(place)
    for code, places in places_of_code.items():
        if code and len(places) > 1:
            yield plan.breach(rule, places, subject=code, code=code)


def _compound_cut(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Compounds small enough for one grid whose homes are in several."""
    if plan.compound_of_home is None:
        return
    name = np.array([name or "" for name in plan.compound_of_home], np.str_)
    homes = np.flatnonzero((name != "") & (plan.grid_of_home != NONE))
    homes = homes[np.argsort(name[homes], kind="stable")]
    names, start = np.unique(name[homes], return_index=True)
    for compound, mine in zip(names.tolist(), np.split(homes, start)[1:], strict=True):
        grid, households = plan.grid_of_home[mine], plan.homes.households[mine]
        whole = float(households.sum())
        if (grid != grid[0]).any() and whole <= rule.limits["households_at_most"]:
            places, place = np.unique(grid, return_inverse=True)
            most = np.argmax(np.bincount(place, households + NOISE_SHARE))  # where nobody lives, homes count
            apart = shapely.multipoints(plan.homes.lonlat[mine[place != most]])
            yield plan.breach(rule, places.tolist(), shape=apart, subject=compound, compound=compound, households=whole)


def _stable(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """More residents change grid than should; whoever was in no grid changes none."""
    if plan.before is None:
        return
    ids = np.array([grid.id for grid in plan.draft.grids], np.int64)
    is_asked = (plan.before.grid_of_home != NONE) & (plan.grid_of_home != NONE)
    before, after = plan.before.grid_of_home[is_asked], ids[plan.grid_of_home[is_asked]]
    residents = plan.homes.residents[is_asked]
    moved, everybody = float(residents[before != after].sum()), float(residents.sum())
    limit = rule.limits["at_most"]
    if moved > (limit + NOISE_SHARE) * everybody:
        yield plan.breach(rule, [], share=moved / everybody, residents=moved, limit=limit)


CHECKS: Mapping[str, Check] = {
    "empty": _empty,
    "closed": ground.closed,
    "overlap": ground.overlap,
    "gap": ground.gap,
    "outside": ground.outside,
    "one_piece": ground.one_piece,
    "building_cut": ground.building_cut,
    "code_missing": _code_missing,
    "code_wrong": _code_wrong,
    "code_twice": _code_twice,
    "households": _within(lambda plan, _: plan.figures.households),
    "compound_cut": _compound_cut,
    "chief": _post("chief"),
    "member": _post("member"),
    "stable": _stable,
    "residents": _within(lambda plan, _: plan.figures.residents),
    "shops": _within(lambda plan, _: plan.figures.shops),
    "compactness": _within(lambda plan, _: plan.figures.compactness),
    "borders": _within(lambda plan, rule: plan.figures.share_along(rule.along)),
    "neighbours": ground.neighbours,
}
"""How each rule of geo/rules/plan_rules.toml is checked."""
