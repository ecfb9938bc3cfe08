"""The catalogue of cases: the seed, versions of a city, who decides, files refused with every fault told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo.clocks import CLOCKS, Limit
from geo.demo import incidents, stations
from geo.errors import BadFile, NotFound
from geo.rules.case_catalogue import (
    ITEM_KINDS,
    LIMITED_STAGES,
    CaseCatalogue,
    CaseItem,
    case_catalogues,
    level_for,
)
from geo.rules.case_levels import LEVELS, POWER_KINDS, powers
from geo.rules.case_needs import case_needs
from geo.rules.checked import MOST_TOLD
from geo.rules.incident_categories import incident_categories
from geo.words import LANGUAGES, catalogue

HEAD = """
version = "qinghe-2026"
in_force_from = 2026-03-01
source = "青河市目录"

[usual_limits]
dispatch = { clock = "work_hours", amount = 2 }
verify = { clock = "urgent_hours", amount = 24 }
"""
ITEM = """
[[item]]
code = "0101"
kind = "event"
category = "litter"
name_en = "Rubbish"
name_zh = "暴露垃圾"
need = "hard"
level = "community"
limits.handle = { clock = "work_days", amount = 1 }
limits.total = { clock = "work_days", amount = 3 }
source = "青河市目录"
"""


def seed() -> CaseCatalogue:
    return case_catalogues(None).version("seed-1")


def written(tmp_path: Path, text: str, name: str = "own.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> BadFile:
    with pytest.raises(BadFile) as refused:
        case_catalogues(path)
    return refused.value


def faults(path: Path) -> list[str]:
    """The faults of a file, a sentence each."""
    return str(refusal(path)).splitlines()[1:]


def test_the_seed_is_whole() -> None:
    items = seed().items.values()
    assert {item.category for item in items} == set(incident_categories())
    assert {item.kind for item in items} == set(ITEM_KINDS)
    assert {item.need for item in items} == set(case_needs())
    assert all(set(item.limits) == set(LIMITED_STAGES) for item in items)
    assert all(item.source and not item.is_verified for item in items), "nobody of a city has looked at it"
    assert {item.kind for item in items if item.code < "11"} == {"event"}
    assert {item.kind for item in items if "11" <= item.code < "90"} == {"component"}
    assert {item.kind for item in items if item.code >= "90"} == {"request"}


def test_published_limits_of_single_cities() -> None:
    def limit(code: str, stage: str) -> tuple[str, float]:
        found = seed().item(code).limits[stage]
        return found.clock, found.amount

    assert limit("0101", "handle") == ("work_days", 1)  # Jiyuan: exposed rubbish
    assert limit("0102", "handle") == ("work_hours", 5)  # Jiyuan: dirty road
    assert limit("0105", "handle") == ("work_hours", 15)  # Jiyuan: dirty water
    assert limit("0301", "handle") == ("work_days", 15)  # Jiyuan: unlawful building
    assert (limit("1101", "handle"), limit("1101", "total")) == (("urgent_hours", 6), ("urgent_hours", 36))  # Guangzhou
    assert limit("9103", "handle") == ("work_days", 13)  # Shenzhen: complaints
    assert limit("0101", "verify") == ("urgent_hours", 24), "what an item leaves out is usual"


def test_urgent_needs_run_on_the_clock_that_never_stops() -> None:
    urgent = [item for item in seed().items.values() if item.need == "urgent" and item.kind != "request"]
    assert urgent
    assert {item.limits[stage].clock for item in urgent for stage in LIMITED_STAGES} == {"urgent_hours"}


def test_somebody_in_the_demo_offers_what_the_seed_asks_for() -> None:
    offered = {word for kind in stations.KINDS.values() for word in kind.services.split(";")}
    offered |= {word for _, _, services in incidents._RESOURCES for word in services.split(";")}
    assert {item.service for item in seed().items.values()} - {None} <= offered


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("0101", "0101"),
        ("井盖", "1101"),
        ("Burst water or heating pipe", "0401"),
        ("街灯", None),
        ("路灯（不亮）", "1102"),
    ],
)
def test_items_are_found_by_any_of_their_words(word: str, code: str | None) -> None:
    found = seed().named(word)
    assert (found.code if found else None) == code


def test_who_decides_and_why() -> None:
    told = {code: level_for(seed().item(code)) for code in ("0501", "0602", "9105")}
    assert [found.level for found in told.values()] == ["subdistrict", "grid", "district"]
    assert told["0501"].in_language("zh") == "由街道决定：其拥有“市容环境与占道经营执法”职权。"
    assert told["0602"].in_language("en") == (
        "The grid decides: “settling disputes between neighbours” is on its duty list."
    )
    assert told["9105"].in_language("zh") == "由区决定：目录对“举报”如此规定。"
    level, reason, _ = told["0501"]
    assert (level, reason) == ("subdistrict", "case_level_by_power")


def test_every_item_of_the_seed_says_its_reason_in_both_languages() -> None:
    for item in seed().items.values():
        found = level_for(item)
        assert found.level in LEVELS
        assert len({found.in_language(language) for language in LANGUAGES}) == 2


def test_powers_have_levels_kinds_and_sources() -> None:
    for power in powers().values():
        assert power.level in LEVELS
        assert power.kind in POWER_KINDS
        assert power.source
        assert f"case_level_by_{power.kind}" in catalogue()
    assert {item.power.key for item in seed().items.values() if item.power} == set(powers()), "none is idle"


def test_without_a_file_the_seed_holds_on_any_day() -> None:
    for day in (date(1990, 1, 1), date(2026, 3, 1), date(2099, 1, 1)):
        assert case_catalogues(None).in_force(day) is seed()


def test_a_city_s_file_takes_the_seed_s_place_and_the_seed_stays_readable(tmp_path: Path) -> None:
    known = case_catalogues(written(tmp_path, HEAD + ITEM))
    assert list(known.in_force(date(2026, 3, 1)).items) == ["0101"]
    assert known.version("seed-1").item("1101").name_zh == "井盖破损缺失"
    own = known.version("qinghe-2026").item("0101")
    assert own.limits == {
        "dispatch": Limit("work_hours", 2),
        "verify": Limit("urgent_hours", 24),
        "handle": Limit("work_days", 1),
        "total": Limit("work_days", 3),
    }
    assert (own.service, own.power, own.is_verified, own.words) == (None, None, False, ())


def test_versions_follow_one_another_by_their_day_whatever_the_files_are_called(tmp_path: Path) -> None:
    written(tmp_path, HEAD + ITEM, "z.toml")
    later = HEAD.replace("qinghe-2026", "qinghe-2027").replace("2026-03-01", "2027-01-01")
    written(tmp_path, later + ITEM.replace("暴露垃圾", "垃圾"), "a.toml")
    (tmp_path / "notes.txt").write_text("no catalogue", encoding="utf-8")
    known = case_catalogues(tmp_path)
    in_force = {
        day: known.in_force(date.fromisoformat(day)).version
        for day in ("2020-01-01", "2026-03-01", "2026-12-31", "2027-01-01", "2030-01-01")
    }
    assert list(in_force.values()) == ["qinghe-2026"] * 3 + ["qinghe-2027"] * 2
    assert [known.version(name).item("0101").name_zh for name in ("qinghe-2026", "qinghe-2027")] == ["暴露垃圾", "垃圾"]


def test_a_city_brings_powers_of_its_own(tmp_path: Path) -> None:
    power = """
