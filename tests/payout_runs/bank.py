# SPDX-License-Identifier: EUPL-1.2
"""A bank in a few lines: reads the files that it gets, and writes statements of what it did."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from kindpakket.bank import pain

OUR_IBAN = "NL91ABNA0417164300"
PAIN = f"{{{pain.NAMESPACE}}}"


@dataclass(frozen=True)
class Asked:
    """A payment as the bank reads it in a file."""

    end_to_end_id: str
    name: str
    iban: str
    amount: str
    description: str

    @property
    def cents(self) -> int:
        """The amount in euro cents."""
        return int(self.amount.replace(".", ""))


def payments_in(content: bytes) -> list[Asked]:
    """What a valid file asks the bank to pay."""
    pain.check(content)
    document = ET.fromstring(content)

    def text(parent: ET.Element, path: str) -> str:
        return parent.findtext("/".join(PAIN + name for name in path.split("/"))) or ""

    found = [
        Asked(
            end_to_end_id=text(one, "PmtId/EndToEndId"),
            name=text(one, "Cdtr/Nm"),
            iban=text(one, "CdtrAcct/Id/IBAN"),
            amount=text(one, "Amt/InstdAmt"),
            description=text(one, "RmtInf/Ustrd"),
        )
        for one in document.iter(f"{PAIN}CdtTrfTxInf")
    ]
    batch = "CstmrCdtTrfInitn/PmtInf"
    assert text(document, f"{batch}/DbtrAcct/Id/IBAN") == OUR_IBAN
    assert text(document, f"{batch}/NbOfTxs") == f"{len(found)}"
    assert int(text(document, f"{batch}/CtrlSum").replace(".", "")) == sum(one.cents for one in found)
    return found


def entry(
    end_to_end_id: str,
    amount: str,
    *,
    direction: str = "DBIT",
    returned: str | None = None,
    status: str = "BOOK",
    reference: str = "",
    currency: str = "EUR",
    version: str = "08",
    account: str = "",
    booked_on: str = "2026-11-27",
) -> str:
    """One entry of a statement; with a code in `returned` it is money that came back. `account` is who was paid."""
    if returned is not None:
        direction = "CRDT"
    reason = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    shown = status if version == "02" else f"<Cd>{status}</Cd>"
    reversal = "<RvslInd>true</RvslInd>" if returned == "" else ""
    money = f'<Amt Ccy="{currency}">{amount}</Amt>'
    inside = f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>" if version == "02" else money
    parties = (
        f"<RltdPties><CdtrAcct><Id><IBAN>{account}</IBAN></Id></CdtrAcct></RltdPties>" if account else ""
    )
    number = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        f"<Ntry>{money}<CdtDbtInd>{direction}</CdtDbtInd>{reversal}<Sts>{shown}</Sts>"
        f"<BookgDt><Dt>{booked_on}</Dt></BookgDt><NtryDtls><TxDtls>"
        f"<Refs>{number}<EndToEndId>{end_to_end_id}</EndToEndId></Refs>{inside}"
        f"<CdtDbtInd>{direction}</CdtDbtInd>{parties}{reason}</TxDtls></NtryDtls></Ntry>"
    )


def statement(*entries: str, iban: str = OUR_IBAN, version: str = "08") -> bytes:
    """A file with one statement."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>S1</MsgId><CreDtTm>2026-11-28T06:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def paid(content: bytes, *only: str) -> bytes:
    """The statement of a bank that paid a file, or only these of its payments."""
    return statement(
        *(
            entry(
                one.end_to_end_id,
                one.amount,
                reference=re.sub(r"\W", "", one.end_to_end_id),
                account=one.iban,
            )
            for one in payments_in(content)
            if not only or one.end_to_end_id in only
        )
    )


def status(end_to_end_id: str, said: str, code: str) -> str:
    """What a report says of one payment."""
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    number = f"<OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId>" if end_to_end_id else ""
    return f"<TxInfAndSts>{number}<TxSts>{said}</TxSts>{reason}</TxInfAndSts>"


def report(
    *payments: str, message: str = "KP-1-F1", whole: str = "", code: str = "", version: str = "10"
) -> bytes:
    """A status report on a file of ours; `whole` rejects all of it, as the `file` or as its `batch`."""
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    of_file = f"<GrpSts>RJCT</GrpSts>{reason}" if whole == "file" else ""
    of_batch = f"<PmtInfSts>RJCT</PmtInfSts>{reason}" if whole == "batch" else ""
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{of_file}"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{of_batch}"
        f"{''.join(payments)}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()
