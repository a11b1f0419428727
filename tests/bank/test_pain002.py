# SPDX-License-Identifier: EUPL-1.2
"""Status reports of a bank: what it did not pay is read, and nothing else; what is no report is refused.

Given a report of any version
  when payments were rejected or cancelled: each with its reason
  when the whole file or its batch was rejected: one rejection of all of it
  when payments are accepted, pending or checked: nothing
Given a file that is none, or defines entities
  it is refused
"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.bank import pain002
from kindpakket.bank.messages import MOST_BYTES
from kindpakket.bank.pain002 import Rejection
from tests.payout_runs.bank import report, status

from .test_camt import BOMB


@pytest.mark.parametrize("version", ["03", "10", "14"])
def test_what_was_rejected_is_read_with_its_reason(version: str) -> None:
    content = report(status("KP-1-2-1", "RJCT", "AC01"), status("KP-1-3-1", "CANC", ""), version=version)
    assert pain002.is_report(content)
    assert pain002.read(content) == [
        Rejection("KP-1-F1", "KP-1-2-1", "AC01"),
        Rejection("KP-1-F1", "KP-1-3-1", ""),
    ]


@pytest.mark.parametrize("said", ["ACCP", "ACSP", "ACSC", "PDNG", "RCVD", "RVNM", "RVMC", ""])
def test_what_is_on_its_way_or_only_checked_is_no_rejection(said: str) -> None:
    assert pain002.read(report(status("KP-1-2-1", said, "BE08"))) == []


def test_a_report_on_a_copy_says_so_of_all_that_is_in_it() -> None:
    content = report(status("KP-1-2-1", "RJCT", "AC04"), whole="file", code="DU01")
    assert pain002.read(content) == [
        Rejection("KP-1-F1", "KP-1-2-1", "DU01"),
        Rejection("KP-1-F1", "", "DU01"),
    ]


def test_that_it_is_a_copy_is_told_before_other_reasons() -> None:
    one = status("KP-1-2-1", "RJCT", "NARR")
    reason = "<StsRsnInf><Rsn><Cd>NARR</Cd></Rsn></StsRsnInf>"
    content = report(one).replace(reason.encode(), (reason + reason.replace("NARR", "DU04")).encode())
    assert pain002.read(content) == [Rejection("KP-1-F1", "KP-1-2-1", "DU04")]


@pytest.mark.parametrize("of", ["file", "batch"])
def test_a_file_that_was_rejected_whole_is_one_rejection(of: str) -> None:
    assert pain002.read(report(whole=of, code="DU01")) == [Rejection("KP-1-F1", "", "DU01")]


def test_a_payments_own_reason_is_told_before_that_of_the_whole() -> None:
    content = report(status("KP-1-2-1", "RJCT", "AC04"), whole="file", code="NARR")
    assert pain002.read(content) == [
        Rejection("KP-1-F1", "KP-1-2-1", "AC04"),
        Rejection("KP-1-F1", "", "NARR"),
    ]


def test_a_payment_without_a_number_is_passed_over() -> None:
    assert pain002.read(report(status("", "RJCT", "AC01"))) == []


REFUSED = {
    "a bomb of entities": BOMB.replace("camt.053.001.08", "pain.002.001.10"),
    "a statement": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
    "another version": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.02"/>',
    "another name space": '<Document xmlns="urn:example:pain.002.001.10"><CstmrPmtStsRpt/></Document>',
    "no report": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"/>',
    "no XML": "RJCT",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_is_no_report_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match="the file"):
        pain002.read(content.encode())


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        pain002.read(report() + b" " * MOST_BYTES)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_harm_than_a_refusal(content: bytes) -> None:
    for read in (pain002.read, pain002.is_report):
        with contextlib.suppress(ValueError):
            read(content)
