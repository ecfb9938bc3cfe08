"""Which language an asker reads."""

from __future__ import annotations

from geo.words import LANGUAGES


def wished(header: str | None, default: str) -> str:
    """``zh`` or ``en`` from an Accept-Language header (RFC 9110 section 12.5.4); ``default`` when it names neither.

    >>> wished("fr, en;q=0.8, zh-CN;q=0.9", "en"), wished("de", "zh"), wished(None, "en"), wished("en;q=0", "zh")
    ('zh', 'zh', 'en', 'zh')
    """
    best, best_weight = default, 0.0
    for part in (header or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
