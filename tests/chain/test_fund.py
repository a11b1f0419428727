# SPDX-License-Identifier: EUPL-1.2
"""The fund, on both engines: refusals by name, executions, records, events."""

from __future__ import annotations

import pytest

from kindpakket import errors, events
from kindpakket.chain import fund as calls
from kindpakket.chain.client import CallReverted
from kindpakket.chain.fund import Fund, ShopAccount, TicketUse, VoucherSums
from kindpakket.errors import ChainUnreachable
from kindpakket.events import Allocation
from kindpakket.tickets import keys
from kindpakket.tickets.tree import fingerprint

from .support import HOLDER, ISSUED_CENTS, MAX_CENTS, SHOP, START_AT, TILL, Town, ticket_tree

NOBODY = "0x" + "99" * 20
TILL_ADDRESS = f"0x{keys.address_of(TILL).hex()}"


def test_preview_names_the_refusal_and_what_was_possible(town: Town) -> None:
    with pytest.raises(errors.AmountAboveTicket) as refused:
        town.fund.preview(town.redeem(amount_cents=MAX_CENTS + 1))
    assert (refused.value.asked_cents, refused.value.max_cents) == (MAX_CENTS + 1, MAX_CENTS)


def test_preview_refuses_a_ticket_that_expired_though_the_last_block_is_older(town: Town) -> None:
    expires_at = START_AT // 60 * 60 + 120
    content = town.redeem(expires_at=expires_at)
    town.travel_to(expires_at - 1)
    town.fund.preview(content)
    town.travel_to(expires_at)
    with pytest.raises(errors.TicketExpired) as refused:
        town.fund.preview(content)
    assert (refused.value.expires_at, refused.value.now_at) == (expires_at, expires_at)
    assert town.chain.head().at == START_AT


def test_execute_happens_at_the_clocks_time(town: Town) -> None:
    town.travel_to(START_AT + 77)
    assert town.chain.now() == START_AT + 77
    execution = town.fund.execute(town.redeem(), sender=town.deployment.accounts.relayer)
    assert execution.receipt.at == START_AT + 77
    assert town.chain.head().at == START_AT + 77
    assert execution.events[0][0].at == START_AT + 77


def test_preview_and_execute_refuse_a_sender_without_the_role(town: Town) -> None:
    relayer = town.deployment.accounts.relayer
    content = calls.deposit(programme=1, amount_cents=1, payment_reference=b"\3" * 32)
    with pytest.raises(errors.RoleMissing) as refused:
        town.fund.preview(content, sender=relayer)
    assert refused.value.account == relayer
    with pytest.raises(errors.RoleMissing) as refused:
        town.fund.execute(content, sender=relayer)
    assert refused.value.account == relayer


def test_preview_names_the_sender_when_openzeppelin_names_nobody(town: Town) -> None:
    admin = town.deployment.accounts.admin
    with pytest.raises(errors.RoleMissing) as refused:
        town.fund.preview(calls.grant_role(role=b"\0" * 32, account=NOBODY), sender=admin)
    assert refused.value.account == admin


def test_preview_of_bytes_that_are_no_call_is_a_bug_and_no_refusal(town: Town) -> None:
    with pytest.raises(errors.InternalError):
        town.fund.preview(b"\1\2\3\4")


def test_execute_names_the_reason_of_a_refusal_in_its_block(town: Town) -> None:
    relayer = town.deployment.accounts.relayer
    content = town.redeem()
    town.fund.execute(content, sender=relayer)
    with pytest.raises(errors.TicketAlreadyUsed) as refused:
        town.fund.execute(content, sender=relayer)
    assert (refused.value.voucher, refused.value.number) == (1, 0)
    assert town.fund.voucher(1).balance_cents == ISSUED_CENTS - 1000


def test_execute_all_does_the_others_when_one_is_refused(town: Town) -> None:
    inputs = [town.redeem(number=0), town.redeem(number=0), town.redeem(number=1)]
    with pytest.raises(errors.TicketAlreadyUsed):
        town.fund.execute_all(inputs, sender=town.deployment.accounts.relayer)
    assert town.fund.voucher(1).balance_cents == ISSUED_CENTS - 2000


def test_execute_returns_the_event_that_events_returns(town: Town) -> None:
    execution = town.fund.execute(town.redeem(number=7), sender=town.deployment.accounts.relayer)
    ((place, redeemed),) = execution.events
    assert isinstance(redeemed, events.Redeemed)
    assert (redeemed.voucher, redeemed.shop, redeemed.programme) == (1, SHOP, 1)
    assert (redeemed.number, redeemed.category, redeemed.amount_cents) == (7, 1, 1000)
    assert redeemed.till == TILL_ADDRESS
    assert place.block == execution.receipt.block == town.chain.head().number
    assert place.transaction_hash == execution.receipt.transaction_hash
    assert town.fund.events(place.block, place.block) == execution.events


