# SPDX-License-Identifier: EUPL-1.2
"""The demo's bank: it pays every transfer of a file and writes a statement (camt.053.001.08) that says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from xml.sax.saxutils import escape


def statement(run: dict[str, Any], *, iban: str, on: date) -> str:
    """Return the statement of the day on which all of a run's transfers were paid; the run as the API tells it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>DEMO-{on}</MsgId><CreDtTm>{on}T06:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>DEMO-{on}</Id><Acct><Id><IBAN>{escape(iban)}</IBAN></Id></Acct>"
        f"{''.join(_entries(run, on))}</Stmt></BkToCstmrStmt></Document>"
    )


def _entries(run: dict[str, Any], on: date) -> Iterable[str]:
    for transfer in run["transfers"]:
        payment = transfer["payments"][-1]
        euros, cents = divmod(int(payment["amountCents"]), 100)
        money = f'<Amt Ccy="EUR">{euros}.{cents:02d}</Amt>'
        yield (
            f"<Ntry>{money}<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{on}</Dt></BookgDt><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>{escape(payment['endToEndId'])}</EndToEndId></Refs>{money}"
            "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry>"
        )
