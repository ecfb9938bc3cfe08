"""After warming no question to a loaded town compiles anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from geo.store.database import Database
from tests import two_streets

ROOT = Path(__file__).parents[2]

QUESTIONS = """
import sys
import numba
from geo.actions.warm import warm
warm()
def compiled():
    return {
        (module.__name__, name): len(value.signatures)
        for module in list(sys.modules.values()) if getattr(module, "__name__", "").startswith("geo.compute")
        for name, value in vars(module).items() if isinstance(value, numba.core.dispatcher.Dispatcher)
    }
after_warming = compiled()
from geo.access import AccessWish
from geo.actions.reach.access import access
from geo.actions.city.engine import Engine
from geo.actions.reach.find_crossings import find_crossings
from geo.actions.reach.honesty import honesty
from geo.actions.reach.profile import profile
from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.what_if import what_if
from geo.changes import AddStation, AddStreet, ChangeHours, CutStreet
from geo.honesty import CrossingWish, HonestyWish
from geo.profile import ProfileWish
from geo.store.database import Database
from geo.what_if import WhatIfWish
from tests.small_town import AT, lonlat
from tests.two_streets import at
db = Database(sys.argv[1])
engine = Engine(db, StreetCache(db))
assert honesty(db, engine, HonestyWish(), AT).astray.homes_astray
assert find_crossings(db, engine, CrossingWish(), AT).crossings
access(engine, AccessWish(), AT)
profile(engine, ProfileWish("planning", "dry", 15, [AT], 1.0))
south, north = lonlat(*at(200, 0)), lonlat(*at(200, 40))
stations = engine.base("planning", "dry", 15, AT).stations
changes = AddStation(north), AddStreet((south, north)), CutStreet(north), ChangeHours(stations[0].id, "24/7")
assert what_if(db, engine, WhatIfWish("planning", "dry", 15, AT, changes)).gained.residents
assert compiled() == after_warming, {k: v for k, v in compiled().items() if after_warming.get(k) != v}
"""


def test_questions_find_all_compiled(db: Database, tmp_path: Path) -> None:
    two_streets.load(db, tmp_path)
    url = db.engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", QUESTIONS, url]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
