# SPDX-License-Identifier: EUPL-1.2
"""Malformed codes to a running server and to the till in a real browser; `scripts/fuzz codes` gives both 100,000.

given right codes of a phone with something wrong, of each kind of wrong
├── the server refuses each, as a refusal that fits and never as a failure, and nobody is paid
├── the till reads each as the server does: the same codes unreadable, the same without a signature, the same ids
└── who types or scans them sees red, and the page has no error
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.tickets import code, keys
from kindpakket.tickets.signing import Domain
from tests.fuzz.codes import MUTATIONS, malformed
from tests.support import Town

from .browsers import send_away
from .conftest import Browsers
from .server import Server
from .test_journey import pair, press, type_code
from .test_till import scan_by_hand

COUNT = int(os.environ.get("KINDPAKKET_FUZZ_CODES", "1000"))
SEED = int(os.environ.get("KINDPAKKET_FUZZ_SEED", "1"))
BY_HAND = max(8, COUNT // 500)
BATCH = 2_000
AMOUNT_CENTS, BICYCLES = 100, 3
UNREADABLE, NOT_SIGNED = "unreadable", "ticket_signature_invalid"
#: What a malformed code may be told to be; whatever is longer or has what cannot be kept, is not even looked at.
REFUSALS = {UNREADABLE, NOT_SIGNED, "ticket_unknown", "request_invalid"}
READ_ALL = """(texts) => {
  const { till } = document.querySelector('kp-till');
  return texts.map((text) => {
    try {
      return till.readCode(text).ticketId;
    } catch (error) {
      return error.constructor.name;
    }
  });
}"""
AS_TOLD = {"TicketUnreadable": UNREADABLE, "SignatureInvalid": NOT_SIGNED}


@dataclass(frozen=True)
class Codes:
    """Right codes, malformed ones by what is wrong with them, and the phone and till they are tried with."""

    phone: Phone
    till: Till
    valid: set[str]
    made: list[tuple[str, str]]


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="module")
def codes(town: Town) -> Codes:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    valid = [
        phone.show_code(voucher, max_cents=30_000, expires_at=expiry(town.now(), seconds=3600), number=number)
        for number in range(64)
    ]
    foreign = [
        Phone(phone.client, domain, phone.seed).show_code(
            voucher, max_cents=30_000, expires_at=expiry(town.now(), seconds=3600), number=number
        )
        for domain in (
            Domain(chain_id=town.domain.chain_id + 1, contract=town.domain.contract),
            Domain(chain_id=town.domain.chain_id, contract=b"\x11" * 20),
        )
        for number in range(64)
    ]
    made = list(malformed(valid, foreign, count=COUNT, seed=SEED))
    assert {kind for kind, _ in made} == {*MUTATIONS, "of another fund"}
    return Codes(phone, till, set(valid), made)


def read(text: str, domain: Domain) -> str:
    """How a code is read here: its ticket id, or why it has none."""
    try:
        identity = code.identify(code.read(text), domain)
    except code.TicketUnreadable:
        return UNREADABLE
    return NOT_SIGNED if identity is None else f"0x{identity[0].hex()}"


def charge(town: Town, till: Till, text: str) -> tuple[str, bytes]:
    """The path and the body with which a till would charge a code, rightly signed as far as that can be."""
    seen = read(text, town.domain)
    ticket_id = bytes.fromhex(seen[2:]) if seen.startswith("0x") else b"\7" * 32
    digest = town.domain.charge_digest(ticket_id=ticket_id, amount_cents=AMOUNT_CENTS, category=BICYCLES)
    body = {
        "ticket": text,
        "amountCents": AMOUNT_CENTS,
        "category": BICYCLES,
        "signature": f"0x{keys.sign(till.key, digest).compact.hex()}",
    }
    return f"/api/v1/redemptions/0x{ticket_id.hex()}", json.dumps(body).encode()


def test_the_server_refuses_each_and_nobody_is_paid(served: Server, town: Town, codes: Codes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
    headers = {"Authorization": f"Bearer {codes.till.client.token}", "Content-Type": "application/json"}
    before = money(town, codes)
    told: Counter[tuple[str, str]] = Counter()
    for kind, text in codes.made:
        path, body = charge(town, codes.till, text)
        connection.request("PUT", path, body, headers)
        answer = connection.getresponse()
        problem: dict[str, Any] = json.loads(answer.read())
        assert 400 <= answer.status < 500, (kind, text, problem)
        assert answer.getheader("content-type") == "application/problem+json", (kind, text)
        told[problem["reason"], kind] += 1
    connection.close()
    reasons = Counter[str]()
    for (reason, _), count in told.items():
        reasons[reason] += count
    print(f"to the server: {sum(reasons.values()):,} codes, refused as {dict(reasons.most_common())}")
    for (reason, kind), count in sorted(told.items()):
        print(f"  {reason:<26} {kind:<20} {count:>7,}")
    assert set(reasons) <= REFUSALS
    assert money(town, codes) == before


def money(town: Town, codes: Codes) -> list[int]:
    """What is left on each voucher of the phone."""
    return [town.balance_cents(codes.phone, voucher) for voucher in codes.phone.next_numbers]


@pytest.fixture
def page(served: Server, town: Town, browsers: Browsers) -> Page:
    """A paired till."""
    page = browsers.open("till", width=800, height=900)
    pair(page, served, town, town.shops[0])
    return page


def test_the_till_reads_each_as_the_server_does(page: Page, town: Town, codes: Codes) -> None:
    seen: Counter[str] = Counter()
    for start in range(0, COUNT, BATCH):
        texts = [text for _, text in codes.made[start : start + BATCH]]
        here = [read(text, town.domain) for text in texts]
        there = [AS_TOLD.get(one, one) for one in page.evaluate(READ_ALL, texts)]
        assert there == here
        seen.update("a ticket of nobody's" if one.startswith("0x") else one for one in there)
    print(f"to the till: {sum(seen.values()):,} codes, read as {dict(seen.most_common())}")


def test_who_types_or_scans_one_sees_red(page: Page, town: Town, codes: Codes) -> None:
    dice = random.Random(SEED)
    # Who types need not mind capitals and spaces, nor does a scanner: so some are right after all.
    wrong = [text for _, text in codes.made if as_typed(text) and as_typed(text) not in codes.valid]
    keys_only = [text for text in wrong if re.fullmatch(r"KP1:[ -~]{1,396}", text)]
    typed = dice.sample(wrong, BY_HAND)
    shown: Counter[str] = Counter()
    for text in typed:
        type_code(page, text)
        shown[look(page)] += 1
    for text in dice.sample(keys_only, BY_HAND):
        scan_by_hand(page, text)
        shown[look(page)] += 1
    print(
        f"typed and scanned on the screen: {sum(shown.values())} codes, shown as {dict(shown.most_common())}"
    )
    assert set(shown) <= REFUSALS


def as_typed(text: str) -> str:
    """What a field and a scanner make of a code."""
    return re.sub(r"[\r\n]", "", text).strip().upper()


def look(page: Page) -> str:
    """Look at what the till shows; a code that reads like a ticket is charged. Say why it is red, and send it away."""
    result = page.get_by_test_id("result")
    expect(result.or_(page.get_by_test_id("amount-display"))).to_be_visible()
    if not result.count():
        press(page, "100")
    expect(result).to_have_attribute("data-colour", "red")
    reason = result.get_attribute("data-reason") or ""
    send_away(page)
    expect(result).to_have_count(0)
    back = page.get_by_test_id("amount-back")
    if back.count():
        back.click()
    expect(page.get_by_test_id("type-code")).to_be_visible()
    return reason
