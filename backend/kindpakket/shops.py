# SPDX-License-Identifier: EUPL-1.2
"""Shops and tills: registered from a file, allowed on the chain, paired by a code."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import schwifty
import structlog

from . import programmes
from .categories import CATEGORIES, parse_categories, to_bitmap
from .chain import fund as fund_calls
from .csv_tables import Column, Faults, parse_cell, read_rows
from .errors import ContractRefusal, Failure, ImportUnfinished, PairingCodeInvalid, TillAlreadyAdded
from .registry.shops import NAME_EXPECTED, JoiningShop, NewShop, Role, Shop
from .services import Services, hash_token
from .tickets import letter

log = structlog.get_logger(__name__)

COLUMNS = (
    Column("name", ("naam",), required=True),
    Column("category", ("categorie",), required=True),
    Column("iban", required=True),
    Column("street", ("straat",)),
    Column("town", ("plaats",)),
    Column("opening", ("open",)),
)
PAIRING_CHARACTERS = 8
_SHOPS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ShopCheck:
    """What a file of shops holds, and what is wrong in it."""

    programme: int
    shops: list[NewShop]
    faults: Faults


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """What a shop may charge now, over all running programmes."""

    shop_name: str
    categories: tuple[int, ...]
    max_redemption_cents: int


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A code with which one till can join a shop until `ends_at`, and what the till becomes if it joins now."""

    code: str
    ends_at: int
    role: Role


@dataclass(frozen=True, slots=True)
class PairedTill:
    """A till that joined a shop. `token` is told once."""

    token: str
    shop: Shop
    role: Role


def list_taking_part(services: Services) -> list[Shop]:
    """Return the shops that may be paid in a running programme now, by name."""
    services.follower.catch_up()
    allowed = {row.shop for row in services.ledger.reports.allowed_shops(now=services.now())}
    return sorted(
        (shop for shop in services.registry.shops.shops() if shop.shop in allowed),
        key=lambda shop: shop.name.casefold(),
    )


def terms_of(services: Services, *, shop: int) -> ShopTerms:
    """Return what a shop may charge now; no categories when it takes part in no running programme."""
    services.follower.catch_up()
    terms = [row for row in services.ledger.reports.allowed_shops(now=services.now()) if row.shop == shop]
    categories = {category for row in terms for category in range(32) if row.categories >> category & 1}
    return ShopTerms(
        shop_name=services.registry.shops.shop(shop).name,
        categories=tuple(sorted(categories)),
        max_redemption_cents=max((row.max_redemption_cents for row in terms), default=0),
    )


def check_shops(services: Services, *, programme: int, text: str) -> ShopCheck:
    """Read a file of shops without taking anything over.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    allowed = programmes.programme_named(services, programme).categories
    faults = Faults()
    rows = read_rows(text, COLUMNS, faults)
    taken = {shop.name.casefold() for shop in services.registry.shops.shops()}
    found: list[NewShop] = []
    for row in rows:
        name = parse_cell(row, "name", _parse_name, "a name of 1 to 60 characters", faults)
        categories = parse_cell(
            row,
            "category",
            lambda cell: _parse_allowed(cell, allowed),
            "one or more of "
            + ", ".join("/".join(CATEGORIES[number]) for number in allowed if number in CATEGORIES),
            faults,
        )
        iban = parse_cell(row, "iban", _parse_iban, "an IBAN whose check digits fit", faults)
        if name is not None and name.casefold() in taken:
            faults.note(row.line, "name", name, NAME_EXPECTED)
        if name is None or categories is None or iban is None:
            continue
        taken.add(name.casefold())
        found.append(
            NewShop(
                line=row.line,
                name=name,
                categories=categories,
                iban=iban,
                street=row.cells.get("street", "")[:100],
                town=row.cells.get("town", "")[:100],
                opening=row.cells.get("opening", "")[:100],
            )
        )
    return ShopCheck(programme=programme, shops=found, faults=faults)


def import_shops(services: Services, check: ShopCheck) -> list[int]:
    """Register the shops of a file without faults, and let them take part; return their numbers.

    Raises:
        CsvInvalid: The file has faults, or another upload took its names meanwhile.
        ContractRefusal: The contract takes no such shops; nothing was done.
        ImportUnfinished: All are registered, and some may not take part yet; `resume_imports` lets them.
    """
    check.faults.refuse()
    with services.one_at_a_time:
        for categories in sorted({shop.categories for shop in check.shops}):
            # Any number does: the contract knows shops by what it allows them.
            call = _allowing(JoiningShop(shop=1, programme=check.programme, categories=categories))
            services.fund.preview(call, sender=services.accounts.shop_manager)
        services.follower.catch_up()
        numbers = services.registry.shops.create_shops(
            check.shops, programme=check.programme, above=services.ledger.shop_reports.highest_shop()
        )
        own = [shop for shop in services.registry.shops.joining_shops() if shop.shop in set(numbers)]
        try:
            _let_join(services, own)
        except (ContractRefusal, Failure) as error:
            log.error("shop_import_unfinished", because=error.reason(), programme=check.programme)
            raise ImportUnfinished from error
    log.info("shops_imported", count=len(numbers), programme=check.programme)
    return numbers


def resume_imports(services: Services) -> bool:
    """Let the registered shops take part that a crash kept waiting; return whether none waits any more.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    with services.one_at_a_time:
        waiting = services.registry.shops.joining_shops()
        if waiting:
            log.warning("shop_import_resumed", count=len(waiting))
        try:
            _let_join(services, waiting)
        except ContractRefusal as refusal:
            log.error("shop_import_refused", reason=refusal.reason())
            return False
    return True


