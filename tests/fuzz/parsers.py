# SPDX-License-Identifier: EUPL-1.2
"""What must hold of every reader of what comes from outside, whatever comes. Each says how it took some bytes.

A reader raises what it says that it raises and nothing else; what it takes, it writes the same way again, and what it
says of it is within its bounds. `guided` lets atheris look for bytes that break one, `test_parsers.py` hypothesis.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from kindpakket.bank import camt, pain002
from kindpakket.bank.accounts import IbanInvalid, read_iban
from kindpakket.bank.messages import MOST_OF_ID
from kindpakket.csv_tables import MAX_FAULTS, Column, Faults, decode_upload, read_rows, tidy, write_rows
from kindpakket.errors import CsvInvalid
from kindpakket.tickets import base45, code, keys, letter, signing
from kindpakket.units import parse_euros

DOMAIN = signing.Domain(chain_id=72910, contract=b"\x11" * 20)
COLUMNS = (
    Column("reference", ("kenmerk",), required=True),
    Column("children", ("kinderen",)),
    Column("amount", ("bedrag",)),
)
TAKEN, REFUSED = "taken", "refused"


def read_ticket(content: bytes) -> str:
    """Read a ticket's code: exact, so what is read is written the same way."""
    text = content.decode("utf-8", "replace")
    try:
        ticket = code.read(text)
    except code.TicketUnreadable:
        return REFUSED
    assert code.write(ticket) == text
    assert ticket.expires_at % 60 == 0 and ticket.signature.recovery in (0, 1)
    identity = code.identify(ticket, DOMAIN)
    assert identity is None or (len(identity[0]), len(identity[1])) == (32, 20)
    return TAKEN


def read_base45(content: bytes) -> str:
    """Read base45: each text is that of one content only."""
    text = content.decode("utf-8", "replace")
    try:
        decoded = base45.decode(text)
    except ValueError:
        return REFUSED
    assert base45.encode(decoded) == text
    return TAKEN


def read_letter(content: bytes) -> str:
    """Read a letter's code as people type it: what is read, written as printed, is read the same."""
    text = content.decode("utf-8", "replace")
    try:
        secret = letter.parse_code(text)
    except ValueError:
        return REFUSED
    assert len(secret) == letter.SECRET_BYTES
    printed = letter.format_code(secret)
    assert letter.parse_code(printed) == secret
    assert letter.read_characters(text, 16) == printed.replace("-", "")[:-1]
    return TAKEN


def read_signature(content: bytes) -> str:
    """Read a signature and look whose it is: anything of 64 bytes is one, of somebody or of nobody."""
    try:
        signature = keys.Signature.from_compact(content)
    except ValueError:
        return REFUSED
    assert signature.compact == content
    address = keys.recover(b"\x22" * 32, signature)
    assert address is None or len(address) == 20
    return TAKEN


def read_csv(content: bytes) -> str:
    """Read a table: each fault has a line of the file, each cell is tidy, and what is read can be written and read."""
    try:
        text = decode_upload(content)
    except CsvInvalid:
        return REFUSED
    faults = Faults()
    rows = list(read_rows(text, COLUMNS, faults))
    assert len(faults) <= MAX_FAULTS
    for row in rows:
        assert all(tidy(cell) == cell for cell in row.cells.values())
    told = _told(faults)
    if told:
        line_count = len(list(io.StringIO(text, newline="")))
        assert all(1 <= fault["line"] <= max(line_count, 1) for fault in told)
        return REFUSED
    assert rows, "a table without a row has a fault"
    table = [row.cells for row in rows if any(row.cells.values())]
    assert _write_and_read(table) == [{name: _shown(cell) for name, cell in row.items()} for row in table]
    return TAKEN


def read_euros(content: bytes) -> str:
    """Read an amount as Dutch people type it."""
    try:
        amount_cents = parse_euros(content.decode("utf-8", "replace"))
    except ValueError:
        return REFUSED
    assert 0 <= amount_cents < 10**11
    return TAKEN


def read_account(content: bytes) -> str:
    """Read an IBAN: what is read is read the same again."""
    try:
        iban = read_iban(content.decode("utf-8", "replace"))
    except IbanInvalid:
        return REFUSED
    assert read_iban(iban) == iban and iban.isascii() and iban.isalnum()
    return TAKEN


def read_statement(content: bytes) -> str:
    """Read camt.053: amounts of so many digits, names of so many characters."""
    try:
        statements = camt.read(content)
    except ValueError:
        return REFUSED
    entries = [entry for statement in statements for entry in statement.entries]
    assert len(entries) <= camt.MOST_ENTRIES
    for entry in entries:
        assert 0 <= entry.amount_cents < 10**15
        assert max(map(len, (entry.end_to_end_id, entry.bank_reference, entry.return_code))) <= MOST_OF_ID
        assert entry.account == "" or (entry.account.isalnum() and entry.account.isascii())
        assert len(entry.account) <= MOST_OF_ID
    return TAKEN


def read_report(content: bytes) -> str:
    """Read pain.002: it is one or not, and a rejection is of a payment or of all."""
    try:
        is_report = pain002.is_report(content)
    except ValueError:
        return REFUSED
    try:
        rejections = pain002.read(content)
    except ValueError:
        return REFUSED
    assert is_report
    for rejection in rejections:
        assert max(map(len, (rejection.message_id, rejection.end_to_end_id, rejection.code))) <= MOST_OF_ID
    assert sum(not rejection.end_to_end_id for rejection in rejections) <= 1
    return TAKEN


def _told(faults: Faults) -> list[dict[str, Any]]:
    """What who sent a table is told of its faults; nothing when it has none."""
    try:
        faults.refuse()
    except CsvInvalid as refused:
        return refused.errors
    return []


def _write_and_read(table: list[dict[str, str]]) -> list[dict[str, str]]:
    if not table:
        return []
    names = list(table[0])
    # Which character parts the cells is known by the first line; one name alone is parted by a comma.
    delimiter = ";" if len(names) > 1 else ","
    written = write_rows(names, [list(cells.values()) for cells in table], delimiter=delimiter)
    return [row.cells for row in read_rows(decode_upload(written.encode()), COLUMNS, Faults())]


def _shown(cell: str) -> str:
    """What a spreadsheet would take for a formula is written as a text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


READERS: dict[str, Callable[[bytes], str]] = {
    "ticket": read_ticket,
    "base45": read_base45,
    "letter": read_letter,
    "signature": read_signature,
    "csv": read_csv,
    "euros": read_euros,
    "account": read_account,
    "camt053": read_statement,
    "pain002": read_report,
}
