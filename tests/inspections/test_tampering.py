# SPDX-License-Identifier: EUPL-1.2
"""Books that were tampered with: an inspection names what, and the page shows it.

given books in which all is right
├── an inspection finds nothing, and has every figure twice
└── when the ledger, the log of staff, a stored payout file or a published head is changed: an amount, a row less, a row
    more, a byte
    ├── or so that nothing can be read any more: that is what is found, and the other parts are inspected all the same
    ├── the inspection names it, and the page of the inspection shows it
    └── every page has a banner until an auditor has taken note of it
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DataError
from structlog.testing import capture_logs

from kindpakket import inspections
from kindpakket.inspections import Inspection
from kindpakket.ledger import tables as ledger_tables
from kindpakket.services import Services
from tests.console.browser import Browser
from tests.ledger.databases import bytes_in_sql, connect, on_postgresql

LEDGER, REGISTRY = "ledger", "registry"
UNREADABLE = "could not be read"


class Tampering(NamedTuple):
    """What somebody does to a database, and the part and words that the inspection names it by."""

    store: str
    do: Callable[[Connection], None]
    part: str
    words: str


def sql(*statements: str) -> Callable[[Connection], None]:
    def do(connection: Connection) -> None:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement

    return do


def change_file(change: Callable[[bytes], bytes], *, hash_too: bool = False) -> Callable[[Connection], None]:
    """Change the stored bytes of the payout file, and perhaps the hash beside them."""

    def do(connection: Connection) -> None:
        before = connection.execute(text("SELECT content FROM payout_file")).scalar_one()
        after = change(before)
        assert after != before
        connection.execute(text("UPDATE payout_file SET content = :content"), {"content": after})
        if hash_too:
            sha256 = hashlib.sha256(after).digest()
            connection.execute(text("UPDATE payout_file SET sha256 = :sha256"), {"sha256": sha256})

    return do


def _say_another_amount(connection: Connection) -> None:
    table = ledger_tables.event
    redeemed = select(table.c.block, table.c.arguments).where(table.c.name == "Redeemed")
    (event,) = (row for row in connection.execute(redeemed) if row.arguments["amount_cents"] == 3745)
    changed = update(table).where(table.c.name == "Redeemed", table.c.block == event.block)
    connection.execute(changed.values(arguments=event.arguments | {"amount_cents": 3744}))


def _without_a_payment(content: bytes) -> bytes:
    start, end = content.index(b"<CdtTrfTxInf>"), content.index(b"</CdtTrfTxInf>") + len(b"</CdtTrfTxInf>")
    return content[:start] + content[end:]


def _with_a_payment_more(content: bytes) -> bytes:
    start, end = content.index(b"<CdtTrfTxInf>"), content.index(b"</CdtTrfTxInf>") + len(b"</CdtTrfTxInf>")
    return content[:end] + content[start:end] + content[end:]


def _with_another_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


TAMPERINGS: dict[str, Tampering] = {
    "a payment is a cent more": Tampering(
        LEDGER,
        sql("UPDATE redemption SET amount_cents = amount_cents + 1 WHERE amount_cents = 3745"),
        "ledger",
        "redemption: voucher=1 number=0",
    ),
    "a shop earned a cent more": Tampering(
        LEDGER,
        sql("UPDATE shop_programme SET redeemed_cents = redeemed_cents + 1 WHERE shop = 1"),
        "ledger",
        "programme 1, shop 1: earned",
    ),
    "a voucher holds a cent less": Tampering(
        LEDGER,
        sql("UPDATE voucher SET balance_cents = balance_cents - 1 WHERE voucher = 2"),
        "ledger",
        "voucher: voucher=2",
    ),
    "a cent goes from one voucher to another": Tampering(
        LEDGER,
        sql(
            "UPDATE voucher SET balance_cents = balance_cents - 1 WHERE voucher = 2",
            "UPDATE voucher SET balance_cents = balance_cents + 1 WHERE voucher = 1",
        ),
        "ledger",
        "voucher: voucher=1",
    ),
    "more was deposited": Tampering(
        LEDGER,
        sql("UPDATE programme SET deposited_cents = deposited_cents + 100"),
        "ledger",
        "programme 1: deposited",
    ),
    "a payout is missing": Tampering(
        LEDGER, sql("DELETE FROM settlement WHERE shop = 1"), "ledger", "settlement: "
    ),
    "a refund is missing": Tampering(LEDGER, sql("DELETE FROM refund"), "ledger", "refund: "),
    "an entry is missing": Tampering(
        LEDGER, sql("DELETE FROM entry WHERE cents = 3745 AND part = 0"), "ledger", "entry: "
    ),
    "an entry is added": Tampering(
        LEDGER,
        sql(
            "INSERT INTO entry (block, log_index, part, from_account, to_account, cents, at)"
            " SELECT block, log_index, 9, from_account, to_account, 5, at FROM entry WHERE cents = 3745"
        ),
        "ledger",
        "part=9",
    ),
    "a payment is added": Tampering(
        LEDGER,
        sql(
            f"INSERT INTO redemption SELECT voucher, 255, {bytes_in_sql(b'i' * 32)}, shop, programme, category,"
            " 100, 0, till, at, block, 77 FROM redemption WHERE number = 0"
        ),
        "ledger",
        "redemption: voucher=1 number=255",
    ),
    "an event says another amount": Tampering(
        LEDGER,
        _say_another_amount,
        "ledger",
        "event: ",
    ),
    "an event has another hash": Tampering(
        LEDGER,
        sql(f"UPDATE event SET transaction_hash = {bytes_in_sql(b'i' * 32)} WHERE name = 'Deposited'"),
        "ledger",
        "event: ",
    ),
    "somebody else did it": Tampering(
        REGISTRY,
        sql("UPDATE staff_log SET staff_name = 'Bram' WHERE entry = 3"),
        "staff_log",
        "entry 3 was changed",
    ),
    "it was about another number": Tampering(
        REGISTRY,
        sql("UPDATE staff_log SET about = 'programme=2' WHERE entry = 5"),
        "staff_log",
        "entry 5 was changed",
    ),
    "a line of the log is missing": Tampering(
        REGISTRY,
        sql("DELETE FROM staff_log WHERE entry = 6"),
        "staff_log",
        "entry 7 follows entry 5",
    ),
    "a line of the log is added": Tampering(
        REGISTRY,
        sql(
            "INSERT INTO staff_log SELECT entry + 1, at, staff, staff_name, action, about, reason, outcome,"
            f" NULL, {bytes_in_sql(b'i' * 32)}, {bytes_in_sql(b'j' * 32)} FROM staff_log"
            " ORDER BY entry DESC LIMIT 1"
        ),
        "staff_log",
        "does not hold the hash of the entry before it",
    ),
    "a byte of a hash of the log": Tampering(
        REGISTRY,
        sql(f"UPDATE staff_log SET hash = {bytes_in_sql(b'i' * 32)} WHERE entry = 4"),
        "staff_log",
        "entry 4 was changed",
    ),
    "the file pays another amount": Tampering(
        REGISTRY,
        change_file(lambda content: content.replace(b"37.45", b"73.45")),
        "payouts",
        "its bytes have another hash",
    ),
    "the file lacks a payment": Tampering(
        REGISTRY, change_file(_without_a_payment), "payouts", "its bytes have another hash"
    ),
    "the file has a payment more": Tampering(
        REGISTRY, change_file(_with_a_payment_more), "payouts", "its bytes have another hash"
    ),
    "a byte of the file": Tampering(
        REGISTRY, change_file(_with_another_byte), "payouts", "its bytes have another hash"
    ),
    "the file and its hash": Tampering(
        REGISTRY,
        change_file(_with_a_payment_more, hash_too=True),
        "payouts",
        "its hash is not on the chain",
    ),
    "the register pays another account": Tampering(
        REGISTRY,
        sql("UPDATE payout_payment SET iban = 'NL02ABNA0123456789' WHERE transfer = 1"),
        "payouts",
        "which the register does not",
    ),
    "the register pays another amount": Tampering(
        REGISTRY,
        sql("UPDATE payout_payment SET amount_cents = amount_cents + 1 WHERE transfer = 1"),
        "payouts",
        "the chain has another amount",
    ),
    "the register forgot a payment": Tampering(
        REGISTRY,
        sql("DELETE FROM payout_payment WHERE transfer = 1"),
        "payouts",
        "which the register does not",
    ),
    "the register forgot what a payout settled": Tampering(
        REGISTRY,
        sql("DELETE FROM payout_settlement WHERE shop = 1"),
        "payouts",
        "which no payout knows",
    ),
    "a published head has another hash": Tampering(
        REGISTRY,
        sql(f"UPDATE published_head SET hash = {bytes_in_sql(b'i' * 32)}"),
        "chain",
        "head: ",
    ),
    "a published head has another root": Tampering(
        REGISTRY,
        sql(f"UPDATE published_head SET root = {bytes_in_sql(b'i' * 32)}"),
        "chain",
        "head: its root",
    ),
    "an event cannot be read": Tampering(
        LEDGER, sql("UPDATE event SET arguments = '{' WHERE name = 'Deposited'"), "ledger", UNREADABLE
    ),
    "a payment's day cannot be read": Tampering(
        REGISTRY, sql("UPDATE payout_payment SET booked_on = 'gisteren'"), "payouts", UNREADABLE
    ),
    "a published head's day cannot be read": Tampering(
        REGISTRY, sql("UPDATE published_head SET \"on\" = 'gisteren'"), "chain", UNREADABLE
    ),
    "a published head has other totals": Tampering(
        REGISTRY,
        sql("UPDATE published_total SET owed_cents = owed_cents - 1, settled_cents = settled_cents + 1"),
        "chain",
        "head: settled",
    ),
}


def inspect(services: Services) -> Inspection:
    return inspections.perform(services, inspections.ask(services, occasion="night"))


def test_in_books_that_are_right_nothing_is_found(books: Services) -> None:
    done = inspect(books)
    report = inspections.report(books, done.inspection)
    assert report.findings == ()
    assert done.block == books.chain.head().number
    figures = {(one.programme, one.shop, one.what): one for one in report.figures}
    assert figures[1, 0, "redeemed"].chain_cents == figures[1, 0, "redeemed"].ledger_cents == 5_745
    assert figures[1, 0, "settled"].chain_cents == 4_945
    assert figures[1, 1, "earned"].ledger_cents == 3_745
    assert len(figures) == 9 + 2 * 2
    assert books.registry.inspections.alarm() is None


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_tampered_with_is_named_and_shown(books: Services, clerk: Browser, name: str) -> None:
    tampering = TAMPERINGS[name]
    settings = books.settings
    address = settings.ledger_address if tampering.store == LEDGER else settings.registry_address
    if tampering.words == UNREADABLE and on_postgresql():
        # It keeps no text where a day or JSON belongs.
        with pytest.raises(DataError), connect(address) as connection:
            tampering.do(connection)
        return
    with connect(address) as connection:
        tampering.do(connection)
    with capture_logs() as logs:
        done = inspect(books)
    findings = inspections.report(books, done.inspection).findings
    assert [one for one in findings if one.part == tampering.part and tampering.words in one.subject], (
        findings
    )
    assert [one["log_level"] for one in logs if one["event"] == "books_do_not_agree"] == ["error"]
    page = clerk.open(f"/gemeente/controle/{done.inspection}")
    assert tampering.words in page.text
    assert "Onze boeken kloppen niet" in clerk.open("/gemeente/winkels").text
