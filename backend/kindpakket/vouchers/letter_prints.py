# SPDX-License-Identifier: EUPL-1.2
"""Letters as they are printed: a PDF with a page each. Amounts in euro cents.

The page fits a window envelope with the window on the left (DIN 5008 and the Dutch A4 fold): in the window is the
municipality's own reference, never a name, which the server does not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.settings import Settings
from kindpakket.units import format_euros

from .letters import Letter
from .paper import Paper, last_day, print_texts

_LEFT, _WIDTH = 22.0, 166.0
_WINDOW_TOP = 50.0
_BODY_TOP = 98.0
_QR_SIDE = 52.0


def draw(settings: Settings, letters: Sequence[tuple[Letter, int]], *, ends_at: int, at: int) -> bytes:
    """Return the PDF of letters, each with what is on its vouchers together, in their order."""
    paper = Paper(print_texts("nl")["letter"]["title"], language="nl", at=at)
    for letter, amount_cents in letters:
        _draw_letter(paper, settings, letter, amount_cents=amount_cents, ends_at=ends_at)
    return paper.content()


def _draw_letter(
    paper: Paper, settings: Settings, letter: Letter, *, amount_cents: int, ends_at: int
) -> None:
    texts = print_texts("nl")["letter"]
    address = f"{settings.base_url}/ouder/"
    paper.page()
    paper.at(_LEFT, 20)
    municipality = print_texts("nl")["letter"]["municipality"].format(name=settings.municipality)
    paper.write(municipality, x=_LEFT, width=_WIDTH, size=12, bold=True)
    paper.at(_LEFT, _WINDOW_TOP)
    paper.write(texts["reference"].format(reference=letter.row_reference), x=_LEFT, width=85)
    paper.at(_LEFT, _BODY_TOP)
    paper.write(texts["title"], x=_LEFT, width=_WIDTH, size=18, bold=True)
    paper.space(3)
    paper.write(texts["greeting"], x=_LEFT, width=_WIDTH)
    paper.space(2)
    paper.write(_promise(letter, "nl", amount_cents, ends_at), x=_LEFT, width=_WIDTH)
    top = 134.0
    paper.qr(letter.url, x=_LEFT + _WIDTH - _QR_SIDE, y=top - 6, side=_QR_SIDE, told=texts["qr"])
    paper.at(_LEFT, top)
    beside = _WIDTH - _QR_SIDE - 4
    paper.write(texts["steps"], x=_LEFT, width=beside, bold=True)
    for step in ("step1", "step2", "step3"):
        paper.space(1)
        paper.write(texts[step], x=_LEFT, width=beside)
    paper.at(_LEFT, 182)
    paper.write(texts["type"].format(address=address), x=_LEFT, width=_WIDTH)
    paper.space(2)
    paper.write(letter.code, x=_LEFT, width=_WIDTH, size=19, bold=True)
    paper.space(3)
    for key in ("keep", "noPhone", "help"):
        paper.write(texts[key].format(phone=settings.phone), x=_LEFT, width=_WIDTH)
    english = print_texts("en")["letter"]
    paper.space(5)
    paper.write("English", x=_LEFT, width=_WIDTH, size=9, bold=True)
    sentences = (
        _promise(letter, "en", amount_cents, ends_at),
        english["step1"],
        english["step2"],
        english["step3"],
        english["type"].format(address=address).rstrip(":") + ".",
        english["keep"],
        english["help"].format(phone=settings.phone),
    )
    paper.write(" ".join(sentences), x=_LEFT, width=_WIDTH, size=9)


def _promise(letter: Letter, language: str, amount_cents: int, ends_at: int) -> str:
    texts = print_texts(language)["letter"]
    amount, count = format_euros(amount_cents, language=language), len(letter.vouchers)
    promise: str = texts["one" if count == 1 else "more"].format(amount=amount, count=count)
    until: str = texts["until"].format(day=last_day(ends_at, language))
    return f"{promise} {until}"
