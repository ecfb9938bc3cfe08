"""A dispatcher in a process of its own: takes cases in hand at a steady rate, and tells how long each answer took.

Each case is read just before. What the clock changed in between is read again, and its time runs on.

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
    headers = told["headers"] | {"Content-Type": "application/json"}
    begin, took_s = time.perf_counter(), []
    for number, case in enumerate(told["cases"]):
        time.sleep(max(begin + number / told["rate"] - time.perf_counter(), 0))
        version = version_of(connection, case, headers)
        sent = time.perf_counter()
        status, body = claim(connection, case, version, headers)
        if status == 412:
            status, body = claim(connection, case, version_of(connection, case, headers), headers)
        assert status == 200, body
        took_s.append(time.perf_counter() - sent)
    json.dump(took_s, sys.stdout)


def version_of(connection: HTTPConnection, case: int, headers: dict[str, str]) -> str:
    connection.request("GET", f"/api/v1/incidents/{case}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    return str(answer.headers["ETag"])


def claim(connection: HTTPConnection, case: int, version: str, headers: dict[str, str]) -> tuple[int, bytes]:
    asked = json.dumps({"move": "claim"})
    connection.request("POST", f"/api/v1/incidents/{case}/steps", asked, headers | {"If-Match": version})
    answer = connection.getresponse()
    return answer.status, answer.read()


if __name__ == "__main__":
    main()