def allow(services: Services, *, programme: int, shop: int, categories: Iterable[int]) -> int:
    """Let a shop take part; return the block.

    Raises:
        ShopUnknown: The register has no such shop.
        CategoryNotAllowed: A category is not one of the programme's.
    """
    services.registry.shops.shop(shop)
    call = fund_calls.allow_shop(programme=programme, shop=shop, categories=to_bitmap(categories))
    with services.one_at_a_time:
        block = _manage(services, call, "shop_allowed", shop)
        # What staff decide by hand stands: an import that is resumed later does not undo it.
        services.registry.shops.mark_joined([shop], programme=programme)
        services.registry.shop_applications.mark_joined(shop, programme=programme)
        services.registry.suspensions.end(shop=shop, programme=programme, at=services.now())
    return block


def create_pairing_code(
    services: Services, *, shop: int, role: Role = "cashier", seconds: int | None = None
) -> PairingCode:
    """Return a code with which one till can join a shop. 40 bits, kept as a hash.

    When the shop has five open, the one that ends first ends now.

    Args:
        services: The parts.
        shop: Which shop.
        role: What the till will be when it joins beside an owner's till. Without one, the first to join is an owner's.
        seconds: How long the code lasts; as long as the settings say unless given.

    Raises:
        ShopUnknown: The register has no such shop.
    """
    services.registry.shops.shop(shop)
    characters = "".join(secrets.choice(letter.ALPHABET) for _ in range(PAIRING_CHARACTERS))
    now = services.now()
    ends_at = now + (services.settings.pairing_seconds if seconds is None else seconds)
    services.registry.shops.create_pairing_code(
        hash_token(characters), shop=shop, now=now, ends_at=ends_at, role=role
    )
    log.info("pairing_code_created", shop=shop, role=role, ends_at=ends_at)
    code = f"{characters[:4]}-{characters[4:]}-{letter.check_character(characters)}"
    becomes: Role = role if services.registry.shops.has_owners_till(shop) else "owner"
    return PairingCode(code=code, ends_at=ends_at, role=becomes)


def pair_till(services: Services, *, code: str, till: str, name: str) -> PairedTill:
    """Add a till to the shop of a pairing code. The same request again, before it used its token, gives a new one.

    Raises:
        PairingCodeInvalid: The code is wrong, used by another till or too old.
        TillNameTaken: Another till of the shop has this name; the code is not used up.
        TillAlreadyAdded: The till is in use, or belongs to another shop, or its key is still to be taken off one.
        ChainUnreachable: Safe to ask again.
    """
    try:
        characters = letter.read_characters(code, PAIRING_CHARACTERS)
    except ValueError as error:
        raise PairingCodeInvalid from error
    token = secrets.token_hex(32)
    shop, joined = services.registry.shops.pair(
        hash_token(characters),
        till=till,
        name=name,
        token_hash=hash_token(token),
        now=services.now(),
        # The register forgets where a till was once it is another shop's: nothing would take its key off there.
        added_to=services.fund.shop_of_till(till.lower()),
    )
    try:
        call = fund_calls.add_till(shop=shop.shop, till=till)
        _manage(services, call, "till_added", shop.shop)
    except TillAlreadyAdded as refusal:
        # A retry after a lost answer: the till is where it should be.
        if refusal.shop != shop.shop:
            raise
    return PairedTill(token=token, shop=shop, role=joined.role)


def _let_join(services: Services, waiting: Sequence[JoiningShop]) -> None:
    """Let shops take part; to do it twice changes nothing."""
    for programme in sorted({shop.programme for shop in waiting}):
        of_programme = [shop for shop in waiting if shop.programme == programme]
        for start in range(0, len(of_programme), _SHOPS_AT_ONCE):
            some = of_programme[start : start + _SHOPS_AT_ONCE]
            services.fund.execute_all(
                [_allowing(shop) for shop in some], sender=services.accounts.shop_manager
            )
            services.registry.shops.mark_joined([shop.shop for shop in some], programme=programme)


def _allowing(shop: JoiningShop) -> bytes:
    return fund_calls.allow_shop(
        programme=shop.programme, shop=shop.shop, categories=to_bitmap(shop.categories)
    )


def _manage(services: Services, call: bytes, said: str, shop: int) -> int:
    services.fund.preview(call, sender=services.accounts.shop_manager)
    block = services.fund.execute(call, sender=services.accounts.shop_manager).receipt.block
    log.info(said, shop=shop, block=block)
    return block


def _parse_name(cell: str) -> str:
    if not 1 <= len(cell) <= 60:
        raise ValueError("not a name")
    return cell


def _parse_allowed(cell: str, allowed: tuple[int, ...]) -> tuple[int, ...]:
    categories = parse_categories(cell)
    if not set(categories) <= set(allowed):
        raise ValueError("not categories of the programme")
    return categories


def _parse_iban(cell: str) -> str:
    # schwifty's refusals are ValueErrors.
    return str(schwifty.IBAN(cell))
