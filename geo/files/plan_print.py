"""Letters, styles and tables of printed pages, in Chinese or English.

The letters are embedded. PDF could do with the name of a Chinese font alone (STSong-Light) and leave the letters to
the reader, but a reader without that language pack shows nothing at all, and says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, Table, TableStyle

from geo.errors import MissingPiece
from geo.files.plan_sheet import inert
from geo.words import sentence

FONT = "WenQuanYiMicroHei"
FONT_FILES = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc"),
)
"""Where Debian and Ubuntu, Arch, and Gentoo put it. TrueType outlines, which the PDF library needs; Apache-2.0."""

INK = HexColor("#333333")

MISSING_LETTER = "〓"
"""Stands for a letter that the font has not, as printers have it: a gap would be overlooked."""

LONGEST_NAME = 40
"""Letters."""

ALL = ((0, 0), (-1, -1))
"""Cells of a table, from the first to the last."""

IN_FONT = ("FONTNAME", *ALL, FONT)
"""Without it a table names a font that is not embedded, if only for what is empty."""


@cache
def use_font() -> TTFont:
    """Make the font known to the PDF library.

    Raises
    ------
    MissingPiece
        If it is not installed.
    """
    file = next((file for file in FONT_FILES if file.is_file()), None)
    if file is None:
        raise MissingPiece("plan_page_font_missing")
    font = TTFont(FONT, str(file), subfontIndex=0)
    registerFont(font)
    return font


def printable(text: str) -> str:
    """Text with a mark for every letter that the font has not."""
    letters = use_font().face.charToGlyph
    return "".join(letter if ord(letter) in letters else MISSING_LETTER for letter in " ".join(inert(text).split()))


def clipped(text: str, longest: int = LONGEST_NAME) -> str:
    """Text of at most so many letters, so that no line of a table grows beyond a page.

    >>> clipped("a  b"), clipped("abcdef", 4)
    ('a b', 'abc…')
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def told_number(count: float) -> str:
    """With separators; a fraction only where there is one.

    >>> told_number(1234.0), told_number(0.26)
    ('1,234', '0.3')
    """
    return f"{count:,.0f}" if abs(count - round(count)) < 0.05 else f"{count:,.1f}"


def told_share(share: float | None) -> str:
    """In per cent."""
    return "–" if share is None else f"{100 * share:.1f} %"


class Printer:
    """Makes what stands on a page, in one language.

    Parameters
    ----------
    language
        ``zh`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        # Chinese breaks between any two letters, English between words, and within those only where they do not fit
        wrap = {"wordWrap": "CJK"} if language == "zh" else {}
        style = partial(ParagraphStyle, fontName=FONT, textColor=INK, **wrap)
        self.title = style("title", fontSize=16, leading=21, spaceAfter=4)
        self.heading = style("heading", fontSize=10.5, leading=14, spaceBefore=9, spaceAfter=3)
        self.body = style("body", fontSize=8.5, leading=12)
        self.cell = style("cell", fontSize=7.5, leading=9.5)
        self.number = style("number", fontSize=7.5, leading=9.5, alignment=TA_RIGHT)
        self.small = style("small", fontSize=7, leading=9.5)

    def text(self, key: str, **values: Any) -> str:
        """A sentence of the page."""
        return printable(sentence(f"plan_page_{key}", self.language, **values))

    def word(self, key: str) -> str:
        """A word that workbooks have, too."""
        return printable(sentence(f"plan_{key}", self.language))

    def line(self, text: str, style: ParagraphStyle | None = None) -> Paragraph:
        """A paragraph; whatever the text holds is text."""
        return Paragraph(escape(printable(text)), style or self.body)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> Table:
        """Cells stand at the left, plain strings (numbers) at the right; headers stand again on the next page."""
        styles = [self.number if isinstance(cell, str) else self.cell for cell in rows[0]]
        head = [self.line(text, style) for text, style in zip(headers, styles, strict=True)]
        body = [[self.line(cell, self.number) if isinstance(cell, str) else cell for cell in row] for row in rows]
        rules = [("LINEBELOW", (0, 0), (-1, 0), 0.8, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.25, INK)]
        padding = [(f"{side}PADDING", *ALL, 2) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
        style = TableStyle([*rules, *padding, ("VALIGN", *ALL, "TOP"), IN_FONT])
        return Table([head, *body], colWidths=list(widths), style=style, repeatRows=1)
