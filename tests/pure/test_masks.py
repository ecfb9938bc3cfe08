"""Numbers of persons are masked however they are written; codes, order numbers, dates and amounts are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.rules.masks import mask_rules
from geo.text_masks import KINDS, MASK, masked

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999, annex B: 2^(18-i) mod 11."""

PROVINCES = ("11", "15", "21", "31", "37", "44", "50", "54", "62", "65", "71", "81", "83")
ISSUERS = ("62", "4", "51", "55", "2221", "2720", "35", "60", "81", "9558")

AREAS = (("10", 8), ("21", 8), ("29", 8), ("471", 7), ("755", 8), ("999", 7), ("701", 7))
"""Area codes without their zero, and how many digits a number there has."""

UNSEEN = ("\u200e", "\u202d", "\u2066", "\u061c", "\u034f", "\u0301", "\u180e", "\u2062", "\u3164", "\u115f")
"""Marks of direction, accents, blank letters."""

GAPS = (
    "",
    "",
    " ",
    "-",
    " - ",
    "  ",
    "\u3000",
    "－",
    "—",
    "\u00a0",
    "\u200b",
    "\n",
    ") ",
    *UNSEEN,
    "<br/>",
    "&nbsp;",
    "\\n",
)

SIGNS = (
    "/",
    "_",
    ",",
    "，",
    "、",
    ":",
    "：",
    "*",
    "~",
    "|",
    "·",
    "•",
    ".",
    ";",
    "=",
    "+",
    "。",
    "\N{SPARKLES}",
    "    ",
    " / ",
    ")—(",
    "**",
)
"""What else is put between digits, so that nobody finds the number."""

SCRIPTS = (
    "0123456789",
    "０１２３４５６７８９",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "〇一二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "०१२३४५६७८९",
)

texts = st.text(st.sampled_from("abYZ ，。！？《》-()/:*路号室楼我他请回Ω\u200b\n\N{SPARKLES}"), max_size=12)
"""Neither digits nor what could be read as such or as a check character."""


def split(number: int, *sizes: int) -> list[int]:
    """Several small numbers out of one: a draw is dear, arithmetic is not."""
    parts = []
    for size in sizes:
        number, part = divmod(number, size)
        parts.append(part)
    return parts


any_number = st.integers(0, 10**40)


def identity_of(number: int) -> str:
    """A valid number of 18 places, its check character computed by the standard."""
    province, area, days, order = split(number, len(PROVINCES), 10_000, 46_000, 1_000)
    places = f"{PROVINCES[province]}{area:04}{date(1900, 1, 1) + timedelta(days=days):%Y%m%d}{order:03}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, places, strict=True))
    return places + "10X98765432"[total % 11]


def old_identity_of(number: int) -> str:
    """A number of 15 digits of somebody born from 1930 to 1999."""
    province, area, days, order = split(number, 10, 10_000, 25_566, 1_000)
    return f"{PROVINCES[province]}{area:04}{date(1930, 1, 1) + timedelta(days=days):%y%m%d}{order:03}"


def phone_of(number: int) -> str:
    """A mobile number, or a landline with its area code, with or without the country's."""
    is_mobile, second, rest, prefix, place = split(number, 2, 7, 10**9, 4, len(AREAS))
    if is_mobile:
        return ("", "86", "0086", "0")[prefix] + f"1{second + 3}{rest:09}"
    area, digits = AREAS[place]
    return ("0", "86", "0086", "860")[prefix] + f"{area}{second + 2}{rest % 10 ** (digits - 1):0{digits - 1}}"


def card_of(number: int) -> str:
    """16 to 19 digits, the last one by Luhn's formula."""
    issuer, length, digits = split(number, len(ISSUERS), 4, 10**18)
    places = f"{ISSUERS[issuer]}{digits:018}"[: length + 15]
    total = 0
    for index, digit in enumerate(reversed(places)):
        value = int(digit) * 2 if index % 2 == 0 else int(digit)
        total += value // 10 + value % 10
    return places + str(-total % 10)


