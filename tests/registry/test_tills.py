# SPDX-License-Identifier: EUPL-1.2
"""Tills that join under a name of their own, are removed once and told so for ever, and the reasons that they gave."""

from __future__ import annotations

import pytest

from kindpakket.errors import PairingCodeInvalid, TillAlreadyAdded, TillNameTaken
from kindpakket.registry.shops import Role, Till
from kindpakket.registry.store import Registry

from .test_shops import BIKES, CODE, OTHER_CODE, OTHER_TILL, SPORT, TILL, token

TICKET, OTHER_TICKET = b"\x07" * 32, b"\x08" * 32


@pytest.fixture
def shops(registry: Registry) -> list[int]:
    return registry.shops.create_shops([BIKES, SPORT], programme=1)


def join(
    registry: Registry,
    shop: int,
    *,
    till: str = TILL,
    code: bytes = CODE,
    of: int = 1,
    role: Role = "cashier",
    name: str = "Kassa 1",
) -> Till:
    registry.shops.create_pairing_code(code, shop=shop, now=50, ends_at=900, role=role)
    _, joined = registry.shops.pair(code, till=till, name=name, token_hash=token(of), now=100)
    return joined


THIRD_TILL, THIRD_CODE = "0x" + "c3" * 20, b"\x03" * 32


def test_a_till_gets_the_role_of_its_code_and_of_a_later_one(registry: Registry, shops: list[int]) -> None:
    join(registry, shops[0])
    beside = {"till": OTHER_TILL, "name": "Kassa 2"}
    assert join(registry, shops[0], code=OTHER_CODE, of=2, **beside).role == "cashier"
    assert join(registry, shops[0], code=THIRD_CODE, of=3, role="owner", **beside).role == "owner"
    till = registry.shops.tills(shops[0])[-1]
    assert (till.role, till.last_seen_at) == ("owner", None)


def test_the_first_till_of_a_shop_is_its_owners_and_so_is_the_first_after_the_last_of_those(
    registry: Registry, shops: list[int]
) -> None:
    assert not registry.shops.has_owners_till(shops[0])
    assert join(registry, shops[0]).role == "owner"
    assert join(registry, shops[1], till=OTHER_TILL, code=OTHER_CODE, of=2).role == "owner"
    registry.tills.remove(TILL, shop=shops[0], now=200)
    assert not registry.shops.has_owners_till(shops[0])
    assert join(registry, shops[0], till=THIRD_TILL, code=THIRD_CODE, of=3).role == "owner"


def test_no_code_of_before_makes_an_owners_till_when_the_last_one_is_gone(
    registry: Registry, shops: list[int]
) -> None:
    join(registry, shops[0])
    join(registry, shops[0], till=OTHER_TILL, code=OTHER_CODE, of=2, name="Kassa 2")
    registry.shops.create_pairing_code(THIRD_CODE, shop=shops[0], now=100, ends_at=900, role="cashier")
    registry.tills.remove(TILL, shop=shops[0], now=200)
    # An answer that was lost is given again, and makes no owner's till of it either.
    _, again = registry.shops.pair(OTHER_CODE, till=OTHER_TILL, name="Kassa 2", token_hash=token(4), now=201)
    assert (again.role, again.paired_at) == ("cashier", 100)
    registry.tills.remove(OTHER_TILL, shop=shops[0], now=202)
    for code, till in ((CODE, TILL), (OTHER_CODE, OTHER_TILL), (THIRD_CODE, THIRD_TILL)):
        with pytest.raises(PairingCodeInvalid):
            registry.shops.pair(code, till=till, name="Kassa 3", token_hash=token(5), now=203)


@pytest.mark.parametrize("code", [CODE, OTHER_CODE])
def test_who_has_a_code_and_the_address_of_a_till_in_use_gets_no_token_of_it(
    registry: Registry, shops: list[int], code: bytes
) -> None:
    join(registry, shops[0])
    registry.shops.create_pairing_code(OTHER_CODE, shop=shops[0], now=100, ends_at=900, role="owner")
    registry.tills.note_seen(TILL, at=101)
    with pytest.raises(TillAlreadyAdded) as refused:
        registry.shops.pair(code, till=TILL, name="Kassa 1", token_hash=token(2), now=102)
    assert refused.value.shop == shops[0]
    assert registry.shops.till_by_token(token(1)) is not None
    registry.tills.remove(TILL, shop=shops[0], now=103)


def test_a_till_whose_key_another_shop_still_has_on_the_chain_does_not_join(
    registry: Registry, shops: list[int]
) -> None:
    registry.shops.create_pairing_code(CODE, shop=shops[0], now=50, ends_at=900)
    with pytest.raises(TillAlreadyAdded) as refused:
        registry.shops.pair(CODE, till=TILL, name="Kassa 1", token_hash=token(1), now=100, added_to=shops[1])
    assert refused.value.shop == shops[1]
    # The code is not used up.
    joined = registry.shops.pair(
        CODE, till=TILL, name="Kassa 1", token_hash=token(1), now=100, added_to=shops[0]
    )
    assert joined[0].shop == shops[0]


def test_a_till_is_removed_by_its_own_shop_only_and_once(registry: Registry, shops: list[int]) -> None:
    join(registry, shops[0])
    assert registry.tills.remove(TILL, shop=shops[1], now=200) is None
    assert registry.tills.remove(OTHER_TILL, shop=shops[0], now=200) is None
    assert registry.shops.till_by_token(token(1)) is not None
    first = registry.tills.remove(TILL, shop=shops[0], now=200)
    assert first is not None and first.removed_at == 200
    assert registry.tills.remove(TILL, shop=shops[0], now=300) == first
    assert registry.tills.removed() == [first]