def test_events_are_in_order_and_leave_out_only_who_may_do_what(town: Town) -> None:
    found = town.fund.events(town.deployment.block, town.chain.head().number)
    assert [type(event) for _, event in found] == [
        events.ProgrammeOpened,
        events.Deposited,
        events.Issued,
        events.ShopAllowed,
        events.TillAdded,
        events.Activated,
    ]
    issued = found[2][1]
    assert isinstance(issued, events.Issued)
    assert issued.first == 1
    assert [allocation.amount_cents for allocation in issued.allocations] == [ISSUED_CENTS]
    places = [(place.block, place.log_index) for place, _ in found]
    assert places == sorted(places)


def test_events_of_blocks_that_are_not_there_yet_are_refused_and_not_taken_for_none(town: Town) -> None:
    head = town.chain.head().number
    for first in (0, head + 1):
        with pytest.raises(ChainUnreachable):
            town.fund.events(first, head + 1)
    assert town.fund.events(head + 1, head) == []


def test_events_of_another_contract_are_not_ours(town: Town) -> None:
    stranger = Town(town.chain, town.deployment, town.travel_to).fund
    stranger.address = NOBODY
    assert stranger.events(0, town.chain.head().number) == []


def test_reading_refuses_what_does_not_exist(town: Town) -> None:
    with pytest.raises(errors.ProgrammeUnknown):
        town.fund.programme(2)
    with pytest.raises(errors.VoucherUnknown):
        town.fund.voucher(2)


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_many_vouchers_are_summed_at_once(town: Town, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(calls, "_VOUCHERS_AT_ONCE", at_once)
    fund, accounts = town.fund, town.deployment.accounts
    others = [Allocation(letter_key=f"0x{number:040x}", amount_cents=10**number) for number in range(2, 6)]
    fund.execute(calls.issue(programme=1, allocations=others), sender=accounts.issuer)
    fund.execute(town.redeem(amount_cents=1000), sender=accounts.relayer)
    assert fund.voucher_sums([]) == VoucherSums(issued_cents=0, balance_cents=0)
    assert fund.voucher_sums([1]) == VoucherSums(issued_cents=30_000, balance_cents=29_000)
    assert fund.voucher_sums([1, 2, 4, 5]) == VoucherSums(issued_cents=140_100, balance_cents=139_100)
    assert fund.voucher_sums(range(1, 6)) == VoucherSums(issued_cents=141_100, balance_cents=140_100)
    with pytest.raises(errors.VoucherUnknown) as refused:
        fund.voucher_sums([1, 5, 6])
    assert refused.value.voucher == 6


def test_reading_returns_the_records(town: Town) -> None:
    fund = town.fund
    fund.execute(town.redeem(number=9, amount_cents=MAX_CENTS), sender=town.deployment.accounts.relayer)
    assert (fund.programme_count(), fund.voucher_count()) == (1, 1)
    programme = fund.programme(1)
    assert (programme.starts_at, programme.deposited_cents, programme.unallocated_cents) == (
        START_AT,
        1_000_000,
        1_000_000 - ISSUED_CENTS,
    )
    voucher = fund.voucher(1)
    assert voucher.fingerprint == fingerprint(HOLDER, ticket_tree().root)
    assert (voucher.activated, voucher.balance_cents) == (True, ISSUED_CENTS - MAX_CENTS)
    assert fund.shop_account(1, SHOP).net_cents == MAX_CENTS
    assert fund.shop_account(1, SHOP + 1) == ShopAccount(0, 0, 0, 0, 0, 0)
    assert fund.shop_of_till(TILL_ADDRESS) == SHOP
    assert fund.shop_of_till(NOBODY) == 0
    assert fund.ticket_use(1, 9) == TicketUse(shop=SHOP, remaining_cents=MAX_CENTS)
    assert fund.ticket_use(1, 8) == TicketUse(shop=0, remaining_cents=0)


def test_a_fund_is_not_taken_for_one_where_there_is_no_contract(town: Town) -> None:
    with pytest.raises(errors.ChainMismatch):
        Fund(town.chain, address=NOBODY, deployed_block=1)


def test_call_carries_the_raw_reason_of_a_revert(town: Town) -> None:
    with pytest.raises(CallReverted) as reverted:
        town.chain.call(to=town.fund.address, input=town.redeem(amount_cents=0))
    assert len(reverted.value.revert) == 4


def test_a_signer_that_was_not_added_cannot_send(town: Town) -> None:
    with pytest.raises(ValueError, match="not one of the chain's signers"):
        town.fund.execute(town.redeem(), sender=NOBODY)


def test_wait_for_head_returns_at_once_when_there_is_news_and_in_the_end_when_there_is_none(
    town: Town,
) -> None:
    head = town.chain.head()
    assert town.chain.wait_for_head(head.number - 1, timeout_seconds=60) == head
    assert town.chain.wait_for_head(head.number, timeout_seconds=0) == head
    assert town.chain.block_hash(head.number) == head.hash