[[power]]
key = "city_appearance"
kind = "power"
level = "district"
name_en = "streets"
name_zh = "街面执法"
source = "青河市赋权清单"
"""
    own = case_catalogues(
        written(tmp_path, HEAD + ITEM.replace('level = "community"', 'power = "city_appearance"') + power)
    )
    found = level_for(own.version("qinghe-2026").item("0101"))
    assert (found.level, found.in_language("zh")) == ("district", "由区决定：其拥有“街面执法”职权。")
    assert level_for(seed().item("0101")).level == "subdistrict"


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(NotFound, match="has no item 9999"):
        seed().item("9999")
    with pytest.raises(NotFound, match="Known ones: seed-1"):
        case_catalogues(None).version("qinghe-1999")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('code = "0101"', 'code = "101"', "[[item]] 101 code must have 4 digits: class and subclass, two each"),
        ('code = "0101"', "code = 101", "[[item]] 1 code must be text without control characters"),
        ('kind = "event"\n', "", "[[item]] 0101 kind is missing"),
        ('kind = "event"', 'kind = "Event"', "[[item]] 0101 kind must be one of event, component, request"),
        ('category = "litter"', 'category = "rubbish"', "[[item]] 0101 category must be one of litter, dirty_road,"),
        ('name_zh = "暴露垃圾"', 'name_zh = "  "', "[[item]] 0101 name_zh is missing"),
        ('need = "hard"', 'need = "难"', "[[item]] 0101 need must be one of urgent, hard, worry, hope"),
        ('level = "community"', 'level = "town"', "[[item]] 0101 level must be one of grid, community,"),
        ('level = "community"', 'power = "fines"', "[[item]] 0101 power must be one of collect_information,"),
        ('level = "community"\n', "", "[[item]] 0101 must have either a level or a power"),
        (
            'level = "community"',
            'level = "grid"\npower = "labour"',
            "[[item]] 0101 must have either a level or a power",
        ),
        ("work_days", "days", f"[[item]] 0101 limits.handle.clock must be one of {', '.join(CLOCKS)}"),
        ("amount = 1 ", "amount = 0 ", "[[item]] 0101 limits.handle.amount: “0” is no limit"),
        ("amount = 1 ", "amount = nan ", "[[item]] 0101 limits.handle.amount: “nan” is no limit"),
        ("amount = 1 ", "amount = 1.5 ", "[[item]] 0101 limits.handle.amount: Days are counted whole"),
        ("amount = 1 ", "amount = true ", "[[item]] 0101 limits.handle.amount must be a number"),
        ("amount = 1 ", 'amount = "1" ', "[[item]] 0101 limits.handle.amount must be a number"),
        ("limits.total", "limits.whole", "[[item]] 0101 limits.whole is not known here"),
        ("limits.total", "limits.whole", "[[item]] 0101 limits.total is missing"),
        ('{ clock = "work_days", amount = 3 }', "3", "[[item]] 0101 limits.total must be a table with fields"),
        ('need = "hard"', 'need = "hard"\nwords = "垃圾"', "[[item]] 0101 words must be a list of words"),
        ('need = "hard"', 'need = "hard"\nwords = ["a", 2]', "[[item]] 0101 words must be a list of words"),
        ('need = "hard"', 'need = "hard"\nis_verified = 1', "[[item]] 0101 is_verified must be true or false"),
        ('need = "hard"', 'need = "hard"\nservices = "清扫"', "[[item]] 0101 services is not known here"),
        ("2026-03-01", '"2026-03-01"', "in_force_from must be a date like 2026-03-01, without quotation marks"),
        ("2026-03-01", "2026-03-01T08:00:00", "in_force_from must be a date like 2026-03-01"),
        ('version = "qinghe-2026"\n', "", "version is missing"),
        ("[[item]]", "[item]", "item must be written as tables: [[item]]"),
    ],
)
def test_every_fault_is_told_with_place_and_mend(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = HEAD + ITEM
    assert old in text
    found = faults(written(tmp_path, text.replace(old, new)))
    assert any(line.startswith(told) for line in found), found


def test_all_faults_are_told_at_once_in_both_languages(tmp_path: Path) -> None:
    broken = ITEM.replace('kind = "event"', 'kind = "thing"').replace('need = "hard"', 'need = "soft"')
    refused = refusal(written(tmp_path, HEAD + broken + broken))
    sentences = str(refused).splitlines()
    assert sentences[0].endswith("has 7 faults and is not used:")
    assert sum("0101 kind" in line for line in sentences) == 2
    assert sum("0101 need" in line for line in sentences) == 2
    # code and both names stand twice
    assert [line.partition(": ")[2].partition(" ")[0] for line in sentences[-3:]] == ["0101", "rubbish", "暴露垃圾"]
    assert all("应为其中之一" in line for line in refused.in_language("zh").splitlines()[1:5])


def test_a_word_names_one_item_only(tmp_path: Path) -> None:
    other = ITEM.replace("0101", "0102").replace('"Rubbish"', '"Bins"').replace('"暴露垃圾"', '"垃圾桶"')
    found = faults(
        written(tmp_path, HEAD + ITEM + other.replace('need = "hard"', 'need = "hard"\nwords = ["暴露垃圾"]'))
    )
    assert found == ["[[item]] 0102: 暴露垃圾 (0101) is there already; each code, name and word may stand only once"]


def test_a_flood_of_faults_is_counted_and_cut(tmp_path: Path) -> None:
    many = "".join(ITEM.replace("0101", f"{code:04}").replace("Rubbish", f"R{code}").replace("暴露垃圾", f"垃圾{code}")
                   .replace("hard", "soft") for code in range(1, 201))  # fmt: skip
    refused = str(refusal(written(tmp_path, HEAD + many))).splitlines()
    assert "has 200 faults" in refused[0]
    assert len(refused) == 1 + MOST_TOLD


def test_files_that_cannot_be_read_are_told_so(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in str(refusal(tmp_path / "nowhere.toml"))
    assert "is not TOML" in str(refusal(written(tmp_path, HEAD + "[[item]\n")))
    assert "line 10" in str(refusal(written(tmp_path, HEAD + "\n[[item]\n", "lines.toml")))
    gbk = tmp_path / "gbk.toml"
    gbk.write_bytes((HEAD + ITEM).encode("gbk"))
    assert "save it as UTF-8" in str(refusal(gbk))
    (tmp_path / "empty").mkdir()
    assert "holds no .toml file" in str(refusal(tmp_path / "empty"))
    assert faults(written(tmp_path, HEAD, "bare.toml")) == ["[[item]] is missing"]


def test_a_version_is_there_once(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        written(tmp_path, HEAD + ITEM, name)
    assert "b.toml: version qinghe-2026 is there already" in str(refusal(tmp_path))
    alone = tmp_path / "alone"
    alone.mkdir()
    assert "version seed-1" in str(refusal(written(alone, HEAD.replace("qinghe-2026", "seed-1") + ITEM)))


def test_an_item_is_named_in_both_languages() -> None:
    item: CaseItem = seed().item("1101")
    assert [item.in_language(language) for language in ("zh", "en")] == [
        "井盖破损缺失",
        "Manhole cover broken or missing",
    ]
