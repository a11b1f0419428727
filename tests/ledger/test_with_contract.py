# SPDX-License-Identifier: EUPL-1.2
"""The ledger beside the real contract: after each verb, both know the same balances to the cent."""

from __future__ import annotations

from collections.abc import Callable

from kindpakket.chain import calls
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger
from kindpakket.services import Services
from kindpakket.tickets import code, keys
from kindpakket.tickets.tree import TicketTree
from tests.support import Town

BICYCLES = 3


def compare(services: Services) -> None:
    """Compare everything that the contract and the ledger both keep."""
    services.follower.catch_up()
    reports, fund = services.ledger.reports, services.fund
    assert reports.differences() == []
    for row in reports.programmes():
        totals = reports.totals(row.programme)
        programme = fund.programme(row.programme)
        assert totals is not None
        assert (row.starts_at, row.ends_at, row.categories, row.max_redemption_cents) == (
            programme.starts_at,
            programme.ends_at,
            programme.categories,
            programme.max_redemption_cents,
        )
        assert (totals.deposited_cents, totals.unallocated_cents, totals.withdrawn_cents) == (
            programme.deposited_cents,
            programme.unallocated_cents,
            programme.withdrawn_cents,
        )
        for account in reports.shop_accounts(row.programme):
            there = fund.shop_account(row.programme, account.shop)
            assert account.redeemed_cents - account.refunded_cents == there.net_cents
            assert (account.settled_cents, account.categories) == (there.settled_cents, there.categories)
    vouchers = reports.vouchers(range(1, fund.voucher_count() + 2))
    assert len(vouchers) == fund.voucher_count()
    for voucher in vouchers:
        state = fund.voucher(voucher.voucher)
        assert (voucher.balance_cents, voucher.issued_cents, voucher.programme) == (
            state.balance_cents,
            state.issued_cents,
            state.programme,
        )
        assert (voucher.generation, voucher.block_reason, voucher.activated) == (
            state.generation,
            state.block_reason,
            state.activated,
        )
    for payment in reports.payments([voucher.voucher for voucher in vouchers]):
        use = fund.ticket_use(payment.voucher, payment.number)
        assert (use.shop, use.remaining_cents) == (
            payment.shop,
            payment.amount_cents - payment.refunded_cents,
        )


def pay(town: Town, phone: Phone, till: Till, voucher: int, amount_cents: int) -> str:
    shown = phone.show_code(voucher, max_cents=30_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=amount_cents, category=BICYCLES)
    return shown


def refund(services: Services, till: Till, shown: str, *, amount_cents: int, remaining_cents: int) -> bytes:
    """The call with which a till gives back part of what a ticket paid."""
    ticket = code.read(shown)
    identity = code.identify(ticket, services.fund.domain)
    assert identity is not None
    ticket_id, ticket_key = identity
    found = services.registry.tickets.find_ticket_key(ticket_key)
    assert found is not None
    ticket_list = services.registry.tickets.ticket_list(found.ticket_list)
    assert ticket_list is not None
    tree = TicketTree(ticket_list.ticket_keys, generation=ticket_list.generation)
    digest = services.fund.domain.refund_digest(
        ticket_id=ticket_id, amount_cents=amount_cents, remaining_cents=remaining_cents
    )
    return calls.refund(
        place=calls.TicketPlace(
            voucher=found.voucher,
            number=found.number,
            holder=found.holder,
            siblings=tuple(tree.siblings(found.number & 0xFF)),
        ),
        ticket=ticket,
        amount_cents=amount_cents,
        remaining_cents=remaining_cents,
        refund_signature=keys.sign(till.key, digest),
    )


def renew(services: Services, phone: Phone, voucher: int) -> bytes:
    """The call with which a phone replaces its tickets by the next generation's."""
    (state,) = services.ledger.reports.vouchers([voucher])
    assert state.holder is not None
    assert state.ticket_root is not None
    holder = bytes.fromhex(state.holder[2:])
    generation = state.generation + 1
    root = TicketTree(phone.ticket_keys(voucher, generation=generation), generation=generation).root
    digest = services.fund.domain.renewal_digest(
        voucher=voucher, generation=generation, holder=holder, ticket_root=root
    )
    return calls.renew_tickets(
        voucher=voucher,
        old_root=state.ticket_root,
        holder=holder,
        ticket_root=root,
        signature=keys.sign(keys.holder_key(phone.seed, voucher=voucher), digest),
    )


def test_ledger_and_contract_agree_after_every_verb(
    services: Services, chain: TesterChain, town: Town, open_ledger: Callable[..., Ledger]
) -> None:
    accounts = services.accounts
    reference = b"\x01" * 32

    def execute(call: bytes, sender: str) -> None:
        services.fund.execute(call, sender=sender)
        compare(services)

    compare(services)
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    other = next(number for number in range(1, services.fund.voucher_count() + 1) if number != voucher)
    shown = pay(town, phone, till, voucher, 3_745)
    pay(town, phone, till, voucher, 1)
    compare(services)

    execute(refund(services, till, shown, amount_cents=1_000, remaining_cents=3_745), accounts.relayer)
    execute(calls.top_up(voucher=voucher, amount_cents=500), accounts.issuer)
    execute(calls.block_voucher(voucher=voucher, reason=4), accounts.issuer)
    execute(calls.unblock_voucher(voucher=voucher), accounts.issuer)
    execute(renew(services, phone, voucher), accounts.relayer)
    execute(refund(services, till, shown, amount_cents=245, remaining_cents=2_745), accounts.relayer)
    execute(calls.replace_holder(voucher=voucher, letter_key=b"\x07" * 20, reason=2), accounts.issuer)
    execute(calls.anchor(hash=reference), accounts.issuer)
    execute(
        calls.settle(
            programme=town.programme, shop=town.shops[0], amount_cents=2_501, payment_reference=reference
        ),
        accounts.treasurer,
    )
    execute(calls.remove_till(till=till.address), accounts.shop_manager)
    execute(calls.remove_shop(programme=town.programme, shop=town.shops[1]), accounts.shop_manager)
    execute(calls.add_till(shop=town.shops[0], till=till.address), accounts.shop_manager)
    ends_at = services.fund.programme(town.programme).ends_at + 3_600
    execute(calls.extend(programme=town.programme, ends_at=ends_at), accounts.issuer)

    chain.travel_to(ends_at)
    # After the end and after the payout: the shop now owes the programme what it gives back.
    execute(refund(services, till, shown, amount_cents=2_500, remaining_cents=2_500), accounts.relayer)
    execute(calls.sweep(vouchers=[voucher, other]), accounts.treasurer)
    execute(
        calls.withdraw(programme=town.programme, amount_cents=700, payment_reference=reference),
        accounts.treasurer,
    )
    (account, _) = services.ledger.reports.shop_accounts(town.programme)
    assert account.owed_cents == -2_500

    elsewhere = open_ledger(chain_id=chain.chain_id, contract=services.fund.address)
    Follower(services.fund, elsewhere).catch_up()
    assert elsewhere.reports.totals(town.programme) == services.ledger.reports.totals(town.programme)
    assert elsewhere.reports.differences() == []


def test_the_totals_of_an_empty_fund_are_nothing(services: Services) -> None:
    assert services.follower.catch_up() == services.chain.head().number
    assert services.ledger.reports.programmes() == []
    assert services.ledger.reports.totals(1) is None
