"""The tables of docs/cases.md and docs/cases.zh.md, made from the code; run as a module, it writes them there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from geo.case_states import ENDED_STAGES, MOVES, STAGES, Move, moves_from
from geo.rules.case_needs import case_needs, ledger_word
from geo.words import JOINT, sentence

ROOT = Path(__file__).parents[1]
PAGES = {"en": ROOT / "docs" / "cases.md", "zh": ROOT / "docs" / "cases.zh.md"}

HEADS = {
    "stages": {
        "en": ("stage", "key", "in the ledger", "", "what can be done"),
        "zh": ("阶段", "键", "台账", "", "可进行的操作"),
    },
    "moves": {
        "en": ("move", "key", "from", "to", "must be said", "role at least"),
        "zh": ("操作", "键", "自", "至", "须填写", "最低角色"),
    },
    "needs": {
        "en": ("need", "key", "how it is dealt with", "first moves"),
        "zh": ("诉求", "键", "办理方式", "首批操作"),
    },
}
ENDED = {"en": "ended", "zh": "终结"}
STAYS = {"en": "(stays)", "zh": "（不变）"}
REASON = {"en": "a reason", "zh": "理由"}


def named(topic: str, keys: tuple[str, ...], language: str) -> str:
    return JOINT[language].join(sentence(f"{topic}_{key}", language) for key in keys)


def stages(language: str) -> Iterator[tuple[str, ...]]:
    for stage in STAGES:
        word = ledger_word(stage)
        ended = ENDED[language] if stage in ENDED_STAGES else ""
        can = named("case_move", tuple(move.key for move in moves_from(stage)), language)
        ledger = word.in_language(language) if word else ""
        yield named("case_stage", (stage,), language), f"`{stage}`", ledger, ended, can


def must_be_said(move: Move, language: str) -> str:
    reason = [REASON[language]] if move.is_reason_needed else []
    return JOINT[language].join([*reason, *(sentence(f"case_detail_{need}", language) for need in move.needs)])


def moves(language: str) -> Iterator[tuple[str, ...]]:
    for move in MOVES.values():
        to = named("case_stage", (move.to,), language) if move.to else STAYS[language]
        where = named("case_stage", move.leads_from, language)
        name = named("case_move", (move.key,), language)
        yield name, f"`{move.key}`", where, to, must_be_said(move, language), move.role


def needs(language: str) -> Iterator[tuple[str, ...]]:
    for need in case_needs().values():
        first = named("case_move", need.moves, language)
        yield need.in_language(language), f"`{need.key}`", need.handling(language), first


ROWS = {"stages": stages, "moves": moves, "needs": needs}


def table(name: str, language: str) -> str:
    head = HEADS[name][language]
    rows = [head, ("---",) * len(head), *ROWS[name](language)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def section(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.S)


def rewrite() -> None:
    for language, page in PAGES.items():
        text = page.read_text(encoding="utf-8")
        for name in ROWS:
            text = section(name).sub(lambda _match, name=name, language=language: table(name, language), text)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
