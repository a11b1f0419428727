# SPDX-License-Identifier: EUPL-1.2
"""Ticket keys: each leads to one voucher, or to none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kindpakket.errors import TicketKeysTaken
from kindpakket.registry.store import Registry
from kindpakket.registry.tickets import TicketKey

HOLDER = b"\x01" * 20
ROOT = b"\x02" * 32


def keys_of(phone: int) -> list[bytes]:
    return [bytes([phone]) * 19 + bytes([place]) for place in range(256)]


def save(
    registry: Registry, voucher: int, generation: int, keys: list[bytes], *, holder: bytes = HOLDER
) -> int:
    return registry.tickets.save_ticket_list(
        voucher, generation, holder=holder, ticket_root=ROOT, ticket_keys=keys
    )


@pytest.mark.parametrize(
    "keys",
    [keys_of(1)[:255], [*keys_of(1), b"\x09" * 20], [*keys_of(1)[:255], b"\x09" * 19]],
    ids=["one too few", "one too many", "one too short"],
)
def test_a_list_that_is_not_256_addresses_is_refused(keys: list[bytes], registry: Registry) -> None:
    with pytest.raises(ValueError, match="256 addresses"):
        save(registry, 1, 0, keys)


def test_a_key_twice_in_a_list_is_refused(registry: Registry) -> None:
    with pytest.raises(TicketKeysTaken):
        save(registry, 1, 0, [*keys_of(1)[:255], keys_of(1)[0]])


@pytest.mark.parametrize(
    ("voucher", "generation"), [(2, 0), (1, 1), (1, 0)], ids=["voucher", "generation", "order"]
)
def test_a_key_of_another_list_is_refused(voucher: int, generation: int, registry: Registry) -> None:
    save(registry, 1, 0, keys_of(1))
    with pytest.raises(TicketKeysTaken):
        save(registry, voucher, generation, [*keys_of(2)[:255], keys_of(1)[17]])
    assert registry.tickets.find_ticket_key(keys_of(2)[0]) is None


def test_a_key_that_nobody_has_is_not_found(registry: Registry) -> None:
    assert registry.tickets.find_ticket_key(b"\x05" * 20) is None
    assert registry.tickets.ticket_list(1) is None


def test_a_key_leads_to_its_voucher_number_and_holder(registry: Registry) -> None:
    number = save(registry, 12, 3, keys_of(1))
    for place in (0, 255):
        assert registry.tickets.find_ticket_key(keys_of(1)[place]) == TicketKey(
            ticket_list=number, voucher=12, number=3 * 256 + place, holder=HOLDER
        )


def test_a_list_is_kept_as_it_was_given(registry: Registry) -> None:
    kept = registry.tickets.ticket_list(save(registry, 12, 3, keys_of(1)))
    assert kept is not None
    assert (kept.voucher, kept.generation, kept.holder, kept.ticket_root) == (12, 3, HOLDER, ROOT)
    assert list(kept.ticket_keys) == keys_of(1)


def test_the_same_list_again_is_the_same(registry: Registry) -> None:
    assert save(registry, 1, 0, keys_of(1)) == save(registry, 1, 0, keys_of(1))


def test_when_two_phones_activate_one_voucher_each_key_leads_to_its_own_list(registry: Registry) -> None:
    first = save(registry, 1, 0, keys_of(1))
    second = save(registry, 1, 0, keys_of(2), holder=b"\x03" * 20)
    for phone, number, holder in ((1, first, HOLDER), (2, second, b"\x03" * 20)):
        found = registry.tickets.find_ticket_key(keys_of(phone)[5])
        assert found == TicketKey(ticket_list=number, voucher=1, number=5, holder=holder)


def test_of_two_vouchers_that_claim_the_same_keys_at_once_one_gets_them(registry: Registry) -> None:
    start = threading.Barrier(2)

    def claim(voucher: int) -> bool:
        start.wait()
        try:
            save(registry, voucher, 0, keys_of(1))
        except TicketKeysTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(claim, [1, 2])) == [False, True]
