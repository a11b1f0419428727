// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {TicketTree} from "../fuzz/TicketTree.sol";
import {AnyFund} from "./AnyFund.sol";

/// What it means that a payment was accepted, from any state, for any place, ticket and charge, brought by anyone.
contract Redeem is AnyFund {
    function check_a_used_ticket_is_refused(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) external {
        (uint16 usedBy,) = fund.getTicketUse(place.voucher, place.number);
        if (!_redeem(place, ticket, charge)) return;
        assert(usedBy == 0);
    }

    /// Without a signature of one of the voucher's ticket keys over the shop, a maximum and an expiry, nothing is paid.
    function check_a_payment_needs_the_signature_of_a_ticket_key_of_the_voucher(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) external {
        IVoucherFund.Voucher memory held = fund.getVoucher(place.voucher);
        (, address key) = _identify(ticket);
        if (!_redeem(place, ticket, charge)) return;
        uint256 faults = _unless(key != address(0)) | _unless(held.activated);
        faults |= _unless(place.number >> 8 == held.generation);
        assert(faults | (TicketTree.fingerprint(place, key) ^ held.fingerprint) == 0);
    }

    function check_a_payment_uses_its_ticket_and_moves_its_amount_from_the_voucher_to_the_shop(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) external {
        (uint16 shop, Books memory books) = _booksOfPayment(place, ticket, charge);
        if (!_redeem(place, ticket, charge)) return;
        Books memory left = _booksAfter(books.held.programme, shop, place.voucher, place.number);

        uint256 faults = _unless(shop != 0) | _unless(charge.amountCents <= books.held.balanceCents);
        unchecked {
            books.held.balanceCents -= uint24(charge.amountCents);
            books.account.netCents += charge.amountCents;
        }
        books.usedBy = shop;
        books.remainingCents = charge.amountCents;
        // All else in these books is as it was.
        assert(faults | _difference(left, books) == 0);
    }

    function check_a_payment_keeps_to_ticket_till_and_programme(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) external {
        (uint16 shop, Books memory books) = _booksOfPayment(place, ticket, charge);
        if (!_redeem(place, ticket, charge)) return;

        uint256 faults = _unless(charge.amountCents != 0) | _unless(charge.amountCents <= ticket.maxCents);
        faults |= _unless(charge.amountCents <= books.funded.maxRedemptionCents);
        faults |= _unless(ticket.shop == 0) & _unless(ticket.shop == shop);
        faults |= _unless(block.timestamp < ticket.expiresAt) | books.held.blockReason;
        faults |= _unless(uint256(books.account.categories) >> charge.category & 1 == 1);
        faults |= _unless(uint256(books.funded.categories) >> charge.category & 1 == 1);
        faults |= _unless(books.funded.startsAt <= block.timestamp) | _unless(block.timestamp < books.funded.endsAt);
        assert(faults == 0);
    }

    /// Neither another voucher, nor another shop, nor another programme.
    function check_a_payment_touches_no_other_account(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        vm.assume(voucher != place.voucher);
        uint16 own = fund.getVoucher(place.voucher).programme;
        vm.assume((programme ^ own) | (shop ^ _charger(ticket, charge)) != 0 && fund.shopOfTill(address(0)) == 0);
        Books memory books = _books(programme, shop, voucher, number);
        if (!_redeem(place, ticket, charge)) return;
        assert(_difference(_booksAfter(programme, shop, voucher, number), books) == 0);
    }

    function check_a_payment_leaves_the_other_tickets_of_its_voucher(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge,
        uint16 number
    ) external {
        vm.assume(number != place.number);
        _booksOfPayment(place, ticket, charge);
        (uint16 usedBy, uint32 remainingCents) = fund.getTicketUse(place.voucher, number);
        if (!_redeem(place, ticket, charge)) return;
        (uint16 usedByAfter, uint32 remainingCentsAfter) = fund.getTicketUse(place.voucher, number);
        assert((usedByAfter ^ usedBy) | (remainingCentsAfter ^ remainingCents) == 0);
    }

    /// The shop whose till charges, and the books before, of a sound fund.
    function _booksOfPayment(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) private view returns (uint16 shop, Books memory books) {
        shop = _charger(ticket, charge);
        books = _books(fund.getVoucher(place.voucher).programme, shop, place.voucher, place.number);
        uint256 faults = _unless(shop <= LAST_SHOP) | fund.shopOfTill(address(0));
        vm.assume(faults | _faultsOfShop(books.account, books.funded) == 0);
    }
}
