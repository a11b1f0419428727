# SPDX-License-Identifier: EUPL-1.2
"""Tills after they joined: removed once, told so for ever, and the reasons that they gave."""

from __future__ import annotations

import pytest

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
) -> Till:
    registry.shops.create_pairing_code(code, shop=shop, ends_at=900, role=role)
    _, joined = registry.shops.pair(code, till=till, name="Kassa 1", token_hash=token(of), now=100)
    return joined


def test_a_till_gets_the_role_of_its_code_and_of_a_later_one(registry: Registry, shops: list[int]) -> None:
    assert join(registry, shops[0]).role == "cashier"
    assert join(registry, shops[0], code=OTHER_CODE, of=2, role="owner").role == "owner"
    (till,) = registry.shops.tills(shops[0])
    assert (till.role, till.last_seen_at) == ("owner", None)


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
    join(registry, shops[0], till=OTHER_TILL, code=OTHER_CODE, of=2)
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
