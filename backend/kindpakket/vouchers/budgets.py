# SPDX-License-Identifier: EUPL-1.2
"""Budgets: what is left on a phone's vouchers and what was paid from them; only for that phone."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.services import Services


@dataclass(frozen=True, slots=True)
class BudgetVoucher:
    """What is left on a voucher, until when, and which ticket numbers are used."""

    voucher: int
    programme: int
    programme_name: str
    starts_at: int
    ends_at: int
    max_redemption_cents: int
    issued_cents: int
    balance_cents: int
    generation: int
    blocked: bool
    numbers_used: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """All vouchers of a phone, as of a block."""

    block: int
    vouchers: tuple[BudgetVoucher, ...]


@dataclass(frozen=True, slots=True)
class PaymentRefund:
    """What a shop gave back of a payment. `to_budget` is false when the programme was over: it went back to that."""

    amount_cents: int
    at: int
    to_budget: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as its holder sees it; its refunds newest first."""

    ticket_id: bytes
    voucher: int
    number: int
    programme: int
    shop: int
    shop_name: str
    category: int
    amount_cents: int
    refunded_cents: int
    at: int
    block: int
    log_index: int
    refunds: tuple[PaymentRefund, ...]


def budget_of(services: Services, *, token_hash: bytes) -> Budget:
    """Return what is left on the vouchers of a registered phone."""
    block = services.follower.catch_up()
    names = services.registry.programmes.names()
    vouchers = services.registry.phones.vouchers_of(token_hash)
    return Budget(
        block=block,
        vouchers=tuple(
            BudgetVoucher(
                voucher=row.voucher,
                programme=row.programme,
                programme_name=names.get(row.programme, ""),
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                max_redemption_cents=row.max_redemption_cents,
                issued_cents=row.issued_cents,
                balance_cents=row.balance_cents,
                generation=row.generation,
                blocked=row.blocked,
                numbers_used=row.numbers_used,
            )
            for row in services.ledger.reports.budget(vouchers)
        ),
    )


def payments_of(services: Services, *, token_hash: bytes) -> list[Payment]:
    """Return the payments of a registered phone, newest first."""
    services.follower.catch_up()
    vouchers = services.registry.phones.vouchers_of(token_hash)
    shop_names = services.registry.shops.names()
    refunds: dict[bytes, list[PaymentRefund]] = {}
    for line in services.ledger.reports.refunds(vouchers):
        refunds.setdefault(line.ticket_id, []).append(
            PaymentRefund(amount_cents=line.amount_cents, at=line.at, to_budget=not line.to_programme)
        )
    return [
        Payment(
            ticket_id=row.ticket_id,
            voucher=row.voucher,
            number=row.number,
            programme=row.programme,
            shop=row.shop,
            shop_name=shop_names.get(row.shop, ""),
            category=row.category,
            amount_cents=row.amount_cents,
            refunded_cents=row.refunded_cents,
            at=row.at,
            block=row.block,
            log_index=row.log_index,
            refunds=tuple(refunds.get(row.ticket_id, ())),
        )
        for row in services.ledger.reports.payments(vouchers)
    ]
