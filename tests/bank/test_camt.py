# SPDX-License-Identifier: EUPL-1.2
"""Statements of a bank: what is read of them, and what is refused before it is read."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.bank import camt
from kindpakket.bank.returns import RETURN_REASONS, reason_of
from tests.payout_runs.bank import entry, statement

HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
BOMB = (
    '<!DOCTYPE l [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    + "]>"
    + HEAD
    + "&l9;</Document>"
)
REFUSED = {
    "a bomb of entities": BOMB,
    "a bomb of one large entity": f'<!DOCTYPE a [<!ENTITY a "{"x" * 50_000}">]>{HEAD}{"&a;" * 5000}</Document>',
    "a file of ours": f'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD}&a;</Document>',
    "an address elsewhere": f'<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd">{HEAD}</Document>',
    "a parameter entity": f'<!DOCTYPE a [<!ENTITY % a "b"> %a;]>{HEAD}</Document>',
    "an empty DTD": f"<!DOCTYPE Document>{HEAD}</Document>",
    "an encoding that is none": f'<?xml version="1.0" encoding="x-none"?>{HEAD}</Document>',
    "an encoding of a mainframe": f'<?xml version="1.0" encoding="cp037"?>{HEAD}</Document>',
    "half a file": HEAD,
    "another message": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>',
    "another version": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.99"/>',
    "no namespace": "<Document/>",
    "no statement": f"{HEAD}<BkToCstmrStmt/></Document>",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_is_no_statement_is_refused_at_once(content: str) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="the file"):
        camt.read(content.encode())
    assert time.monotonic() - started < 20


def test_a_file_that_is_nested_without_end_is_no_harm() -> None:
    deep = f"{HEAD}{'<a>' * 300_000}{'</a>' * 300_000}</Document>"
    with pytest.raises(ValueError, match="no statement"):
        camt.read(deep.encode())


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="the file"):
        camt.read(content)


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_payment_and_a_return_are_told_apart(version: str) -> None:
    content = statement(
        entry("KP-1-1-1", "37.45", reference="B1", version=version),
        entry("KP-1-2-1", "0.05", returned="AC04", version=version),
        entry("KP-1-3-1", "1.00", direction="CRDT", version=version),
        entry("KP-1-4-1", "1.00", status="INFO", version=version),
        version=version,
    )
    (read,) = camt.read(content)
    assert [(one.kind, one.end_to_end_id, one.amount_cents, one.return_code) for one in read.entries] == [
        ("paid", "KP-1-1-1", 3745, ""),
        ("returned", "KP-1-2-1", 5, "AC04"),
        ("other", "KP-1-3-1", 100, ""),
        ("other", "KP-1-4-1", 100, ""),
    ]
    assert (read.entries[0].bank_reference, read.entries[0].booked_on) == ("B1", date(2026, 11, 27))


@pytest.mark.parametrize(
    ("amount", "cents"), [("1", 100), ("1.5", 150), ("1.50", 150), ("1.50000", 150), ("0000001.05", 105)]
)
def test_an_amount_is_read_in_each_of_its_forms(amount: str, cents: int) -> None:
    assert camt.read(statement(entry("a", amount)))[0].entries[0].amount_cents == cents


@pytest.mark.parametrize("amount", ["", "-1", "1,00", "1.005", "1e2", "٣", "x", "9" * 14])
def test_an_amount_that_is_none_is_passed_over(amount: str) -> None:
    (read,) = camt.read(statement(entry("a", amount)))
    assert (read.entries, read.passed_over) == ((), 1)


def test_the_details_of_one_booking_are_payments_each_with_its_own_amount() -> None:
    two = (
        '<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<AcctSvcrRef>ALL</AcctSvcrRef><NtryDtls>"
        '<TxDtls><Refs><EndToEndId>a</EndToEndId></Refs><Amt Ccy="EUR">1.00</Amt></TxDtls>'
        '<TxDtls><Refs><EndToEndId>b</EndToEndId></Refs><Amt Ccy="EUR">2.00</Amt></TxDtls>'
        "<TxDtls><Refs><EndToEndId>c</EndToEndId></Refs></TxDtls>"
        "</NtryDtls></Ntry>"
    )
    (read,) = camt.read(statement(two))
    assert [(one.end_to_end_id, one.amount_cents, one.bank_reference) for one in read.entries] == [
        ("a", 100, ""),
        ("b", 200, ""),
    ]
    assert read.passed_over == 1, "the sum of all is not the amount of one"


def test_a_booking_without_details_has_its_own_amount_and_number() -> None:
    plain = (
        '<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>x</Dt></BookgDt><AcctSvcrRef>N</AcctSvcrRef></Ntry>"
    )
    (read,) = camt.read(statement(plain))
    (one,) = read.entries
    assert (one.kind, one.amount_cents, one.bank_reference, one.end_to_end_id, one.booked_on) == (
        *("paid", 300, "N", ""),
        None,
    )


@given(st.text(st.sampled_from("NLBE09 nl*-_"), max_size=40))
def test_an_account_that_was_paid_is_read_whole_or_not_at_all(account: str) -> None:
    found = camt.read(statement(entry("a", "1.00", account=account)))[0].entries[0].account
    assert found in ("", account.replace(" ", "").upper())
    assert found == "" or (found.isalnum() and 14 <= len(found) <= 34)


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_the_account_that_was_paid_is_read(version: str) -> None:
    content = statement(
        entry("a", "1.00", account="nl02 abna 0123 4567 89", version=version),
        entry("b", "1.00", version=version),
        version=version,
    )
    assert [one.account for one in camt.read(content)[0].entries] == ["NL02ABNA0123456789", ""]


def test_a_debit_that_is_taken_back_is_no_payment() -> None:
    content = statement(entry("KP-1-1-1", "1.00")).replace(b"<Sts>", b"<RvslInd>true</RvslInd><Sts>")
    assert camt.read(content)[0].entries[0].kind == "other"


def test_a_return_by_its_transaction_code_is_a_return() -> None:
    code = b"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>"
    content = statement(entry("KP-1-1-1", "1.00", direction="CRDT")).replace(
        b"<NtryDtls>", code + b"<NtryDtls>"
    )
    assert camt.read(content)[0].entries[0].kind == "returned"


def test_every_reason_of_a_return_is_of_a_kind_that_is_known() -> None:
    assert [reason_of(code) for code in ("AC01", "AC04", "AC06", "BE01", "AG01", "MS02", "", "ZZ99")] == [
        *("account_wrong", "account_closed", "account_blocked", "name_wrong"),
        *("not_allowed", "by_receiver", "other", "other"),
    ]
    assert len(RETURN_REASONS) == 7
