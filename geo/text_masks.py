"""Numbers that name a person, taken out of what people write: identity cards, phones, bank cards, accounts.

Digits are read in whatever script they are written, and whatever signs stand between them; then the rules decide
(geo/rules/masks.toml). Not found: numbers with words between their digits, numbers glued to digits that belong to no
number, local phone numbers and documents without a word that says what they are. Car plates stay: cases are about cars.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

from geo.number_kinds import is_checked_identity, number_rule
from geo.rules.masks import NumberRule, PlaceRule, mask_rules
from geo.text import FILLERS, seen

MASK = "***"

FEWEST_PLACES, MOST_PLACES = 10, 19
"""Of the shortest number that is masked wherever it stands, a landline's, and of the longest, a bank card's."""

FEWEST_FIGURES = 5
"""Of a number, besides letters."""

MOST_BETWEEN = 8
"""Signs between two digits of one number."""

_ROUNDED, _WORDS, _LETTERS = ("".join(signs) for signs in mask_rules().scripts)
_LATIN = "".join(sign for sign in map(chr, [*range(65, 91), *range(97, 123)]) if sign not in _LETTERS)
_DIGIT = rf"[\d{_ROUNDED}{_WORDS}{_LETTERS}](?:(?<![{_LETTERS}])|(?<![{_LATIN}].)(?![{_LATIN}]))"
_X = "[XxＸｘ×Хх]"
_CAPS = "\ufe0e\ufe0f\u20e3"
"""Key caps, drawn around the digit before them."""
_MARKUP = r"</?(?i:br|p) ?/?>|&nbsp;|\\[nrt]"
"""Breaks and blanks as hotlines' systems hand them out in text."""
_BETWEEN = rf"(?:{_MARKUP}|(?!{re.escape(MASK)})[^\w{_WORDS}]|[_{FILLERS}]){{0,{MOST_BETWEEN}}}+"
_CHAIN = re.compile(rf"{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{{FEWEST_PLACES - 2},}}+(?:{_BETWEEN}{_X})?[{_CAPS}]*")
"""Digits with signs between them, as many as the shortest number has; the last place may be an X.

What is masked already is no sign.
"""

_GROUP = re.compile(rf"(\d+)|([{_ROUNDED}]+)|([{_WORDS}]+)|([{_LETTERS}]+)|({_X})")
"""Digits of one script with nothing between."""

_EASY = re.compile(r"[\s()（）‐-―−﹣－-]{0,3}")
"""What may stand anywhere in a number, besides what is not seen: blanks, brackets, hyphens."""
_DOTS, _POINTS = ".．·•", ".．"

_HIDDEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
"""Zero width, and what turns the direction, as phones put it around the numbers of their address books."""
_LEADING = rf"[{_HIDDEN}\s:：是为為=号號码碼(（\"“、,，.。#-]"
_FILL = rf"{_LEADING}{{0,6}}(?:(?:no|number|id){_LEADING}{{0,4}})?"
"""What may stand between a word and the number that it announces."""
_ENDED = r"(?![A-Z\d]|-\d|\s*[元块万米次户件个年月日%])"
"""A number ends there, and it counts nothing."""
_LONGEST_WORD = 40
_LOOSE = rf"[{_HIDDEN}\s()（）‐-―－-]{{0,3}}"


class Masked(NamedTuple):
    """Text with its numbers of persons masked, and how many there were."""

    text: str
    identity: int
    phone: int
    card: int
    contact: int
    """Addresses of e-mail, accounts of messengers."""

    @property
    def counts(self) -> Mapping[str, int]:
        """By kind."""
        return {kind: getattr(self, kind) for kind in KINDS}

    @property
    def total(self) -> int:
        """Of all kinds."""
        return self.identity + self.phone + self.card + self.contact


KINDS = Masked._fields[1:]

Counts = defaultdict[str, int]
"""Kind -> how many."""


class _Group(NamedTuple):
    """Digits of one script with nothing between."""

    places: str
    """In plain digits, or X."""
    start: int
    end: int
    script: int


