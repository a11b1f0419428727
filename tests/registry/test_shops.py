# SPDX-License-Identifier: EUPL-1.2
"""Shops and tills: registered all or none, joined by a code for one till, gone when removed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import CsvInvalid, PairingCodeInvalid, ShopUnknown, TillAlreadyAdded
from kindpakket.registry.shops import MOST_OPEN_CODES, JoiningShop, NewShop, Shop
from kindpakket.registry.store import Registry
from kindpakket.registry.tables import pairing_code
from tests.ledger.databases import connect

BIKES = NewShop(
    line=2,
    name="Fietsen Jansen",
    categories=(3,),
    iban="NL90INGB0009000000",
    street="Hoofdstraat 12",
    town="Zuidhorn",
    opening="ma-za 9.00-17.30",
)
SPORT = replace(BIKES, line=3, name="Sport en Spel", categories=(2, 6, 31), iban="NL95INGB0009000007")
TILL, OTHER_TILL = "0x" + "a1" * 20, "0x" + "b2" * 20
CODE, OTHER_CODE = b"\x01" * 32, b"\x02" * 32


def token(number: int) -> bytes:
    return bytes([number]) * 32


def pair(
    registry: Registry,
    *,
    code: bytes = CODE,
    till: str = TILL,
    name: str = "Kassa 1",
    of: int = 1,
    now: int = 100,
) -> Shop:
    return registry.shops.pair(code, till=till, name=name, token_hash=token(of), now=now)[0]


def remove_till(url: str, *, at: int) -> None:
    with connect(url) as connection:
        connection.execute(
            text(f"UPDATE till SET removed_at = {at}, token_hash = NULL WHERE till = '{TILL}'")
        )


def kept_codes(url: str) -> set[bytes]:
    with connect(url) as connection:
        return {bytes(row.code_hash) for row in connection.execute(select(pairing_code.c.code_hash))}


@pytest.fixture
def shops(registry: Registry) -> list[int]:
    """Two shops, with a code each that works until before 200."""
    numbers = registry.shops.create_shops([BIKES, SPORT], programme=1)
    for code, number in zip((CODE, OTHER_CODE), numbers, strict=True):
        registry.shops.create_pairing_code(code, shop=number, now=50, ends_at=200)
    return numbers


# ------------------------------------------------------------------ shops


def test_an_unknown_shop_is_refused(registry: Registry) -> None:
    with pytest.raises(ShopUnknown):
        registry.shops.shop(1)
    with pytest.raises(ShopUnknown):
        registry.shops.create_pairing_code(CODE, shop=1, now=50, ends_at=200)


def test_a_shop_is_registered_once_and_with_it_nothing_else(registry: Registry, shops: list[int]) -> None:
    new = replace(BIKES, name="Bruna", iban="NL07INGB0009000014")
    again = replace(SPORT, line=4, name="SPORT en Spel")
    with pytest.raises(CsvInvalid) as refused:
        registry.shops.create_shops([new, again, replace(new, line=5)], programme=1)
    assert [(fault["line"], fault["column"], fault["found"]) for fault in refused.value.errors] == [
        (4, "name", "SPORT en Spel"),
        (5, "name", "Bruna"),
    ]
    assert [shop.shop for shop in registry.shops.shops()] == shops


def test_of_two_uploads_of_one_file_at_once_one_is_registered(registry: Registry) -> None:
    start = threading.Barrier(2)

    def upload(_upload: int) -> bool:
        start.wait()
        try:
            registry.shops.create_shops([BIKES, SPORT], programme=1)
        except CsvInvalid:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(upload, range(2))) == [False, True]
    assert len(registry.shops.shops()) == 2


def test_an_error_tells_no_name_or_account(registry: Registry, url: str) -> None:
    nameless = replace(BIKES, name="", iban="NL07INGB0009000014")
    with pytest.raises(IntegrityError) as refused:
        registry.shops.create_shops([nameless], programme=1)
    for told in (str(refused.value), repr(refused.value), str(refused.value.orig)):
        assert nameless.iban not in told and nameless.street not in told


def test_shops_wait_until_they_joined_their_programme(registry: Registry, shops: list[int]) -> None:
    later = registry.shops.create_shops([replace(BIKES, name="Bruna")], programme=2)
    assert registry.shops.joining_shops() == [
        JoiningShop(shop=1, programme=1, categories=(3,)),
        JoiningShop(shop=2, programme=1, categories=(2, 6, 31)),
        JoiningShop(shop=3, programme=2, categories=(3,)),
    ]
    registry.shops.mark_joined([1, 3], programme=1)
    registry.shops.mark_joined([1, 3], programme=1)
    assert [shop.shop for shop in registry.shops.joining_shops()] == [2, *later]


def test_shops_are_numbered_from_1_in_the_order_given(registry: Registry, shops: list[int]) -> None:
    assert shops == [1, 2]
    assert registry.shops.create_shops([], programme=1) == []
    assert registry.shops.shop(2) == Shop(
        shop=2,
        name="Sport en Spel",
        categories=(2, 6, 31),
        street="Hoofdstraat 12",
        town="Zuidhorn",
        opening="ma-za 9.00-17.30",
    )


def test_shops_with_one_account_are_one_merchant_s(registry: Registry, shops: list[int], url: str) -> None:
    registry.shops.create_shops([replace(BIKES, name="Fietsen Jansen Noord")], programme=1)
    with connect(url) as connection:
        merchants = connection.execute(text("SELECT name, iban FROM merchant ORDER BY merchant")).all()
    assert [tuple(row) for row in merchants] == [(BIKES.name, BIKES.iban), (SPORT.name, SPORT.iban)]


# ------------------------------------------------------------------ tills


def test_an_unknown_code_pairs_no_till(registry: Registry, shops: list[int]) -> None:
    with pytest.raises(PairingCodeInvalid):
        pair(registry, code=b"\x09" * 32)


def test_a_code_works_until_before_its_end(registry: Registry, shops: list[int]) -> None:
    with pytest.raises(PairingCodeInvalid):
        pair(registry, now=200)
    assert pair(registry, now=199).shop == shops[0]


def test_a_shop_has_so_many_codes_open_and_one_more_ends_the_one_that_ends_first(
    registry: Registry, shops: list[int], url: str
) -> None:
    shop = shops[0]
    long_ago, *newer = (bytes([10 + number]) * 32 for number in range(MOST_OPEN_CODES))
    registry.shops.create_pairing_code(long_ago, shop=shop, now=60, ends_at=150)
    for code in newer:
        # With CODE, which works until before 200, there are as many as there may be from the last but one on.
        registry.shops.create_pairing_code(code, shop=shop, now=60, ends_at=180)
    assert kept_codes(url) == {CODE, *newer, OTHER_CODE}, "the other shop's stays"
    with pytest.raises(PairingCodeInvalid):
        pair(registry, code=long_ago)
    assert pair(registry).shop == shop
    registry.shops.create_pairing_code(long_ago, shop=shop, now=60, ends_at=150)
    assert kept_codes(url) == {CODE, *newer, OTHER_CODE, long_ago}, "one that was used is not open"
    assert pair(registry, of=2).shop == shop, "its till may still ask again"


def test_codes_that_are_too_old_are_forgotten_when_one_is_made(
    registry: Registry, shops: list[int], url: str
) -> None:
    new = b"\x03" * 32
    registry.shops.create_pairing_code(new, shop=shops[0], now=199, ends_at=300)
    assert kept_codes(url) == {CODE, OTHER_CODE, new}
    registry.shops.create_pairing_code(b"\x04" * 32, shop=shops[0], now=200, ends_at=300)
    assert kept_codes(url) == {new, b"\x04" * 32}


def test_a_code_is_for_one_till(registry: Registry, shops: list[int]) -> None:
    pair(registry)
    with pytest.raises(PairingCodeInvalid):
        pair(registry, till=OTHER_TILL, of=2)
    assert [till.address for till in registry.shops.tills(shops[0])] == [TILL]


def test_of_two_tills_with_one_code_at_once_one_is_paired(registry: Registry, shops: list[int]) -> None:
    start = threading.Barrier(2)

    def try_code(till: str) -> bool:
        start.wait()
        try:
            pair(registry, till=till, of=int(till[2:4], 16))
        except PairingCodeInvalid:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(try_code, [TILL, OTHER_TILL])) == [False, True]


def test_a_till_of_one_shop_does_not_join_another(registry: Registry, shops: list[int]) -> None:
    pair(registry)
    with pytest.raises(TillAlreadyAdded) as refused:
        pair(registry, code=OTHER_CODE, of=2)
    assert refused.value.shop == shops[0]
    # The code was not used up by it.
    pair(registry, code=OTHER_CODE, till=OTHER_TILL, of=2)


def test_the_same_till_again_gets_a_new_token_and_the_old_one_ends(
    registry: Registry, shops: list[int]
) -> None:
    pair(registry, of=1)
    pair(registry, of=2, name="Kassa voor", now=150)
    assert registry.shops.till_by_token(token(1)) is None
    till = registry.shops.till_by_token(token(2))
    assert till is not None
    assert (till.address, till.shop, till.name, till.paired_at) == (TILL, shops[0], "Kassa voor", 100)


def test_the_same_till_after_the_end_of_its_code_is_refused(registry: Registry, shops: list[int]) -> None:
    pair(registry)
    with pytest.raises(PairingCodeInvalid):
        pair(registry, of=2, now=200)
    assert registry.shops.till_by_token(token(1)) is not None


def test_a_till_s_address_in_capitals_is_the_same_till(registry: Registry, shops: list[int]) -> None:
    pair(registry)
    pair(registry, till="0x" + TILL[2:].upper(), of=2)
    assert registry.shops.till_names(shops[0]) == {TILL: "Kassa 1"}


def test_a_removed_till_s_token_ends_and_its_name_stays(
    registry: Registry, shops: list[int], url: str
) -> None:
    pair(registry)
    remove_till(url, at=150)
    assert registry.shops.till_by_token(token(1)) is None
    assert registry.shops.till_names(shops[0]) == {TILL: "Kassa 1"}
    assert [till.removed_at for till in registry.shops.tills(shops[0])] == [150]


def test_a_removed_till_can_join_another_shop(registry: Registry, shops: list[int], url: str) -> None:
    pair(registry)
    remove_till(url, at=150)
    assert pair(registry, code=OTHER_CODE, of=2, now=160).shop == shops[1]
    till = registry.shops.till_by_token(token(2))
    assert till is not None
    assert (till.shop, till.paired_at, till.removed_at) == (shops[1], 160, None)
