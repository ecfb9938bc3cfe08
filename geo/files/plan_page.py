"""What a plan changes, as a page to print: A4, maps of both sides, and the words a planner has to sign under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from geo.files.plan_formats import written_whole
from geo.files.plan_map import CHANGED, KEPT, NEW, Drawing, GridMap, Ground, Legend, n_same_letters
from geo.files.plan_print import ALL, FONT, IN_FONT, INK, Printer, clipped, printable, told_number, told_share, use_font
from geo.grids import POSTS, Grid
from geo.plan_changes import MEASURES, Consequences, GridChange, GridName, GridSide, PostToTell, SideMade
from geo.plan_problems import Problem
from geo.words import sentence

MARGIN_PT = 40.0
WIDTH_PT = A4[0] - 2 * MARGIN_PT
GAP_PT = 12.0
HIGHEST_MAP_PT = 290.0
HEADING_PT = 90.0
"""Room for a heading, the head of a table and two lines of it."""

MOST_MOVES, MOST_GRIDS, MOST_PROBLEMS, MOST_TOLD = 15, 30, 20, 40
"""Lines of each table; the workbook has all."""

TOLD_OF_GRID = {"residents": 64.0, "households": 60.0, "hours": 64.0, "walk_m": 62.0, "covered_share": 74.0}
"""What is told of a grid before and after, by the key of its header: width of its column."""

LONGEST_SENTENCE = 300
"""Letters."""


@dataclass(frozen=True)
class PlanPage:
    """What is printed."""

    found: Consequences
    before: Sequence[Grid]
    after: Sequence[Grid]
    problems: Sequence[Problem]
    """Of the plan after the change."""
    place: str
    """What the plan is for: the community's name."""
    printed_on: date
    shows_osm: bool = False
    """OpenStreetMap data are among what is shown: its licence asks that it be said."""
    approval_number: str = ""
    """Of the map; empty where there is none."""
    is_city_invented: bool = False


def write_plan_page(path: Path, page: PlanPage, language: str) -> None:
    """Write the page as PDF, in ``zh`` or ``en``; the file appears only when it is complete.

    Raises
    ------
    MissingPiece
        If the font is not installed.
    BadFile
        If the file cannot be written.
    """
    pdf = plan_page(page, language)
    with written_whole(path) as part:
        part.write_bytes(pdf)


def plan_page(page: PlanPage, language: str) -> bytes:
    """The page as PDF: the same bytes for the same input.

    Raises
    ------
    MissingPiece
        If the font is not installed.
    """
    use_font()
    story = _Story(page, language)
    n_pages = _set(story, 0)[1]
    return _set(story, n_pages)[0]


def _set(story: _Story, n_pages: int) -> tuple[bytes, int]:
    """The document, and how many pages it has; ``n_pages`` is what each page says."""
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        title=story.text("title", place=clipped(story.page.place)),
        author="Gridcircle",
        creator="Gridcircle",
        lang={"zh": "zh-CN", "en": "en"}[story.printer.language],
        invariant=1,
        initialFontName=FONT,
    )
    body = Frame(MARGIN_PT, MARGIN_PT + 12, WIDTH_PT, A4[1] - 2 * MARGIN_PT - 12, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[body], onPage=partial(story.foot, n_pages)))
    document.build(list(story.parts()))
    return file.getvalue(), document.page