identities, old_identities = any_number.map(identity_of), any_number.map(old_identity_of)
phones, cards = any_number.map(phone_of), any_number.map(card_of)


def with_gaps(number: str, gaps: tuple[str, ...], dice: int) -> str:
    """A number with signs anywhere."""
    drawn = split(dice, *[len(gaps)] * (len(number) - 1))
    return "".join(place + gaps[one] for place, one in zip(number, [*drawn, gaps.index("")], strict=True))


def formatted(number: str, dice: int) -> str:
    """A number as people may write it: gaps anywhere, or dots in threes and fours; plain or full-width digits."""
    is_dotted, is_wide, x, dice = *split(dice, 2, 2, 4), dice // 16
    said = f"{number[:3]}.{number[3:7]}.{number[7:]}" if is_dotted else with_gaps(number, GAPS, dice)
    if is_wide:
        said = said.translate(dict(zip(map(ord, SCRIPTS[0]), SCRIPTS[1], strict=True)))
    return said.replace("X", "XxＸｘ"[x])


def number_in_script(number: str, script: str) -> str:
    return number.translate(dict(zip(map(ord, SCRIPTS[0]), script, strict=True)))


dice = st.integers(0, 10**30)


@pytest.mark.parametrize(
    ("kind", "number_of"),
    [("identity", identity_of), ("identity", old_identity_of), ("phone", phone_of), ("card", card_of)],
)
@settings(deadline=None)
@given(any_number, dice, texts, texts)
def test_nothing_of_a_number_survives_in_any_formatting(
    kind: str, number_of: Callable[[int], str], number: int, dice: int, before: str, after: str
) -> None:
    found = masked(f"{before}{formatted(number_of(number), dice)}{after}")
    assert found.text == f"{before}{MASK}{after}"
    assert found.total == 1
    if kind != "card":  # some cards read as identity numbers, too
        assert getattr(found, kind) == 1


@settings(deadline=None)
@given(identities, dice, st.sampled_from(SCRIPTS), texts, texts)
def test_a_valid_identity_number_is_found_whatever_breaks_it(
    number: str, dice: int, script: str, before: str, after: str
) -> None:
    said = with_gaps(number_in_script(number, script), (*SIGNS, *GAPS), dice)
    assert masked(f"{before}{said}{after}") == (f"{before}{MASK}{after}", 1, 0, 0, 0)


@settings(deadline=None)
@given(st.integers(13_000_000_000, 19_999_999_999), st.sampled_from(SIGNS), st.sampled_from(SCRIPTS), st.booleans())
def test_a_phone_is_found_in_its_usual_groups_whatever_divides_them(
    number: int, sign: str, script: str, is_alone: bool
) -> None:
    digits = number_in_script(str(number), script)
    said = sign.join(digits) if is_alone else sign.join((digits[:3], digits[3:7], digits[7:]))
    assert masked(f"我的是{said}，急") == (f"我的是{MASK}，急", 0, 1, 0, 0)
    other = sign.join((digits[:5], digits[5:]))
    assert masked(f"电话：{other}。").text == f"电话：{MASK}。"


numbers_of_all_kinds = st.one_of(identities, old_identities, phones, cards)


@given(st.lists(numbers_of_all_kinds, min_size=1, max_size=5), st.sampled_from(["，", " 或 ", "; "]))
def test_each_of_several_numbers_is_counted(numbers: list[str], between: str) -> None:
    found = masked(between.join(numbers))
    assert found.text == between.join([MASK] * len(numbers))
    assert found.total == len(numbers)


messy = st.text(st.sampled_from("0123456789１３８ -.X0139（a)*/、_一三八〇①QQ:电话微信@mol号"), max_size=60)


@settings(deadline=None)
@given(st.one_of(messy, st.lists(st.builds(formatted, phones, dice), max_size=4).map(" ".join)))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text)
    again = masked(once.text)
    assert again.text == once.text
    assert again.total == 0


@given(
    st.lists(
        st.sampled_from(["13", "2026", "一", "三楼", "路", "，", "/", "Lol", " ", "居民", "①", "x", "电话", "号"]),
        max_size=20,
    )
)
def test_text_without_long_runs_of_digits_stays(parts: list[str]) -> None:
    text = "街".join(parts)
    assert masked(text) == (text, 0, 0, 0, 0)