class _Plain(dict[int, str]):
    """A sign's code -> the plain sign that it stands for; digits of all scripts and wide letters are found as met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if sign.isdecimal():
            plain = str(unicodedata.decimal(sign))
        else:
            plain = chr(code - 0xFEE0) if "Ａ" <= sign <= "Ｚ" or "ａ" <= sign <= "ｚ" else sign
        self[code] = plain
        return plain


_SIGNS = [{ord(sign): digit for sign, digit in signs.items()} for signs in mask_rules().scripts]
_PLAIN = _Plain(_SIGNS[0] | _SIGNS[1])
_PLACES = _Plain(_SIGNS[0] | _SIGNS[1] | _SIGNS[2] | {ord(sign): "X" for sign in _X[1:-1]})


def masked(text: str) -> Masked:
    """Text without numbers of persons, and how many there were of each kind.

    >>> masked("请回电 138-0013-8000，工单 20260301-000123")
    Masked(text='请回电 ***，工单 20260301-000123', identity=0, phone=1, card=0, contact=0)
    >>> masked("网格 990101001001001，卡 ６２２２ 0260 0000 0000 012").text
    '网格 990101001001001，卡 ***'
    >>> masked("一三八/〇〇一三/八〇〇〇，微信：zhang_san88").text
    '***，微信：***'
    """
    if not _may_name(text):
        return Masked(text, 0, 0, 0, 0)
    counts: Counts = defaultdict(int)
    text = _without_announced(counts, text, mask_rules().bare)
    text = _CHAIN.sub(partial(_without_numbers, counts), text)
    if _ANNOUNCED.search(text) and _may_name(text):
        text = _without_announced(counts, text, mask_rules().behind)
    return Masked(text, *(counts.get(kind, 0) for kind in KINDS)) if counts else Masked(text, 0, 0, 0, 0)


def without_numbers(text: str | None) -> str | None:
    """Text without numbers of persons, where nobody asks how many there were; None: none was told."""
    return None if text is None else masked(text).text


def masked_contact(text: str) -> str:
    """A contact that is meant to be public: phones stay, unless there is another number of a person beside them.

    >>> masked_contact("0471-6543210"), masked_contact("11010519491231002X")
    ('0471-6543210', '***')
    """
    found = masked(text)
    return text if found.total == found.phone else found.text


def _may_name(text: str) -> bool:
    """Whether there is anything to look at closely: most texts hold no number of a person."""
    return _ENOUGH_FIGURES.match(text) is not None or _FEW_FIGURES.search(text) is not None


def _without_announced(counts: Counts, text: str, rules: Sequence[PlaceRule]) -> str:
    """A text without what is a number by the word before it or by its own form."""
    for rule in rules:
        if not _any_of(rule.words).search(text):
            continue
        parts, done = [], 0
        for found in _announced(rule).finditer(text.translate(_PLAIN)):
            parts += [text[done : found.start("number")], MASK]
            done = found.end("number")
            counts[rule.kind] += 1
        text = "".join([*parts, text[done:]])
    return text


@cache
def _announced(rule: PlaceRule) -> re.Pattern[str]:
    """What is found by its word or form, the number in a group of that name."""
    if rule in mask_rules().bare:
        return re.compile(f"(?i)(?P<number>{rule.pattern})")
    return re.compile(rf"(?i)(?:{_begun(rule.words)}){_FILL}(?P<number>{_loose(rule.pattern)}){_ENDED}")


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of some words in any case, wherever they stand; what begins with a set of signs is searched quickly."""
    firsts = "".join({sign for word in words for sign in (word[0].lower(), word[0].upper())})
    rests = "|".join(f"(?<={_in_any_case(word[0])}){_in_any_case(word[1:])}" for word in words)
    return re.compile(f"[{re.escape(firsts)}](?:{rests})")


def _words_of(rules: Iterable[PlaceRule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for rule in rules for word in rule.words))


def _in_any_case(word: str) -> str:
    """A pattern of a word."""
    return "".join(
        f"[{sign.lower()}{sign.upper()}]" if sign.isalpha() and sign.isascii() else re.escape(sign) for sign in word
    )


def _begun(words: Sequence[str]) -> str:
    """A pattern of any of some words; Latin ones begin where no other letter or digit stands before."""
    return "|".join(
        (r"(?<![A-Za-z\d])" if word[0].isalpha() and word[0].isascii() else "") + _in_any_case(word) for word in words
    )


def _loose(pattern: str) -> str:
    r"""A pattern between whose counted digits, and at whose ~, blanks, brackets and hyphens may stand.

    >>> re.fullmatch(_loose(r"09\d{8}"), "0912-345 678") is not None
    True
    """
    pattern = pattern.replace("~", _LOOSE)
    return _COUNTED.sub(lambda said: rf"(?:\d{_LOOSE}){{{int(said[1]) - 1},{int(said[2] or said[1]) - 1}}}\d", pattern)