def test_the_token_of_a_removed_till_is_known_as_one_and_opens_nothing(
    registry: Registry, shops: list[int]
) -> None:
    join(registry, shops[0])
    assert not registry.tills.was_removed(token(1))
    registry.tills.remove(TILL, shop=shops[0], now=200)
    assert registry.tills.was_removed(token(1))
    assert registry.shops.till_by_token(token(1)) is None
    assert not registry.tills.was_removed(token(2))


def test_a_removed_till_joins_another_shop_and_its_old_token_stays_dead(
    registry: Registry, shops: list[int]
) -> None:
    join(registry, shops[0])
    registry.tills.remove(TILL, shop=shops[0], now=200)
    joined = join(registry, shops[1], code=OTHER_CODE, of=2)
    assert (joined.shop, joined.removed_at) == (shops[1], None)
    assert registry.tills.removed() == []
    assert registry.shops.till_by_token(token(1)) is None
    registry.tills.remove(TILL, shop=shops[1], now=300)
    assert registry.tills.was_removed(token(1)) and registry.tills.was_removed(token(2))


def test_it_is_written_down_when_a_till_was_seen(registry: Registry, shops: list[int]) -> None:
    join(registry, shops[0])
    registry.tills.note_seen(TILL, at=150)
    (till,) = registry.shops.tills(shops[0])
    assert till.last_seen_at == 150


def test_a_reason_is_kept_for_each_state_and_till_and_the_last_word_counts(
    registry: Registry, shops: list[int]
) -> None:
    join(registry, shops[0])
    join(registry, shops[0], till=OTHER_TILL, code=OTHER_CODE, of=2, name="Kassa 2")
    registry.tills.keep_reason((TICKET, 500, TILL), "price", now=100)
    registry.tills.keep_reason((TICKET, 500, TILL), "mistake", now=110)
    registry.tills.keep_reason((TICKET, 500, OTHER_TILL), "other", now=120)
    registry.tills.keep_reason((TICKET, 300, TILL), "returned", now=130)
    registry.tills.keep_reason((OTHER_TICKET, 1, TILL), "price", now=140)
    assert registry.tills.reasons_of([TICKET]) == {
        (TICKET, 500, TILL): "mistake",
        (TICKET, 500, OTHER_TILL): "other",
        (TICKET, 300, TILL): "returned",
    }
    assert registry.tills.reasons_of([]) == {}


def pair_as(registry: Registry, shop: int, name: str, *, till: str, of: int) -> Till:
    code = bytes([of]) * 32
    registry.shops.create_pairing_code(code, shop=shop, now=50, ends_at=900)
    return registry.shops.pair(code, till=till, name=name, token_hash=token(of), now=100)[1]


@pytest.mark.parametrize(
    "taken, asked, free",
    [
        (["Kassa 1"], "Kassa 1", "Kassa 2"),
        (["Kassa 1", "Kassa 2", "KASSA  3"], "kassa 1", "kassa 4"),
        (["Kassa 9"], "Kassa 9", "Kassa 10"),
        (["Kassa achter"], "Kassa achter", "Kassa achter 2"),
        (["7"], "7", "8"),
        (["Kassa 1"], "kassa-l", "kassa-l 2"),
        (["Kassa één"], "Kassa Een", "Kassa Een 2"),
        (["9" * 60], "9" * 60, "9" * 58 + " 2"),
        (["Kassa 2026"], "Kassa 2026", "Kassa 2027"),
        (["a" * 60], "a" * 60, "a" * 58 + " 2"),
        (["a" * 58 + " 9"], "a" * 58 + " 9", "a" * 57 + " 10"),
    ],
)
def test_a_name_that_another_till_of_the_shop_has_is_refused_with_the_next_that_is_free(
    registry: Registry, shops: list[int], taken: list[str], asked: str, free: str
) -> None:
    for number, name in enumerate(taken, start=1):
        pair_as(registry, shops[0], name, till=f"0x{number:040x}", of=number)
    with pytest.raises(TillNameTaken) as refused:
        pair_as(registry, shops[0], asked, till=TILL, of=50)
    assert refused.value.free_name == free
    # The code is not used up by it.
    assert (
        registry.shops.pair(bytes([50]) * 32, till=TILL, name=free, token_hash=token(50), now=100)[1].name
        == free
    )


def test_a_name_is_free_again_after_its_till_was_removed_and_at_another_shop(
    registry: Registry, shops: list[int]
) -> None:
    pair_as(registry, shops[0], "Kassa 1", till=TILL, of=1)
    assert pair_as(registry, shops[1], "Kassa 1", till=OTHER_TILL, of=2).name == "Kassa 1"
    registry.tills.remove(OTHER_TILL, shop=shops[1], now=200)
    registry.tills.remove(TILL, shop=shops[0], now=200)
    assert pair_as(registry, shops[0], "Kassa 1", till=OTHER_TILL, of=3).name == "Kassa 1"
    # The one that comes back finds its name taken meanwhile.
    with pytest.raises(TillNameTaken):
        pair_as(registry, shops[0], "Kassa 1", till=TILL, of=4)


def test_a_till_that_pairs_again_keeps_its_name(registry: Registry, shops: list[int]) -> None:
    for of in (1, 2):
        assert pair_as(registry, shops[0], "Kassa 1", till=TILL, of=of).name == "Kassa 1"
