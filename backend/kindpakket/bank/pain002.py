# SPDX-License-Identifier: EUPL-1.2
"""Status reports of a bank on a file of payments: ISO 20022 pain.002, versions 03 to 14. What it did not pay is read.

A bank that rejects a payment before it was debited says so here, and in no statement: an account that does not exist, a
name that does not fit and that the payer did not accept (verification of payee).

Source: ISO 20022 CustomerPaymentStatusReport; European Payments Council, EPC132-08 implementation guidelines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from .messages import MOST_OF_ID, Reader, namespace_of, open_message
from .returns import is_of_duplicate

MOST_REJECTIONS = 50_000

_MESSAGE = re.compile(r"pain\.002\.001\.(?:0[3-9]|1[0-4])")
#: Rejected, and cancelled before it was paid. Source: ISO 20022 ExternalPaymentTransactionStatus1Code.
_NOT_PAID = {"RJCT", "CANC"}


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not paid, and why.

    Attributes:
        message_id: The file that the report is about.
        end_to_end_id: The payment; empty for all of that file.
        code: An ISO code such as AC01, one that says that it is a copy before others; empty when the bank does not say.
    """

    message_id: str
    end_to_end_id: str
    code: str


def is_report(content: bytes) -> bool:
    """Return whether a file is such a report.

    Raises:
        ValueError: It is too large, not XML, or defines entities.
    """
    return namespace_of(open_message(content), _MESSAGE) is not None


def read(content: bytes) -> list[Rejection]:
    """Return what a report says was not paid. What is on its way or was paid is not in it: statements tell that.

    Raises:
        ValueError: It is too large, not XML, defines entities, or is not a pain.002 file with a report.
    """
    document = open_message(content)
    namespace = namespace_of(document, _MESSAGE)
    if namespace is None:
        raise ValueError("the file is not pain.002")
    reader = Reader(namespace)
    reports = reader.all(document, "CstmrPmtStsRpt")
    if not reports:
        raise ValueError("the file has no report")
    return [rejection for report in reports for rejection in _rejections(reader, report)]


def _rejections(reader: Reader, report: Element) -> list[Rejection]:
    """Return the rejections of a report: of the whole file, of its one batch, or of single payments."""
    message = reader.text(report, "OrgnlGrpInfAndSts/OrgnlMsgId")[:MOST_OF_ID]
    # Some versions know payments beside the batch, too.
    batches = reader.all(report, "OrgnlPmtInfAndSts")
    payments = [*reader.all(report, "OrgnlPmtInfAndSts/TxInfAndSts"), *reader.all(report, "TxInfAndSts")]
    if len(payments) > MOST_REJECTIONS:
        raise ValueError("the file has too many payments")
    single = [
        Rejection(message, one_id, _code(reader, one))
        for one in payments
        if reader.text(one, "TxSts") in _NOT_PAID
        for one_id in [reader.text(one, "OrgnlEndToEndId")[:MOST_OF_ID]]
        if one_id
    ]
    whole = [
        Rejection(message, "", _code(reader, part))
        for path, part in [
            *(("GrpSts", one) for one in reader.all(report, "OrgnlGrpInfAndSts")),
            *(("PmtInfSts", one) for one in batches),
        ]
        if reader.text(part, path) in _NOT_PAID
    ]
    # A report on a copy says nothing of the file that came first, whatever it says of single payments of the copy.
    copies = [one for one in whole if is_of_duplicate(one.code)]
    if copies:
        return [replace(one, code=copies[0].code) for one in single] + copies[:1]
    # A single payment's own reason is the better one, so it is told first.
    return single + whole[:1]


def _code(reader: Reader, part: Element) -> str:
    codes = [
        (found.text or "").strip()[:MOST_OF_ID]
        for path in ("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")
        for found in reader.all(part, path)
    ]
    return next(filter(is_of_duplicate, codes), next(filter(None, codes), ""))