def _without_numbers(counts: Counts, chain: re.Match[str]) -> str:
    """A chain of groups of digits with those that make up a number masked."""
    said = chain[0]
    places = said.translate(_PLACES)
    if said.isdecimal() and len(said) <= MOST_PLACES:  # as most are written
        rule = number_rule(places)
        if rule is None:
            return said
        counts[rule.kind] += 1
        return MASK
    if not _ANY.search(_NO_PLACE.sub("", places)):
        return said
    groups = [
        _Group(places[found.start() : found.end()], *found.span(), found.lastindex or 0)
        for found in _GROUP.finditer(said)
    ]
    before = chain.string[max(0, chain.start() - _LONGEST_WORD) : chain.start()]
    kept: list[str] = []
    done, first = 0, 0
    while first < len(groups):
        kinds, length = _longest_number(said, groups[first : first + MOST_PLACES], before if first == 0 else "")
        if kinds:
            kept += [said[done : groups[first].start], MASK]
            end = groups[first + length - 1].end
            done = end + len(said[end:]) - len(said[end:].lstrip(_CAPS))
            for kind in kinds:
                counts[kind] += 1
        first += max(length, 1)
    return "".join([*kept, said[done:]])


def _longest_number(said: str, groups: Sequence[_Group], before: str) -> tuple[Sequence[str], int]:
    """Kinds of the longest number that the first groups make up, and of how many groups; nothing and 0 if of none.

    One of digits of one script goes before a longer one of several: 13800138000一直 ends before the word.
    """
    if len(groups[0].places) > MOST_PLACES:
        kinds = _glued(groups[0].places)
        return kinds, 1 if kinds else 0
    found: tuple[Sequence[str], int] = ((), 0)
    fewest = len(_SIGNS) + 1
    places, scripts = "", set[int]()
    for length, group in enumerate(groups, start=1):
        places += group.places
        if group.script != _SCRIPT_OF_X:
            scripts.add(group.script)
        if len(places) > MOST_PLACES:
            break
        rule = number_rule(places) if len(places) >= FEWEST_PLACES and len(scripts) <= fewest else None
        if rule is not None and _is_one(said, groups[:length], places, rule, before):
            found, fewest = ((rule.kind,), length), len(scripts)
    return found


def _glued(digits: str) -> Sequence[str]:
    """Kinds of the numbers that stand one behind the other without anything between and fill all of a long group."""
    if not _GLUED.fullmatch(digits):
        return ()
    return [kind for one in _ONE.finditer(digits) if (kind := one.lastgroup)]


def _is_one(said: str, groups: Sequence[_Group], places: str, rule: NumberRule, before: str) -> bool:
    """Whether groups that look like a number belong together, by what stands between them and in front."""
    gaps = [_seen_between(said[one.end : other.start]) for one, other in pairwise(groups)]
    if all(map(_EASY.fullmatch, gaps)) or is_checked_identity(places) or _is_announced(rule, before):
        return True
    if all(len(gap) == 1 and gap in _DOTS for gap in gaps):  # with one dot it is an amount or a coordinate
        return len(gaps) > 1 or places[0] == "0" or (gaps[0] not in _POINTS and _is_shaped(rule, groups, gaps))
    return _is_shaped(rule, groups, gaps)


def _seen_between(gap: str) -> str:
    """What is seen between two groups: markup is a blank."""
    return seen(_BLANKS.sub(" ", gap)) if gap else gap


def _is_shaped(rule: NumberRule, groups: Sequence[_Group], gaps: Sequence[str]) -> bool:
    """Whether the groups have the places in which such a number is written, or each place stands alone."""
    lengths = [len(groups[0].places)]
    for group, gap in zip(groups[1:], gaps, strict=True):
        if gap:
            lengths.append(len(group.places))
        else:
            lengths[-1] += len(group.places)
    return tuple(lengths) in rule.shapes or set(lengths) == {1}


def _is_announced(rule: NumberRule, before: str) -> bool:
    return bool(before) and _ends_with(rule.words).search(before) is not None


@cache
def _ends_with(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?i)(?:{_begun(words)}){_FILL}$")


_BLANKS = re.compile(_MARKUP)
_COUNTED = re.compile(r"\\d\{(\d+)(?:,(\d+))?\}")
_NO_PLACE = re.compile("[^0-9X]+")
_SCRIPT_OF_X = 5
_SHAPES = {name: rule.pattern.pattern for name, rule in mask_rules().numbers.items()}
_ANY = re.compile("|".join(shape.replace("$", "") for shape in _SHAPES.values()))
_GLUED = re.compile(f"(?:{_SHAPES['identity']}|{_SHAPES['mobile']}){{2,4}}")
_ONE = re.compile(f"(?P<identity>{_SHAPES['identity']})|(?P<phone>{_SHAPES['mobile']})")
_ENOUGH_FIGURES = re.compile(rf"(?:[^\d{_ROUNDED}{_WORDS}]*+[\d{_ROUNDED}{_WORDS}]){{{FEWEST_FIGURES}}}")
_FEW_FIGURES = _any_of(_words_of(rule for rule in (*mask_rules().bare, *mask_rules().behind) if rule.few_figures))
"""What announces a number that may have fewer."""
_ANNOUNCED = _any_of(_words_of(mask_rules().behind))
