"""How long a request may be: what a path may be sent at most follows from what it may hold."""

from __future__ import annotations

import re

from geo.rules.plan_edits import plan_edit_rule
from geo.rules.request_limits import request_limits

MAX_BODY_BYTES = 64 * 1024
"""Of any request that is neither an edit of a plan nor a layer."""
LAYERS = "/api/v1/layers"
EDITS = re.compile(r"/api/v1/plans/[0-9]+/edits")
MOVE_BYTES = len('{"from": [, ], "to": [, ]}, ') + 4 * len("-1.2345678901234567e-05")
"""The longest that one point can be told: as a vertex that is moved, all digits written."""
UNIT_BYTES = len("2147483647, ")


def most_bytes(path: str) -> int:
    """How long the body of a request to a path may be."""
    if path == LAYERS:
        return request_limits().layer_mb * 1024 * 1024
    if not EDITS.fullmatch(path):
        return MAX_BODY_BYTES
    rule = plan_edit_rule()
    return MAX_BODY_BYTES + max(rule.most_points * MOVE_BYTES, rule.most_units * UNIT_BYTES)
