# SPDX-License-Identifier: EUPL-1.2
"""A sheet of codes as it is printed: how it works, and the codes, each with its maximum and a box to tick. Euro cents.

No name, no reference and no balance is on it: a shop sees the whole sheet.
"""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.settings import Settings
from kindpakket.units import format_euros

from .paper import Paper, last_day, print_texts

_LEFT, _WIDTH = 20.0, 170.0
_COLUMNS, _ROWS = 3, 4
_CELL_WIDTH, _CELL_HEIGHT = 58.0, 66.0
_CELLS_TOP = 16.0
_QR_SIDE = 44.0
_CHARACTERS = 30
SPACE_SHOWN = "\u00b7"
"""How a space in a code is printed: at the end of a line nobody would see one."""


def draw_codes(settings: Settings, codes: Sequence[str], *, max_cents: int, ends_at: int, at: int) -> bytes:
    """Return the PDF of a sheet of codes: a page that explains, and twelve codes on each of the others."""
    texts = print_texts("nl")["codes"]
    paper = Paper(texts["title"], language="nl", at=at)
    _explain(paper, settings, max_cents=max_cents, ends_at=ends_at)
    on_a_page = _COLUMNS * _ROWS
    pages = [codes[start : start + on_a_page] for start in range(0, len(codes), on_a_page)]
    amount = format_euros(max_cents)
    for place, some in enumerate(pages):
        paper.page()
        paper.at(_LEFT, 8)
        paper.write(
            texts["page"].format(page=place + 1, pages=len(pages)), x=_LEFT, width=_WIDTH, size=9, grey=True
        )
        for offset, code in enumerate(some):
            row, column = divmod(offset, _COLUMNS)
            _draw_cell(
                paper,
                code,
                number=place * on_a_page + offset + 1,
                amount=amount,
                x=18 + column * _CELL_WIDTH,
                y=_CELLS_TOP + row * _CELL_HEIGHT,
            )
    return paper.content()


def _draw_cell(paper: Paper, code: str, *, number: int, amount: str, x: float, y: float) -> None:
    texts = print_texts("nl")["codes"]
    paper.box(x, y, _CELL_WIDTH, _CELL_HEIGHT)
    paper.box(x + 3, y + 2.5, 4.5, 4.5)
    paper.at(x + 10, y + 2)
    paper.write(texts["cell"].format(number=number, amount=amount), x=x + 10, width=46, size=10, bold=True)
    told = texts["qr"].format(number=number, amount=amount)
    paper.qr(code, x=x + (_CELL_WIDTH - _QR_SIDE) / 2, y=y + 7.5, side=_QR_SIDE, told=told)
    paper.at(x + 2, y + 7.5 + _QR_SIDE)
    for start in range(0, len(code), _CHARACTERS):
        row_of_text = code[start : start + _CHARACTERS].replace(" ", SPACE_SHOWN)
        paper.write(row_of_text, x=x + 2, width=_CELL_WIDTH - 2, size=6.5, breaks_anywhere=True)


def _explain(paper: Paper, settings: Settings, *, max_cents: int, ends_at: int) -> None:
    paper.page()
    paper.at(_LEFT, 20)
    paper.write(
        print_texts("nl")["letter"]["municipality"].format(name=settings.municipality),
        x=_LEFT,
        width=_WIDTH,
        grey=True,
    )
    for language in ("nl", "en"):
        texts = print_texts(language)["codes"]
        values = {
            "amount": format_euros(max_cents, language=language),
            "day": last_day(ends_at, language),
            "phone": settings.phone,
        }
        size = 12 if language == "nl" else 10
        paper.space(8)
        paper.write(texts["title"], x=_LEFT, width=_WIDTH, size=2 * size - 4, bold=True)
        paper.space(2)
        for key in ("lead", "max", "until"):
            paper.write(texts[key].format(**values), x=_LEFT, width=_WIDTH, size=size)
        paper.space(3)
        paper.write(texts["steps"], x=_LEFT, width=_WIDTH, size=size, bold=True)
        for key in ("step1", "step2", "step3"):
            paper.write(texts[key], x=_LEFT, width=_WIDTH, size=size)
        paper.space(3)
        for key in ("keep", "lost", "shops", "typed"):
            paper.write(texts[key].format(**values), x=_LEFT, width=_WIDTH, size=size)
