"""``gridcircle demo``: make the fictional city's files, and load them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from geo.cli.output import Json, answer, language, progress
from geo.cli.session import open_database
from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.large import large_plan
from geo.demo.small import small_plan
from geo.demo.write import write_city
from geo.words import sentence

BOUNDARIES = Path("data/boundaries")
COMMITTED = Path(__file__).parents[2] / BOUNDARIES

demo_app = typer.Typer(no_args_is_help=True, help="The fictional city Qinghe. / 虚构城市“青河”。")


class Size(StrEnum):
    """How much of a city."""

    SMALL = "small"
    CITY = "city"


@demo_app.command()
def make(
    size: Annotated[Size, typer.Option(help="small: one subdistrict; city: 279 communities. / 规模。")] = Size.SMALL,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same files. / 随机种子。")] = DEFAULT_SEED,
    out: Annotated[Path, typer.Option(help="Folder to write to. / 输出文件夹。")] = BOUNDARIES,
    as_json: Json = False,
) -> None:
    """Write the files of the fictional city."""
    rng = np.random.default_rng(seed)
    with progress("demo_making") as step:
        city = build_city(small_plan() if size == Size.SMALL else large_plan(rng), rng, step)
        sha256_of_file = write_city(city, out)
    totals = {
        "communities": len(city.plan.communities),
        "grids": len(city.posts.code),
        "buildings": len(city.buildings.shapes),
        "residents": int(city.buildings.residents.sum()),
        "stations": len(city.stations),
    }
    line = sentence("demo_made", language(), folder=out, **totals)
    answer({"folder": str(out), "seed": seed, **totals, "sha256": sha256_of_file}, [line], as_json=as_json)


@demo_app.command()
def load(
    folder: Annotated[Path, typer.Option(help="Where the files are. / 文件所在文件夹。")] = COMMITTED,
    as_json: Json = False,
) -> None:
    """Load the files of the fictional city; its grids go live at once."""
    from geo.actions.load_demo import load_demo  # readers of every format: not needed to make the files

    with open_database() as db, progress("demo_loading") as step:
        reports = load_demo(db, folder, datetime.now(UTC), step)
    data = {"imports": [report.as_dict() for report in reports]}
    answer(data, [sentence("demo_loaded", language())], as_json=as_json)
