"""Rules of plans that look at counts, posts and codes: small drawn towns that break one rule each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.plans.rules import CHECKS, problems_of
from geo.drafts import BORDER_KINDS, Draft, DraftGrid, PlanHomes
from geo.grids import KINDS, Post
from geo.plan_problems import Inspection, PlanBefore, Problem, blocks
from geo.rules.plan_rules import SEVERITIES, PlanRule, plan_rules
from geo.units import NONE
from geo.words import catalogue
from tests.drawn_grids import COMMUNITY, draft_of, homes_at, inspection_of

RULES = plan_rules()


def only(*keys: str, **limits: float) -> Mapping[str, PlanRule]:
    """Some of the rules in force, with other limits."""
    return {key: replace(RULES[key], limits={**RULES[key].limits, **limits}) for key in keys}


def found(plan: Inspection, *keys: str, **limits: float) -> list[Problem]:
    return problems_of(plan, only(*keys, **limits))


def told(plan: Inspection, key: str, **limits: float) -> list[tuple[tuple[int, ...], float]]:
    """Grids and value of each breach."""
    return [(problem.grid_ids, problem.evidence["value"]) for problem in found(plan, key, **limits)]


def with_grid(draft: Draft, place: int, **changes: object) -> Draft:
    grids = list(draft.grids)
    grids[place] = replace(grids[place], **changes)  # type: ignore[arg-type]
    return replace(draft, grids=tuple(grids))


def test_every_rule_has_data_a_check_and_sentences() -> None:
    assert list(CHECKS) == list(RULES)
    for key, rule in RULES.items():
        assert rule.severity in SEVERITIES
        assert rule.source
        assert set(rule.kinds) <= set(KINDS)
        assert set(rule.along) <= set(BORDER_KINDS)
        assert f"plan_rule_{key}" in catalogue()
        assert any(name.startswith(f"plan_problem_{key}") for name in catalogue())
    assert all(f"plan_severity_{severity}" in catalogue() for severity in SEVERITIES)


def test_the_band_of_households_is_that_of_the_survey() -> None:
    assert (RULES["households"].severity, dict(RULES["households"].limits)) == (
        "warning",
        {"at_least": 300, "at_most": 500},
    )


def test_both_ends_of_a_band_are_within_it() -> None:
    homes = homes_at((0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (3.5, 0.5), households=[299, 300, 500, 501])
    plan = inspection_of(draft_of("ABCD"), homes)
    assert told(plan, "households") == [((1,), 299), ((4,), 501)]
    low, high = found(plan, "households")
    assert low.in_language("en") == "A (001) has 299 households; at least 300 are asked for."
    assert high.in_language("zh") == "D (004) 有 501 户；规定不多于 500 户。"
    assert low.id == "households/1"


def test_a_sum_of_fractions_that_comes_to_the_limit_reaches_it() -> None:
    homes = homes_at(*[(0.5, 0.5)] * 3000, households=0.1)
    plan = inspection_of(draft_of("A"), homes)
    assert plan.figures.households[0] != 300
    assert not found(plan, "households")


def test_special_grids_have_no_band() -> None:
    draft = draft_of("AB")
    plan = inspection_of(with_grid(draft, 0, kind="special"), homes_at())
    assert told(plan, "households") == [((2,), 0)]


def test_residents_and_shops() -> None:
    homes = homes_at((0.5, 0.5), (1.5, 0.5), residents=[757, 1263], shops=[41, 40])
    plan = inspection_of(draft_of("AB"), homes)
    assert told(plan, "residents") == [((2,), 1263)]
    assert told(plan, "shops") == [((1,), 41)]


def test_a_strip_is_not_compact() -> None:
    """1 by 14: 4 pi 14 / 30^2 = 0.195; 1 by 13: 0.208."""
    plan = inspection_of(draft_of("A" * 14, "B" * 13 + "C"), homes_at())
    (breach,) = found(plan, "compactness")
    assert breach.grid_ids == (1,)
    assert breach.evidence["value"] == pytest.approx(4 * np.pi * 14 / 30**2, rel=1e-3)


def test_borders_along_nothing() -> None:
    """A has 100 m of wall and 200 m of plots, B 100 m of wall and 100 m of drawn border, C 300 m of neither."""
    plan = inspection_of(draft_of("AB", "AC", "CC", kinds={"AB": "wall", "AC": "plot", "BC": "drawn"}), homes_at())
    assert [(grids, round(value, 3)) for grids, value in told(plan, "borders")] == [
        ((1,), 0.333),
        ((2,), 0.5),
        ((3,), 0),
    ]
    assert [grids for grids, _ in told(plan, "borders", at_least=0.5)] == [(1,), (3,)]
    assert not found(inspection_of(draft_of("A"), homes_at()), "borders"), "no border, nothing to ask"


def test_one_chief_and_one_member() -> None:
    draft = draft_of("ABC")
    draft = with_grid(draft, 0, posts={"chief": Post(True, None), "member": Post(False, None)})
    draft = with_grid(draft, 1, posts={})
    plan = inspection_of(draft, homes_at())
    assert [problem.id for problem in found(plan, "chief", "member")] == ["chief/2", "member/1", "member/2"]


def test_codes_missing_wrong_and_twice() -> None:
    draft = draft_of("ABCDEF")
    draft = with_grid(draft, 0, code="")
    draft = with_grid(draft, 5, code="")
    draft = with_grid(draft, 1, code="990101001002001")
    draft = with_grid(draft, 2, code=COMMUNITY + "005")
    problems = found(inspection_of(draft, homes_at()), "code_missing", "code_wrong", "code_twice")
    assert [problem.id for problem in problems] == [
        "code_missing/1",
        "code_missing/6",
        "code_wrong/2",
        "code_twice/3+5/990101001001005",
    ]
    wrong, twice = problems[2:]
    assert wrong.in_language("en").startswith("The code of B (990101001002001) must have 15 digits and begin with 9901")
    assert twice.in_language("en") == "C (005), E (005) have the same code 990101001001005."
    assert blocks(problems) == problems


def test_a_grid_without_ground_breaks_only_its_own_rule() -> None:
    draft = draft_of("A")
    draft = replace(draft, grids=(*draft.grids, DraftGrid(9, COMMUNITY + "009", "Z", "basic", {})))
    plan = inspection_of(draft, homes_at((0.5, 0.5), households=400, residents=1000))
    (breach,) = problems_of(plan, RULES)
    assert breach.id == "empty/9"
    west, south, east, north = draft.community.shape.bounds
    assert west < breach.lonlat[0] < east
    assert south < breach.lonlat[1] < north


def compounds(names: list[str | None], households: list[float]) -> Inspection:
    """Homes one in each square of six grids."""
    homes = homes_at(*[(x + 0.5, 0.5) for x in range(6)], households=households)
    return inspection_of(draft_of("ABCDEF"), homes, compound_of_home=np.array(names, object))


def test_a_compound_in_two_grids() -> None:
    plan = compounds(["东苑", "东苑", None, "", None, ""], [100, 40, 1, 1, 1, 1])
    (breach,) = found(plan, "compound_cut")
    assert (breach.grid_ids, breach.subject, breach.evidence["households"]) == ((1, 2), "东苑", 140)
    assert breach.shape is not None
    assert breach.lonlat == pytest.approx(plan.homes.lonlat[1]), "the smaller part is shown"
    assert "东苑（140 户）" in breach.in_language("zh")


def test_a_compound_that_no_grid_can_hold_may_be_divided() -> None:
    assert not found(compounds(["x", "x", "y", "y", "", ""], [300, 201, 250, 251, 0, 0]), "compound_cut")
    assert len(found(compounds(["x", "x", "y", "y", "", ""], [300, 200, 250, 251, 0, 0]), "compound_cut")) == 1
    assert not found(inspection_of(draft_of("AB"), homes_at((0.5, 0.5))), "compound_cut"), "none is known"


def moved(residents: list[float], before: list[int]) -> list[Problem]:
    homes = homes_at(*[(x + 0.5, 0.5) for x in range(len(residents))], residents=residents)
    plan = inspection_of(draft_of("ABCD"), homes, before=PlanBefore(np.array(before)))
    return found(plan, "stable")


def test_who_changes_grid() -> None:
    (breach,) = moved([50, 30, 8, 12], [1, 2, 3, 1])
    assert not breach.grid_ids
    assert (breach.evidence["residents"], breach.evidence["share"], breach.evidence["limit"]) == (12, 0.12, 0.1)
    assert not moved([50, 30, 10, 10], [1, 2, 3, 3]), "a tenth is allowed"


def test_who_was_in_no_grid_changes_none() -> None:
    (breach,) = moved([50, 30, 9, 11], [1, 2, NONE, 3])
    assert (breach.evidence["residents"], breach.evidence["share"]) == (11, pytest.approx(11 / 91))
    assert not moved([0, 0, 0, 0], [2, 3, 4, 1])
    assert not found(inspection_of(draft_of("A"), homes_at()), "stable"), "there was no plan before"


def test_errors_come_first_and_then_the_order_of_rules_and_codes() -> None:
    draft = draft_of("AB")
    draft = with_grid(draft, 0, code=COMMUNITY + "009", posts={})
    draft = with_grid(draft, 1, code=COMMUNITY + "001", posts={})
    draft = replace(draft, grids=(*draft.grids, DraftGrid(9, "", "Z", "basic", {})))
    told_ids = [problem.id for problem in problems_of(inspection_of(draft, homes_at()), RULES)]
    warned = [f"{rule}/{grid}" for rule in ("households", "chief", "member", "residents") for grid in (2, 1)]
    assert told_ids == ["empty/9", "code_missing/9", *warned]


towns = st.lists(st.text("ABC.", min_size=3, max_size=3), min_size=1, max_size=4).filter(
    lambda rows: set("".join(rows)) != {"."}
)


@given(towns, st.lists(st.integers(0, 600), max_size=8), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_problems_do_not_depend_on_the_order_of_homes(rows: list[str], counts: list[int], dice: object) -> None:
    homes = homes_at(*[(i % 3 + 0.5, i / 3) for i in range(len(counts))], households=[float(n) for n in counts])
    order = list(range(len(counts)))
    dice.shuffle(order)  # type: ignore[attr-defined]
    shuffled = PlanHomes(*(column[order] for column in homes))
    draft = draft_of(*rows)
    one, other = (problems_of(inspection_of(draft, each), RULES) for each in (homes, shuffled))
    assert [(p.id, p.evidence) for p in one] == [(p.id, p.evidence) for p in other]
    for problem in one:
        assert all(problem.in_language(language) for language in ("zh", "en"))
