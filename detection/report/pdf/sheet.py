"""A4 pages with our type, colours and tables.

Sizes are millimetres, sizes of type points. The typeface has Latin, Greek and Cyrillic; signs it lacks are printed as
`?`, so that nothing vanishes without a trace.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import fontpkg
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TableCellFillMode
from fpdf.fonts import FontFace

Colour = tuple[int, int, int]

# It tells every step of cutting a typeface down to the letters used.
logging.getLogger("fontTools").setLevel(logging.WARNING)

MARGIN_MM = 16.0
INK: Colour = (23, 27, 36)
SOFT: Colour = (88, 96, 113)
LINE: Colour = (217, 221, 229)
PAPER: Colour = (245, 246, 248)
GOOD: Colour = (0, 128, 92)
BAD: Colour = (190, 60, 20)
# The lanes' colours, as on the pages: M. Okabe and K. Ito, "Color Universal Design", 2008.
LANES: tuple[Colour, ...] = (
    (0, 114, 178), (213, 94, 0), (0, 128, 92), (176, 82, 138), (154, 116, 0), (63, 160, 216), (106, 79, 181),
    (90, 100, 114),
)  # fmt: skip

# What stands where a number is not known.
UNKNOWN = "–"

_FAMILY = "Fira Sans"
_FACE = "report"
_BODY_PT = 9.0
_LINE_RATIO = 1.45


class Sheet(FPDF):
    """`foot` stands below every page beside its number."""

    def __init__(self, *, title: str, foot: str) -> None:
        super().__init__(unit="mm", format="A4")
        self.foot = foot
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM + 6)
        self.add_font(_FACE, "", str(fontpkg.path(_FAMILY, 400)))
        self.add_font(_FACE, "B", str(fontpkg.path(_FAMILY, 600)))
        self.set_title(printable(title))
        self.set_creator("MPR")
        self.set_lang("en")
        self.alias_nb_pages()
        self.ink(INK, _BODY_PT)

    def footer(self) -> None:
        """Called by fpdf2 at the end of every page."""
        self.set_y(-MARGIN_MM + 2)
        self.ink(SOFT, 7.5)
        self.cell(self.epw - 20, 4, printable(self.foot))
        self.cell(20, 4, f"{self.page_no()} / {{nb}}", align="R")
        self.ink(INK, _BODY_PT)

    def ink(self, colour: Colour, size_pt: float, *, bold: bool = False) -> None:
        """Colour, size and weight of what is written next."""
        self.set_text_color(*colour)
        self.set_font(_FACE, "B" if bold else "", size_pt)

    def heading(self, text: str, *, size_pt: float = 14.0, needs_mm: float = 40.0) -> None:
        """A heading that stays with the `needs_mm` behind it."""
        if self.will_page_break(needs_mm):
            self.add_page()
        elif self.get_y() > MARGIN_MM + 1:
            self.ln(5)
        self.ink(INK, size_pt, bold=True)
        self.start_section(printable(text), level=0 if size_pt >= 14 else 1, strict=False)
        self.paragraph(text, size_pt=size_pt, bold=True, colour=INK)
        self.ln(1)

    def paragraph(
        self, text: str, *, size_pt: float = _BODY_PT, bold: bool = False, colour: Colour = SOFT, width_mm: float = 0.0
    ) -> None:
        """Lines across the page, or `width_mm` of it."""
        self.ink(colour, size_pt, bold=bold)
        self.multi_cell(
            width_mm, size_pt * _LINE_RATIO * 0.3528, printable(text), align="L", new_x="LMARGIN", new_y="NEXT"
        )
        self.ink(INK, _BODY_PT)

    def rows(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        widths: Sequence[float],
        words: int = 1,
        size_pt: float = 8.0,
    ) -> None:
        """A table; the first `words` columns are text, the others numbers, set to the right."""
        self.ink(INK, size_pt)
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        align = ["LEFT"] * words + ["RIGHT"] * (len(headings) - words)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            cell_fill_color=PAPER,
            cell_fill_mode=TableCellFillMode.NONE,
            col_widths=tuple(widths),
            headings_style=FontFace(emphasis="B", color=SOFT),
            line_height=size_pt * 0.46,
            padding=(0.9, 1.2),
            text_align=tuple(align),
        ) as table:
            for row in (headings, *rows):
                line = table.row()
                for value in row:
                    line.cell(printable(value))
        self.ln(2)
        self.ink(INK, _BODY_PT)

    @contextmanager
    def fill(self, colour: Colour) -> Iterator[None]:
        """What is drawn within has this colour and no outline."""
        self.set_fill_color(*colour)
        yield
        self.set_fill_color(255, 255, 255)

    def bar(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle, wide enough to be seen."""
        with self.fill(colour):
            self.rect(x, y, max(width, 0.12), height, style="F")

    def shortened(self, text: str, width_mm: float) -> str:
        """As much of a text as fits into a line, in the type that is set."""
        text = printable(text)
        if self.get_string_width(text) <= width_mm:
            return text
        while text and self.get_string_width(f"{text}…") > width_mm:
            text = text[:-1]
        return f"{text}…"


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def printable(text: str) -> str:
    """The text with `?` for every sign that the typeface lacks."""
    known = _signs()
    return "".join(sign if sign in "\n" or ord(sign) in known else "?" for sign in text)


@cache
def _signs() -> frozenset[int]:
    with TTFont(str(fontpkg.path(_FAMILY, 400)), lazy=True) as font:
        table: Any = font.getBestCmap()
        return frozenset(table)
