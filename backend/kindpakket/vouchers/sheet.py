# SPDX-License-Identifier: EUPL-1.2
"""A sheet of paper: one A4 page as a PDF, with a font of its own, for what people print or keep."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

_FONTS = Path(__file__).resolve().parents[1] / "static" / "vendor" / "fonts"
_FONT = "Noto Sans"
_MARGIN = 22.0
_NAME_WIDTH = 52.0
_GREY = 105
_LINE_GREY = 220


class Sheet:
    """A sheet of A4 that is written from the top down."""

    def __init__(self, title: str, *, language: str, at: int) -> None:
        """Begin it, in a language, at an instant in epoch seconds."""
        self._pdf = FPDF(format="A4")
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self._pdf.set_creation_date(datetime.fromtimestamp(at, UTC))
        self._pdf.set_margin(_MARGIN)
        self._pdf.add_font(_FONT, "", _FONTS / "NotoSans-Regular.ttf")
        self._pdf.add_font(_FONT, "B", _FONTS / "NotoSans-Bold.ttf")
        self._pdf.add_page()

    def head(self, municipality: str, title: str) -> None:
        """Write who gives the receipt, and what it is."""
        self._write(municipality, size=11, grey=True)
        self._pdf.ln(4)
        self._write(title, size=22, bold=True)
        self._pdf.ln(6)

    def amount(self, name: str, amount: str) -> None:
        """Write the amount, large."""
        self._write(name, size=11, grey=True)
        self._write(amount, size=34, bold=True)
        self._pdf.ln(6)

    def line(self, name: str, value: str) -> None:
        """Write one line of what is known, under a thin rule."""
        pdf = self._pdf
        pdf.set_draw_color(_LINE_GREY)
        pdf.line(_MARGIN, pdf.get_y(), pdf.w - _MARGIN, pdf.get_y())
        pdf.ln(2.5)
        top = pdf.get_y()
        self._write(name, size=11, grey=True, width=_NAME_WIDTH)
        pdf.set_xy(_MARGIN + _NAME_WIDTH, top)
        self._write(value, size=11)
        pdf.ln(2.5)

    def row(self, name: str, amount: str) -> None:
        """Write one line of an account under a thin rule, closer to the next: the amount stands at the right."""
        pdf = self._pdf
        pdf.set_draw_color(_LINE_GREY)
        pdf.line(_MARGIN, pdf.get_y(), pdf.w - _MARGIN, pdf.get_y())
        pdf.ln(1.2)
        top = pdf.get_y()
        half = pdf.epw / 2
        self._write(name, size=11, grey=True, width=half)
        below = pdf.get_y()
        pdf.set_xy(_MARGIN + half, top)
        self._write(amount, size=11, width=half, align="R")
        pdf.set_y(max(below, pdf.get_y()))
        pdf.ln(1.2)

    def foot(self, *sentences: str) -> None:
        """Write what else there is to say."""
        self._pdf.ln(6)
        for sentence in sentences:
            self._write(sentence, size=10, grey=True)

    def content(self) -> bytes:
        """Return the file."""
        return bytes(self._pdf.output())

    def _write(
        self,
        text: str,
        *,
        size: float,
        bold: bool = False,
        grey: bool = False,
        width: float = 0,
        align: str = "L",
    ) -> None:
        self._pdf.set_font(_FONT, "B" if bold else "", size)
        self._pdf.set_text_color(_GREY if grey else 0)
        # A long number has no space to be broken at.
        wrap = WrapMode.WORD if " " in text else WrapMode.CHAR
        self._pdf.multi_cell(
            width, size * 0.5, text, align=align, wrapmode=wrap, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
