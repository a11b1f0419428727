# SPDX-License-Identifier: EUPL-1.2
"""What the chain has and the register does not: vouchers, shops, tills and keys that came past this server.

Who has a key of a role can use it without the server. The contract lets them, and no log of ours knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .chain.deploy import ROLES
from .events import Issued, ShopAllowed, TillAdded, TillRemoved
from .services import Services

BLOCKS_AT_ONCE = 256
NOTHING = "nothing of it in the register"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something on the chain that the register should know: what it is, and what the chain says of it."""

    subject: str
    found: str


def find(services: Services) -> Iterator[Stranger]:
    """Go through what the chain has and the register does not.

    Whatever is done here is in the register before the chain has it, so the chain is read first.

    Raises:
        ChainUnreachable: No answer; safe to ask again.
    """
    vouchers: dict[int, tuple[int, str, int]] = {}
    shops: dict[int, int] = {}
    tills: dict[str, int] = {}
    newest = services.chain.head().number
    for first in range(services.fund.deployed_block, newest + 1, BLOCKS_AT_ONCE):
        for place, event in services.fund.events(first, min(first + BLOCKS_AT_ONCE - 1, newest)):
            match event:
                case Issued():
                    for number, one in enumerate(event.allocations, start=event.first):
                        vouchers[number] = (place.block, one.letter_key.lower(), one.amount_cents)
                case ShopAllowed():
                    shops.setdefault(event.shop, place.block)
                case TillAdded():
                    tills[event.till.lower()] = event.shop
                case TillRemoved():
                    tills.pop(event.till.lower(), None)
                case _:
                    pass
    yield from _unknown_vouchers(services, vouchers)
    yield from _unknown_shops_and_tills(services, shops, tills)
    yield from _other_holders(services)


def _unknown_vouchers(services: Services, vouchers: dict[int, tuple[int, str, int]]) -> Iterator[Stranger]:
    numbered, waiting = services.registry.letters.known_vouchers()
    for voucher, (block, letter_key, amount_cents) in vouchers.items():
        if voucher not in numbered and letter_key not in waiting:
            yield Stranger(f"voucher {voucher}", f"{amount_cents} cents, issued in block {block}")


def _unknown_shops_and_tills(
    services: Services, shops: dict[int, int], tills: dict[str, int]
) -> Iterator[Stranger]:
    known = {one.shop for one in services.registry.shops.shops()}
    for shop, block in shops.items():
        if shop not in known:
            yield Stranger(f"shop {shop}", f"let in in block {block}")
    shops_of_tills = {
        address.lower(): shop for shop in known for address in services.registry.shops.till_names(shop)
    }
    for till, shop in tills.items():
        if till not in shops_of_tills:
            yield Stranger(f"till {till}", f"of shop {shop}")
        # One that moved since the events were read is by now off the shop where it was.
        elif shops_of_tills[till] != shop and services.fund.shop_of_till(till) == shop:
            yield Stranger(
                f"till {till}", f"of shop {shop}, and of shop {shops_of_tills[till]} in the register"
            )


def _other_holders(services: Services) -> Iterator[Stranger]:
    for role, name in ROLES.items():
        ours = getattr(services.accounts, role).lower()
        for account in sorted(services.fund.holders_ever(name) - {ours}):
            if services.fund.has_role(name, account):
                yield Stranger(f"role {role}", f"also {account} has it")
