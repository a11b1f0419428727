# SPDX-License-Identifier: EUPL-1.2
"""Readers of what comes from outside, tried by hypothesis; `scripts/fuzz parsers` lets atheris search for longer.

given any bytes, and right ones with some changed
├── a reader takes them or refuses them as it says, and nothing else happens
└── what it takes, it writes the same way again
given anything that can be said
├── a ticket, a letter and a table that are written are read the same
└── an amount in a statement is read to the cent
given a large request, made to be hard
└── a reader needs no more memory than some times its size
"""

from __future__ import annotations

import tracemalloc

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.bank import camt
from kindpakket.csv_tables import Column, Faults, decode_upload, read_rows, tidy, write_rows
from kindpakket.settings import Settings
from kindpakket.tickets import code, keys, letter
from tests.payout_runs.bank import entry, statement

from .guided import NAMES
from .parsers import READERS, REFUSED, TAKEN
from .seeds import seeds, valid_codes

LARGE = Settings.model_fields["max_body_bytes"].default // 4
"""A quarter of the largest request: what grows faster than it would show."""
MOST_MEMORY = 500
"""Times the size of a request: a line of two bytes and an element of seven are objects of some hundred."""

settings = hypothesis.settings(deadline=None, derandomize=True, database=None, max_examples=200)
bytes_32 = st.binary(min_size=32, max_size=32)


@st.composite
def damaged(draw: st.DrawFn, contents: list[bytes]) -> bytes:
    """Something right, of which up to four places were changed."""
    content = bytearray(draw(st.sampled_from(contents)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        until = place + draw(st.integers(0, 3))
        content[place:until] = draw(st.one_of(st.binary(max_size=4), st.sampled_from(contents)))
    return bytes(content)


def test_each_reader_is_tried_and_takes_what_is_right() -> None:
    assert set(READERS) == set(NAMES) == set(seeds())
    for name, contents in seeds().items():
        assert {READERS[name](content) for content in contents} == {TAKEN}, name


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_takes_any_bytes_or_refuses_them_as_it_says(name: str) -> None:
    @settings
    @given(st.one_of(st.binary(max_size=200), damaged(seeds()[name]), st.text().map(str.encode)))
    def try_bytes(content: bytes) -> None:
        assert READERS[name](content) in (TAKEN, REFUSED)

    try_bytes()


@settings
@given(
    shop=st.integers(0, 0xFFFF),
    max_cents=st.integers(0, 0xFFFFFF),
    minutes=st.integers(0, 0xFFFFFFFF),
    r=bytes_32,
    s=bytes_32,
    recovery=st.integers(0, 1),
)
def test_a_ticket_that_is_written_is_read_the_same(
    shop: int, max_cents: int, minutes: int, r: bytes, s: bytes, recovery: int
) -> None:
    signature = keys.Signature(r=r, s=s, recovery=recovery)
    ticket = code.Ticket(shop=shop, max_cents=max_cents, expires_at=minutes * 60, signature=signature)
    assert code.read(code.write(ticket)) == ticket


@settings
@given(place=st.integers(0, 116), character=st.characters())
def test_a_ticket_with_another_character_is_another_one_or_none(place: int, character: str) -> None:
    right = valid_codes()[0]
    changed = right[:place] + character + right[place + 1 :]
    hypothesis.assume(changed != right)
    try:
        assert code.read(changed) != code.read(right)
    except code.TicketUnreadable:
        return


@settings
@given(secret=st.binary(min_size=10, max_size=10), spaces=st.lists(st.integers(0, 20), max_size=4))
def test_a_letter_that_is_written_is_read_the_same_however_it_is_typed(
    secret: bytes, spaces: list[int]
) -> None:
    typed = letter.format_code(secret).lower().replace("0", "o").replace("1", "l")
    for place in spaces:
        typed = f"{typed[:place]} {typed[place:]}"
    assert letter.parse_code(typed) == secret


@settings
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=20)),
        min_size=1,
        max_size=5,
    )
)
def test_a_table_that_is_written_is_read_the_same(table: list[tuple[str, str, str]]) -> None:
    tidied = []
    for line in table:
        try:
            cells = [tidy(cell) for cell in line]
        except ValueError:
            hypothesis.reject()
        hypothesis.assume(any(cells) and not any(cell.startswith(("=", "+", "-", "@")) for cell in cells))
        tidied.append(cells)
    columns = [Column(name) for name in ("one", "two", "three")]
    faults = Faults()
    written = write_rows(["one", "two", "three"], tidied, delimiter=";")
    read = [list(row.cells.values()) for row in read_rows(decode_upload(written.encode()), columns, faults)]
    assert (read, len(faults)) == (tidied, 0)


@settings
@given(st.integers(0, 10**15 - 1))
def test_an_amount_in_a_statement_is_read_to_the_cent(amount_cents: int) -> None:
    content = statement(entry("KP-1-1", f"{amount_cents // 100}.{amount_cents % 100:02}"))
    ((found,),) = (one.entries for one in camt.read(content))
    assert (found.amount_cents, found.end_to_end_id, found.kind) == (amount_cents, "KP-1-1", "paid")


def _hostile(name: str) -> list[bytes]:
    """A large request of what is hard to read."""

    def fill(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
        return before + piece * ((LARGE - len(before) - len(after)) // len(piece)) + after

    head, tail = seeds()["camt053"][-1].split(b"</Stmt>")
    deep = (LARGE - len(head) - len(tail)) // 7
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    hostile = {
        "csv": [
            fill(b'"'),
            fill(b"a,"),
            fill(b"a\n", b"kenmerk\n"),
            fill(b"\n", b"kenmerk\n"),
            fill("\u0344\n".encode(), b"kenmerk\n"),
        ],
        "camt053": [
            head + b"<a>" * deep + b"</a>" * deep + b"</Stmt>" + tail,
            fill(b"<Ntry/>", head, b"</Stmt>" + tail),
            fill(b"<Ntry><NtryDtls><TxDtls/><TxDtls/></NtryDtls></Ntry>", head, b"</Stmt>" + tail),
            fill(b"<a>"),
            bomb,
        ],
        "pain002": [fill(b"<a>"), bomb],
        "letter": [fill(b"0"), fill("\u0130".encode())],
        "ticket": [fill(b"0", b"KP1:"), fill(b"KP1:")],
        "base45": [fill(b"0")],
        "euros": [fill(b"1"), fill(b".111", b"1")],
        "account": [fill(b"NL"), fill(b" ")],
        "signature": [fill(b"\xff")],
    }
    return hostile[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_large_request_needs_no_more_memory_than_some_times_its_size(name: str) -> None:
    for content in _hostile(name):
        tracemalloc.start()
        try:
            assert READERS[name](content) in (TAKEN, REFUSED)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < MOST_MEMORY * LARGE, f"{most:,} bytes for {content[:60]!r}"
