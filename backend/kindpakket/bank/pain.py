# SPDX-License-Identifier: EUPL-1.2
"""Files with payments for a bank: ISO 20022 pain.001.001.09, in euro. Amounts in euro cents.

The same order gives the same bytes: no clock and no dice. Each payment is booked by itself (`BtchBookg` is false), so
that a statement names each.

Source: ISO 20022 CustomerCreditTransferInitiationV09; European Payments Council, EPC132-08 implementation guidelines.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import xmlschema
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kindpakket.units import AMSTERDAM

from .letters import to_bank_text

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA = Path(__file__).parent / "schemas" / "pain.001.001.09.xsd"
SCHEMA_SHA256 = "de038b373e47b0077b1832ddd81f4b2f1eb25d35721f62da1e38b7f5a09fda24"

MOST_OF_NAME = 70
MOST_OF_DESCRIPTION = 140


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid: the name on the account, and its IBAN without spaces."""

    name: str
    iban: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One bank payment. `description` is what its receiver reads."""

    end_to_end_id: str
    creditor: Party
    amount_cents: int
    description: str


@dataclass(frozen=True, slots=True)
class Order:
    """What one file asks a bank to do, on the day on which it is made."""

    message_id: str
    made_at: int
    debtor: Party
    payments: Sequence[Payment]


def write(order: Order) -> bytes:
    """Return the file of an order, which is valid by its schema.

    Raises:
        ValueError: No valid file can be made of the order; the message says of what.
    """
    document = ET.Element("Document", xmlns=NAMESPACE)
    initiation = _add(document, "CstmrCdtTrfInitn")
    made = datetime.fromtimestamp(order.made_at, AMSTERDAM)
    count = f"{len(order.payments)}"
    total = _euros(sum(one.amount_cents for one in order.payments))
    debtor_name = to_bank_text(order.debtor.name, most=MOST_OF_NAME)

    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", order.message_id)
    _add(header, "CreDtTm", made.strftime("%Y-%m-%dT%H:%M:%S"))
    _add(header, "NbOfTxs", count)
    _add(header, "CtrlSum", total)
    _add(_add(header, "InitgPty"), "Nm", debtor_name)

    batch = _add(initiation, "PmtInf")
    _add(batch, "PmtInfId", order.message_id)
    _add(batch, "PmtMtd", "TRF")
    _add(batch, "BtchBookg", "false")
    _add(batch, "NbOfTxs", count)
    _add(batch, "CtrlSum", total)
    _add(_add(_add(batch, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _add(_add(batch, "ReqdExctnDt"), "Dt", made.date().isoformat())
    _add(_add(batch, "Dbtr"), "Nm", debtor_name)
    _add(_add(_add(batch, "DbtrAcct"), "Id"), "IBAN", order.debtor.iban)
    # The bank finds its own BIC by the IBAN. Source: EPC132-08, AT-06.
    _add(_add(_add(_add(batch, "DbtrAgt"), "FinInstnId"), "Othr"), "Id", "NOTPROVIDED")
    _add(batch, "ChrgBr", "SLEV")
    for payment in order.payments:
        _add_payment(batch, payment)
    content: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    check(content)
    return content


def check(content: bytes) -> None:
    """Hold a file against the schema.

    Raises:
        ValueError: It is not valid; the message names where, and no account.
    """
    fault = next(_schema().iter_errors(content.decode()), None)
    if fault is not None:
        raise ValueError(f"not a valid pain.001.001.09 file at {fault.path}")


@dataclass(frozen=True, slots=True)
class WrittenPayment:
    """What a file says of one payment."""

    end_to_end_id: str
    iban: str
    amount_cents: int


class FileUnreadable(ValueError):
    """It is not a file with payments."""


def read(content: bytes) -> list[WrittenPayment]:
    """Return the payments in a file, as `write` writes it.

    Raises:
        FileUnreadable: It is something else.
    """
    within = {"": NAMESPACE}
    try:
        return [
            WrittenPayment(
                end_to_end_id=_text_at(one, "PmtId/EndToEndId", within),
                iban=_text_at(one, "CdtrAcct/Id/IBAN", within),
                amount_cents=int(_text_at(one, "Amt/InstdAmt", within).replace(".", "")),
            )
            for one in fromstring(content).iterfind("CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf", within)
        ]
    except (ET.ParseError, DefusedXmlException, ValueError) as error:
        raise FileUnreadable("this is not a file with payments") from error


def _text_at(element: ET.Element, path: str, within: dict[str, str]) -> str:
    text = element.findtext(path, namespaces=within)
    if not text:
        raise FileUnreadable(f"a payment has no {path}")
    return text


@cache
def _schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def _add_payment(batch: ET.Element, payment: Payment) -> None:
    transfer = _add(batch, "CdtTrfTxInf")
    _add(_add(transfer, "PmtId"), "EndToEndId", payment.end_to_end_id)
    amount = _add(_add(transfer, "Amt"), "InstdAmt", _euros(payment.amount_cents))
    amount.set("Ccy", "EUR")
    _add(_add(transfer, "Cdtr"), "Nm", to_bank_text(payment.creditor.name, most=MOST_OF_NAME))
    _add(_add(_add(transfer, "CdtrAcct"), "Id"), "IBAN", payment.creditor.iban)
    _add(_add(transfer, "RmtInf"), "Ustrd", to_bank_text(payment.description, most=MOST_OF_DESCRIPTION))


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element


def _euros(amount_cents: int) -> str:
    if amount_cents <= 0:
        raise ValueError("a bank pays more than nothing")
    return f"{amount_cents // 100}.{amount_cents % 100:02d}"
