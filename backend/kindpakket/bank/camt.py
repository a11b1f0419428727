# SPDX-License-Identifier: EUPL-1.2
"""Statements of a bank: ISO 20022 camt.053, versions 02 to 13. Amounts in euro cents.

What is not in euro or not understood is passed over, never guessed.

Source: ISO 20022 BankToCustomerStatement; Betaalvereniging Nederland, camt.053 implementation guidelines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal
from xml.etree.ElementTree import Element

from .messages import MOST_OF_ID, Reader, namespace_of, open_message

MOST_ENTRIES = 50_000

_MESSAGE = re.compile(r"camt\.053\.001\.(?:0[2-9]|1[0-3])")
_AMOUNT = re.compile(r"(\d{1,13})(?:\.(\d{1,2})0{0,3})?", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", re.ASCII)
#: The bank transaction code of money that came back. Source: ISO 20022 external code sets.
_RETURN_SUBFAMILIES = {"RRTN", "RPCR", "ARET"}

Kind = Literal["paid", "returned", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a statement says of one payment.

    Attributes:
        kind: `paid`: booked off our account. `returned`: booked back on it. `other`: anything else.
        end_to_end_id: Empty when the bank names none.
        bank_reference: The bank's own number of it; empty when it gives none.
        return_code: Why it came back, an ISO code such as AC04; empty when the bank does not say.
        booked_on: Empty when the bank does not say.
        account: The IBAN that was paid, without spaces; empty when the bank names none.
    """

    kind: Kind
    end_to_end_id: str
    amount_cents: int
    bank_reference: str
    return_code: str
    booked_on: date | None
    account: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one account; `passed_over` counts what was not in euro or not understood."""

    statement_id: str
    iban: str
    entries: tuple[Entry, ...]
    passed_over: int


def read(content: bytes) -> list[Statement]:
    """Return the statements of a file.

    Raises:
        ValueError: It is too large, not XML, defines entities, or is not a camt.053 file with a statement.
    """
    document = open_message(content)
    namespace = namespace_of(document, _MESSAGE)
    if namespace is None:
        raise ValueError("the file is not camt.053")
    reader = _Reader(namespace)
    statements = [reader.statement(one) for one in reader.all(document, "BkToCstmrStmt/Stmt")]
    if not statements:
        raise ValueError("the file has no statement")
    return statements


class _Reader(Reader):
    """Reads statements of one version."""

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self._count = 0

    def statement(self, statement: Element) -> Statement:
        found = [one for entry in self.all(statement, "Ntry") for one in self._entries(entry)]
        return Statement(
            statement_id=self.text(statement, "Id")[:MOST_OF_ID],
            iban=self.text(statement, "Acct/Id/IBAN").replace(" ", ""),
            entries=tuple(one for one in found if one is not None),
            passed_over=sum(one is None for one in found),
        )

    def _entries(self, entry: Element) -> Iterator[Entry | None]:
        """Yield an entry's payments: each of its details, or itself when it has none."""
        details: list[Element | None] = [*self.all(entry, "NtryDtls/TxDtls")]
        for detail in details or [None]:
            self._count += 1
            if self._count > MOST_ENTRIES:
                raise ValueError("the file has too many entries")
            yield self._entry(entry, detail, alone=len(details) <= 1)

    def _entry(self, entry: Element, detail: Element | None, *, alone: bool) -> Entry | None:
        source = entry if detail is None else detail
        amount_cents = self._amount(source, "Amt", "AmtDtls/TxAmt/Amt")
        if amount_cents is None and alone:
            amount_cents = self._amount(entry, "Amt")
        if amount_cents is None:
            return None
        return Entry(
            kind=self._kind(entry, source),
            end_to_end_id=self.text(source, "Refs/EndToEndId")[:MOST_OF_ID],
            amount_cents=amount_cents,
            bank_reference=self._bank_reference(entry, source, alone=alone),
            return_code=self.text(source, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")[:MOST_OF_ID],
            booked_on=_day(self.text(entry, "BookgDt/Dt", "BookgDt/DtTm")),
            account=_iban(self.text(source, "RltdPties/CdtrAcct/Id/IBAN")),
        )

    def _kind(self, entry: Element, source: Element) -> Kind:
        if self.text(entry, "Sts/Cd", "Sts") != "BOOK":
            return "other"
        is_reversal = self.text(entry, "RvslInd") in ("true", "1")
        direction = self.text(source, "CdtDbtInd") or self.text(entry, "CdtDbtInd")
        if direction == "DBIT":
            return "other" if is_reversal else "paid"
        # Anyone may pay us with a number of ours on it: only what the bank calls a return is one.
        subfamilies = {self.text(one, "BkTxCd/Domn/Fmly/SubFmlyCd") for one in (entry, source)}
        came_back = is_reversal or self.all(source, "RtrInf") or subfamilies & _RETURN_SUBFAMILIES
        return "returned" if direction == "CRDT" and came_back else "other"

    def _bank_reference(self, entry: Element, source: Element, *, alone: bool) -> str:
        found = self.text(source, "Refs/AcctSvcrRef", "Refs/TxId")
        if not found and alone:
            found = self.text(entry, "AcctSvcrRef")
        return found[:MOST_OF_ID]

    def _amount(self, parent: Element, *paths: str) -> int | None:
        for path in paths:
            for found in self.all(parent, path):
                match = _AMOUNT.fullmatch((found.text or "").strip())
                if match is None or found.get("Ccy") != "EUR":
                    return None
                return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
        return None


def _iban(text: str) -> str:
    """Return an account without spaces; nothing for what is not all of an IBAN, as one that is masked."""
    written = "".join(text.split()).upper()
    return written if _IBAN.fullmatch(written) else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