class _Story:
    """All that stands on the pages.

    Parameters
    ----------
    page
        What is printed.
    language
        ``zh`` or ``en``.
    """

    def __init__(self, page: PlanPage, language: str) -> None:
        self.page, self.printer = page, Printer(language)
        self.text, self.word, self.line = self.printer.text, self.printer.word, self.printer.line

    def foot(self, n_pages: int, canvas: Any, document: Any) -> None:
        """The line at the foot of each page: by it a printed page finds its data again."""
        canvas.setFont(FONT, 6.5)
        canvas.setFillColor(INK)
        canvas.drawString(MARGIN_PT, MARGIN_PT - 6, self.text("hash", hash=self.page.found.comparison.made.inputs_hash))
        if self.page.is_city_invented:
            canvas.drawString(MARGIN_PT, MARGIN_PT - 14, self._invented())
        number = self.text("number", page=document.page, pages=n_pages)
        canvas.drawRightString(A4[0] - MARGIN_PT, MARGIN_PT - 6, number)

    def _invented(self) -> str:
        return printable(sentence("city_invented", self.printer.language))

    def parts(self) -> Iterator[Flowable]:
        """All that stands on the pages, from the top."""
        yield self.line(self.text("title", place=clipped(self.page.place)), self.printer.title)
        made = self.page.found.comparison.made
        for when, side in (("before", made.before), ("after", made.after)):
            yield self.line(self._side(when, side))
        yield self.line(self.text("printed", day=self.page.printed_on))
        if self.page.is_city_invented:
            yield self.line(self._invented())
        yield Spacer(0, 5)
        yield self.line(self._summary())
        for kind, whole in self.page.found.of_units_whole.items():
            moved = told_number(self.page.found.of_units_moved.get(kind, 0.0))
            name, day = self.word(f"column_{kind}"), made.work_dates[kind]
            yield self.line(self.text("of_units", name=name, moved=moved, whole=told_number(whole), day=day))
        yield Spacer(0, 6)
        yield from self._maps()
        yield from self._moves()
        yield from self._grids()
        yield from self._problems()
        yield from self._to_tell()
        yield from self._made()

    def _side(self, when: str, side: SideMade) -> str:
        if not side.plan_ids:
            return self.text("no_side", when=self.text(when))
        if side.version is None:
            plans = self.text("plans_of_day", plans=len(side.plan_ids))
        else:
            plans = self.text("plan", id=", ".join(map(str, side.plan_ids)), version=side.version)
        since = "on" if side.version is None else "from"
        day = self.text(since, day=side.day) if side.day else self.text("no_day")
        return self.text("side", when=self.text(when), plans=plans, grids=f"{side.n_grids:,}", day=day)

    def _summary(self) -> str:
        found = self.page.found
        told = found.comparison
        return self.text(
            "summary",
            whole=told_number(told.whole.residents),
            share=told_share(told.moved_share),
            member=told_number(told.residents_other_member),
            stations=len(found.stations),
            incidents=len(found.incidents),
            **{name: told_number(getattr(told.moved, name)) for name in MEASURES},
        )

    def _maps(self) -> Iterator[Flowable]:
        page, told = self.page, self.page.found.comparison
        ground = Ground.of([*page.before, *page.after])
        width = (WIDTH_PT - GAP_PT) / 2
        size = (width, min(ground.height_of(width) + 10, HIGHEST_MAP_PT))
        drawing = Drawing(
            ground=ground,
            state_of_grid={change.id: change.state for change in told.grids},
            moved=told.ground,
            n_same=n_same_letters([grid.code for grid in (*page.before, *page.after) if grid.code]),
            font=FONT,
        )
        captions = self._cells(self.text("before"), self.text("after"))
        maps = [GridMap(grids, drawing, size) for grids in (page.before, page.after)]
        cells = [[captions[0], None, captions[1]], [maps[0], None, maps[1]]]
        plain = [(f"{side}PADDING", *ALL, 0) for side in ("LEFT", "RIGHT")]
        yield Table(cells, colWidths=[width, GAP_PT, width], style=TableStyle([*plain, IN_FONT]))
        boxes = (("kept", KEPT, False), ("changed", CHANGED, False), ("new", NEW, False), ("ground", KEPT, True))
        yield Legend([(fill, is_hatched, self.text(f"legend_{key}")) for key, fill, is_hatched in boxes], FONT)
        number = self.text("approval", number=page.approval_number) if page.approval_number else ""
        credit = self.text("osm") if page.shows_osm else ""
        if number or credit:
            yield self.line(" · ".join(part for part in (number, credit) if part), self.printer.small)

    def _heading(self, key: str) -> Iterator[Flowable]:
        """On the next page if little of what follows would stand below it."""
        yield CondPageBreak(HEADING_PT)
        yield self.line(self.text(key), self.printer.heading)

    def _moves(self) -> Iterator[Flowable]:
        moves = self.page.found.comparison.moves
        yield from self._heading("moves")
        if not moves:
            yield self.line(self.text("no_moves"))
            return
        headers = [self.word(f"column_{name}") for name in ("from_code", "to_code", *MEASURES)]
        rows = [
            [
                *self._cells(self._called(flow.before), self._called(flow.after)),
                *(told_number(getattr(flow.counts, name)) for name in MEASURES),
                told_share(flow.share_of_before),
            ]
            for flow in moves[:MOST_MOVES]
        ]
        widths = [116.0, 116.0, 48.0, 48.0, 40.0, 40.0, 34.0, 38.0]
        yield self.printer.table([*headers, self.word("column_share_of_from")], rows, [*widths, WIDTH_PT - sum(widths)])
        yield from self._more(len(moves) - MOST_MOVES)

    def _grids(self) -> Iterator[Flowable]:
        """Grids that are not as they were; what is not known of any of them has no column."""
        changes = [change for change in self.page.found.comparison.grids if change.state != "kept"]
        if not changes:
            return
        yield from self._heading("grids")
        told = [_before_and_after(change) for change in changes[:MOST_GRIDS]]
        known = [name for name in TOLD_OF_GRID if any(row[name] != _UNKNOWN for row in told)]
        rows = [
            [*self._cells(self._called(change.name), self.word(f"change_{change.state}")), *(row[n] for n in known)]
            for change, row in zip(changes, told, strict=False)
        ]
        widths = [TOLD_OF_GRID[name] for name in known]
        rest = WIDTH_PT - sum(widths)
        headers = [self.text(name) for name in ("grid", "change", *known)]
        yield self.printer.table(headers, rows, [0.62 * rest, 0.38 * rest, *widths])
        yield from self._more(len(changes) - MOST_GRIDS)

    def _cells(self, *texts: str) -> list[Paragraph]:
        return [self.line(text, self.printer.cell) for text in texts]

    def _problems(self) -> Iterator[Flowable]:
        problems = self.page.problems
        yield from self._heading("problems")
        if not problems:
            yield self.line(self.text("no_problems"))
            return
        rows = [
            self._cells(
                self.word(f"degree_{problem.severity}"),
                clipped(problem.in_language(self.printer.language), LONGEST_SENTENCE),
            )
            for problem in problems[:MOST_PROBLEMS]
        ]
        headers = [self.word("column_severity"), self.word("column_sentence")]
        yield self.printer.table(headers, rows, [50.0, WIDTH_PT - 50.0])
        yield from self._more(len(problems) - MOST_PROBLEMS)

    def _to_tell(self) -> Iterator[Flowable]:
        found = self.page.found
        yield from self._heading("to_tell")
        if not found.posts:
            yield self.line(self.text("nobody_to_tell"))
            return
        names = [f"{clipped(area.name)} {area.code}" for area in found.communities]
        yield self.line(self.text("communities", names=" · ".join(names[:MOST_TOLD])))
        yield from self._more(len(names) - MOST_TOLD)
        yield Spacer(0, 3)
        posts_of_grid: dict[int, list[PostToTell]] = {}
        for post in found.posts:
            posts_of_grid.setdefault(post.grid.id, []).append(post)
        rows = [
            self._cells(
                self._called(posts[0].grid),
                self.word(f"change_{posts[0].state}"),
                *(self._post(post) for post in posts),
            )
            for posts in list(posts_of_grid.values())[:MOST_TOLD]
        ]
        headers = [self.text("grid"), self.text("change"), *(self.word(f"post_{name}") for name in POSTS)]
        widths = [150.0, 105.0, 130.0]
        yield self.printer.table(headers, rows, [*widths, WIDTH_PT - sum(widths)])
        yield from self._more(len(posts_of_grid) - MOST_TOLD)

    def _post(self, post: PostToTell) -> str:
        word = {None: "unknown", True: "filled", False: "vacant"}[post.is_filled]
        return " ".join(part for part in (self.text(word), clipped(post.duty_phone or "")) if part)

    def _made(self) -> Iterator[Flowable]:
        made = self.page.found.comparison.made
        yield from self._heading("made")
        yield self.line(self.text("method", method=made.method), self.printer.small)
        homes = self.text("homes", day=made.homes_date) if made.homes_date else self.text("homes_undated")
        yield self.line(homes, self.printer.small)
        for kind, share in made.work_counted.items():
            parts = {name: told_number(value) for name, value in share._asdict().items()}
            yield self.line(self.text("counted", name=self.word(f"column_{kind}"), **parts), self.printer.small)
        reach = made.covered
        if reach is None:
            yield self.line(self.text("not_covered"), self.printer.small)
        else:
            told = self.text(
                "covered",
                method=reach.method,
                mode=reach.mode,
                minutes=f"{reach.minutes:g}",
                day=reach.network_date or "–",
                hash=reach.inputs_hash,
            )
            yield self.line(told, self.printer.small)
        yield self.line(self.text("hash", hash=made.inputs_hash), self.printer.small)

    def _called(self, grid: GridName | None) -> str:
        return " ".join(filter(None, (grid.code, clipped(grid.name)))) if grid else self.word("in_no_grid")

    def _more(self, count: int) -> Iterator[Flowable]:
        if count > 0:
            yield Spacer(0, 3)
            yield self.line(self.text("more", count=f"{count:,}"), self.printer.small)


_UNKNOWN = "– → –"


def _before_and_after(change: GridChange) -> dict[str, str]:
    """What is told of both sides of a grid, by the key of its header."""
    before, after = (_told_side(side) if side else {} for side in (change.before, change.after))
    return {name: f"{before.get(name, '–')} → {after.get(name, '–')}" for name in TOLD_OF_GRID}


def _told_side(side: GridSide) -> dict[str, str]:
    return {
        "residents": told_number(side.counts.residents),
        "households": told_number(side.counts.households),
        "hours": told_number(round(side.load.hours, 1)) if side.load else "–",
        "walk_m": told_number(round(side.load.walk_m)) if side.load else "–",
        "covered_share": told_share(side.covered_share),
    }
