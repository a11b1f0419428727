# SPDX-License-Identifier: EUPL-1.2
"""Receipts: a payment on a sheet of paper, as a PDF. Amounts in euro cents. No name, and no number of a voucher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from kindpakket.categories import CATEGORIES
from kindpakket.services import Services
from kindpakket.units import AMSTERDAM, format_euros

from .budgets import Payment
from .proofs import payment_of

LANGUAGES = ("nl", "en")

_STATIC = Path(__file__).resolve().parents[1] / "static"


def make_receipt(services: Services, *, token_hash: bytes, ticket_id: bytes, language: str) -> bytes:
    """Return the receipt of one of a phone's own payments as a PDF.

    Raises:
        PaymentUnknown: This phone made no such payment, whoever else did.
    """
    # What makes PDFs takes a second to load; who never asks for one does not wait for it.
    from .sheet import Sheet

    payment = payment_of(services, token_hash=token_hash, ticket_id=ticket_id)
    texts, now = _texts_in(language), services.now()
    settings = services.settings
    sheet = Sheet(texts["title"], language=language, at=now)
    sheet.head(texts["municipality"].format(name=settings.municipality), texts["title"])
    sheet.amount(texts["paid"], format_euros(payment.amount_cents, language=language))
    for name, value in _lines(services, payment, texts, language):
        sheet.line(name, value)
    sheet.foot(
        texts["noName"],
        texts["check"],
        texts["questions"].format(phone=settings.phone),
        texts["madeAt"].format(moment=_moment(texts, language, now)),
    )
    return sheet.content()


def _lines(
    services: Services, payment: Payment, texts: Mapping[str, Any], language: str
) -> list[tuple[str, str]]:
    shop = services.registry.shops.shop(payment.shop)
    address = ", ".join(filter(None, (shop.street, shop.town)))
    programme = services.registry.programmes.names().get(payment.programme, "")
    lines = [
        (texts["shop"], "\n".join(filter(None, (shop.name, address)))),
        (texts["kind"], _kind(payment.category, language)),
        (texts["when"], _moment(texts, language, payment.at)),
        (texts["programme"], programme),
    ]
    for refund in reversed(payment.refunds):
        name = texts["refund"] if refund.to_budget else texts["refundToProgramme"]
        amount = format_euros(refund.amount_cents, language=language)
        lines.append((name, f"{amount}\n{_moment(texts, language, refund.at)}"))
    if payment.refunds:
        left = payment.amount_cents - payment.refunded_cents
        lines.append((texts["afterRefunds"], format_euros(left, language=language)))
    lines.append((texts["block"], str(payment.block)))
    lines.append((texts["reference"], f"0x{payment.ticket_id.hex()}"))
    return lines


def _kind(category: int, language: str) -> str:
    words = CATEGORIES.get(category)
    return str(category) if words is None else words[("en", "nl").index(language)].capitalize()


def _moment(texts: Mapping[str, Any], language: str, at: int) -> str:
    clock = datetime.fromtimestamp(at, AMSTERDAM)
    written: str = texts["moment"].format(
        day=clock.day,
        month=texts["months"][str(clock.month)],
        year=clock.year,
        time=f"{clock.hour}{'.' if language == 'nl' else ':'}{clock.minute:02d}",
    )
    return written


@cache
def _texts_in(language: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((_STATIC / "text" / f"receipt.{language}.json").read_text("utf-8"))
    return texts