@st.composite
def area_codes(draw: st.DrawFn) -> str:
    """12 digits of a community: county, subdistrict (streets, towns, townships), committee."""
    county = draw(st.sampled_from(PROVINCES[:10])) + f"{draw(st.integers(1, 99)):02}{draw(st.integers(1, 81)):02}"
    return f"{county}{draw(st.integers(1, 299)):03}{draw(st.integers(1, 399)):03}"


@given(area_codes(), st.integers(1, 999), st.sampled_from(["", " ", "-"]))
def test_codes_of_areas_and_grids_stay(code: str, sequence: int, joint: str) -> None:
    for text in (f"社区{code}", f"网格 {code}{joint}{sequence:03}。", f"{code[:6]} {code[6:9]} {code[9:]}"):
        assert masked(text) == (text, 0, 0, 0, 0)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 999_999))  # noqa: DTZ001
def test_dates_and_order_numbers_stay(at: datetime, number: int) -> None:
    for text in (
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at:%Y年%m月%d日 %H时}",
        f"工单{at:%Y%m%d}-{number:06}",
        f"工单{at:%Y%m%d}{number:06}",
        f"编号 WO{at:%Y%m%d%H%M}",
    ):
        assert masked(text) == (text, 0, 0, 0, 0)


@given(st.floats(73, 135), st.floats(18, 54), st.integers(4, 6), st.sampled_from([",", ", ", " ", "，"]))
def test_coordinates_stay(lon: float, lat: float, digits: int, joint: str) -> None:
    for text in (f"{lon:.{digits}f}{joint}{lat:.{digits}f}", f"经度{lon:.8f}"):
        assert masked(text) == (text, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "20260301-000123",
        "工单202603011234",
        "990101001001001",
        "138001380001234",
        "12345",
        "拨打 110、119 或 12345 热线",
        "客服 400-123-4567",
        "内线 6543210",
        "距离 1500.5 米，步行 13 分 45 秒",
        "共 13,800,138,000 元，其中 8163000000 元",
        "3 栋 2 单元 1301 室，面积 138.0 平方米",
        "1.5 2.5 3.5 4.5 5.5",
        "2026.03.01 08.30",
        "4111 1111 1111 1112",  # not by Luhn
        "6 8 10",
        "150102190013011231",  # no such month
        "1301、1302、303 室",
        "1301/1302/303，1301|1302|303",
        "管径 1500*1300*150",
        "价格 138、300、1500 元，138,300,15000",
        "13、14、15、16、17、18、19 号楼",
        "1、2、3、4、5、6、7、8、9、10、11、12、13、14、15、16",
        "三、四、五、六、七、八、九，一三八单元，二〇二六年",
        "营业时间 15:30-17:30，105 室",
        "2026/03/01 13:30:15 2026_03_01",
        "工单 WX20260301-0001、WX202603010001、VX-1234",
        "130.31891746,45.1234",
        "130.3189，40.8213；111.65，40.81",
        "电话：2026-03-01",
        "电话亭 3 个，电话 12345",
        "QQ群，微信群，微信支付 20 元，微信 12000 元，QQ 10000 个，威信",
        "市民来电 23-2-1201 室漏水，回电 23-2-1201",
        "wx 20260301 第 3 单",
        "蒙A12345 违停",  # cases are about cars
        "编码 E12345678，A123456789",
        "护照本 3 本",
        "IP 10.12.1.100",
        "总价 1,443,000,000 元",
        "990101001001001、990101001001002",
        "lol oil ill Ooo 1l",
        "@所有人",
        "比例 94.70/94.69，3,232/3,413",
        "一网到底，九九归一，三三两两，五一、十一",
    ],
)
def test_harmless_numbers_stay(text: str) -> None:
    assert masked(text) == (text, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (
            "13800138000 138 0013 8000 １３８００１３８０００ 15020319900101123X 150203 19900101 123x",
            "*** *** *** *** ***",
        ),
        ("回电(0471)6543210或0471-6543210转8", "回电(***或***转8"),
        ("+86 138 0013 8000", "+***"),
        ("卡号 6222 0260 0000 0000 012，户名张某", "卡号 ***，户名张某"),
        ("2026-03-01 13800138000", "2026-03-01 ***"),
        ("3 栋 13800138000", "3 栋 ***"),
        ("1301 13800138000 15020319900101123X", "1301 *** ***"),
        ("身份证15020319900101123Xabc", "身份证***abc"),
        ("15020319900101123X13800138000", "******"),
        ("٠١٣٨٠٠١٣٨٠٠٠", "***"),
        ("150203 900101 123", "***"),
        ("138\n0013\n8000", "***"),
        ("138/0013/8000或1-3/8,0 0:1|3~8*0·0_0", "***或***"),
        ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣。", "***。"),
        ("1三8零零1三8零零零，壹叁捌零零壹叁捌零零零，一三八○○一三八○○○", "***，***，***"),
        ("138OO138OOO、l38oo138ooo", "***、***"),
        ("8613800138000 86-138-0013-8000 +8613800138000", "*** *** +***"),
        ("1380013800013900139000", "***"),
        ("86138001380008613900139000", "***"),
        ("13800138000110105194912310029", "***"),
        ("统一13800138000一直没人接，0471-6543210一直忙", "统一***一直没人接，***一直忙"),
        ("138    0013    8000，幺三八零零幺三八零零零，㊀㊂㊇〇〇㊀㊂㊇〇〇〇", "***，***，***"),
        ("手机号码：13800,138000", "手机号码：***"),
        ("身份证号110105,19491231,0021", "身份证号***"),
        ("110105/19491231/0020", "***"),  # a slip of the pen in the usual groups
        ("座机 6543210，电话：2345-6789", "座机 ***，电话：***"),
        ("+852 2345 6789、00853-66123456、+886 912 345 678", "+***、***、+***"),
        ("手机0912345678，电话85223456789", "手机***，电话***"),
        ("+976 9912 3456", "+***"),
        ("护照E12345678，护照号码：EA1234567，Passport No. G12345678", "护照***，护照号码：***，Passport No. ***"),
        ("回乡证H0123456700，台胞证 12345678，港澳通行证C12345678", "回乡证***，台胞证 ***，港澳通行证***"),
        ("身份证A123456(7)，Z683365(5)，身份证A123456789", "身份证***，***，身份证***"),
        ("卡号 4111 1111 1111 1112", "卡号 ***"),  # not by Luhn
        ("QQ:123456789，加QQ号是 123 456 789，qq一二三四五六", "QQ:***，加QQ号是 ***，qq***"),
        ("微信号zhangsan，微信：zhang_san88，wx:abc12345", "微信号***，微信：***，wx:***"),
        ("VX 13800138000，加v信 zhangsan1990", "VX ***，加v信 ***"),
        ("邮箱zhang.san@example.com，13800138000@qq.com", "邮箱***，***"),
        ("138***8000", "138***8000"),
        ("13\u200e800138000，150203199\u206600101123X", "***，***"),
        ("电话：\u202d65432100\u202c", "电话：\u202d***\u202c"),
        ("138<br>0013<BR />8000 138&nbsp;0013&nbsp;8000 138\\n0013\\n8000", "*** *** ***"),
    ],
)
def test_numbers_in_their_surroundings(text: str, hidden: str) -> None:
    assert masked(text).text == hidden


def test_the_kinds_are_counted() -> None:
    assert masked("15020319900101123X, 13800138000, 0471-6543210, 4111-1111-1111-1111")[1:] == (1, 2, 1, 0)


def test_rules_have_sources() -> None:
    assert list(mask_rules().numbers) == ["identity", "mobile", "landline", "card"]
    assert all(rule.source for rule in [*mask_rules().numbers.values(), *mask_rules().behind, *mask_rules().bare])
    assert {rule.kind for rule in [*mask_rules().behind, *mask_rules().bare]} <= set(KINDS)
