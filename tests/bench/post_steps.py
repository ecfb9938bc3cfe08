"""A dispatcher in a process of its own: takes cases in hand at a steady rate, and tells how long each answer took.

Standard input: ``{"port": ..., "headers": {...}, "cases": [...], "rate": ...}``; standard output: seconds, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from http.client import HTTPConnection


def main() -> None:
    told = json.load(sys.stdin)
    connection = HTTPConnection("127.0.0.1", told["port"], timeout=60)
    headers = told["headers"] | {"If-Match": '"1"', "Content-Type": "application/json"}
    begin, took_s = time.perf_counter(), []
    for number, case in enumerate(told["cases"]):
        time.sleep(max(begin + number / told["rate"] - time.perf_counter(), 0))
        sent = time.perf_counter()
        connection.request("POST", f"/api/v1/incidents/{case}/steps", json.dumps({"move": "claim"}), headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        took_s.append(time.perf_counter() - sent)
    json.dump(took_s, sys.stdout)


if __name__ == "__main__":
    main()
