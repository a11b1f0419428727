# SPDX-License-Identifier: EUPL-1.2
"""Paper: A4 pages as a PDF, made in memory, with texts, boxes and QR codes at places given in millimetres."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import qrcode
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from qrcode.constants import ERROR_CORRECT_Q

from kindpakket.units import AMSTERDAM

_STATIC = Path(__file__).resolve().parents[1] / "static"
_FONTS = _STATIC / "vendor" / "fonts"
_FONT = "Noto Sans"
_LINE = 0.48
"""The height of a line in millimetres for each point of its letters."""
_QR_PIXELS = 6
_QR_QUIET_MODULES = 4


class Paper:
    """Pages of A4. What is written goes from where the last text ended, or from where `at` was told."""

    def __init__(self, title: str, *, language: str, at: int) -> None:
        """Begin without a page, in a language, at an instant in epoch seconds."""
        self._pdf = FPDF(format="A4")
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self._pdf.set_creation_date(datetime.fromtimestamp(at, UTC))
        self._pdf.set_auto_page_break(False)
        self._pdf.add_font(_FONT, "", _FONTS / "NotoSans-Regular.ttf")
        self._pdf.add_font(_FONT, "B", _FONTS / "NotoSans-Bold.ttf")

    def page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def at(self, x: float, y: float) -> None:
        """Go on writing there."""
        self._pdf.set_xy(x, y)

    def space(self, height: float) -> None:
        """Leave room below what was written."""
        self._pdf.set_y(self._pdf.get_y() + height)

    def write(
        self,
        text: str,
        *,
        x: float,
        width: float,
        size: float = 11,
        bold: bool = False,
        grey: bool = False,
        breaks_anywhere: bool = False,
    ) -> None:
        """Write a text as wide as `width`, below what was written last; a code breaks at any character."""
        self._pdf.set_x(x)
        self._pdf.set_font(_FONT, "B" if bold else "", size)
        self._pdf.set_text_color(90 if grey else 0)
        self._pdf.multi_cell(
            width,
            size * _LINE,
            text,
            align="L",
            wrapmode=WrapMode.CHAR if breaks_anywhere else WrapMode.WORD,
            new_x=XPos.LEFT,
            new_y=YPos.NEXT,
        )

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Draw the outline of a box."""
        self._pdf.set_draw_color(120)
        self._pdf.rect(x, y, width, height)

    def qr(self, content: str, *, x: float, y: float, side: float, told: str) -> None:
        """Draw a QR code with error correction Q, its quiet zone within `side`: a quarter of it may be damaged."""
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=_QR_QUIET_MODULES, box_size=_QR_PIXELS)
        code.add_data(content)
        picture = BytesIO()
        code.make_image().save(picture)
        self._pdf.image(picture, x=x, y=y, w=side, h=side, alt_text=told)

    def content(self) -> bytes:
        """Return the file."""
        return bytes(self._pdf.output())


@cache
def print_texts(language: str) -> dict[str, Any]:
    """Return the texts of what is printed."""
    texts: dict[str, Any] = json.loads((_STATIC / "text" / f"print.{language}.json").read_text("utf-8"))
    return texts


def last_day(ends_at: int, language: str) -> str:
    """Write the last day of a period that excludes its end, as in `31 december 2026`."""
    day, months = datetime.fromtimestamp(ends_at - 1, AMSTERDAM), print_texts(language)["letter"]["months"]
    return f"{day.day} {months[str(day.month)]} {day.year}"
