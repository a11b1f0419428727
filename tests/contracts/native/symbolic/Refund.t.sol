// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {AnyFund} from "./AnyFund.sol";

/// What it means that a refund was accepted, from any state, for any place, ticket and order, brought by anyone.
contract Refund is AnyFund {
    /// A till of the shop that charged has signed for this amount and this state of the payment.
    function check_a_refund_moves_its_amount_back_from_the_shop_that_charged_it(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.RefundOrder calldata order
    ) external {
        uint16 shop = _refunder(ticket, order);
        uint16 programme = fund.getVoucher(place.voucher).programme;
        vm.assume(fund.shopOfTill(address(0)) == 0);
        Books memory books = _books(programme, shop, place.voucher, place.number);
        if (!_refund(place, ticket, order)) return;
        Books memory left = _booksAfter(programme, shop, place.voucher, place.number);

        uint256 faults = _unless(shop != 0) | (shop ^ books.usedBy) | _unless(order.amountCents != 0);
        faults |= _unless(order.amountCents <= books.remainingCents) | (order.remainingCents ^ books.remainingCents);
        faults |= _unless(order.amountCents <= books.account.netCents);
        unchecked {
            books.remainingCents -= order.amountCents;
            books.account.netCents -= order.amountCents;
            if (block.timestamp < books.funded.endsAt) books.held.balanceCents += uint24(order.amountCents);
            else books.funded.unallocatedCents += order.amountCents;
        }
        // All else in these books is as it was.
        assert(faults | _difference(left, books) == 0);
    }

    function check_a_refund_touches_no_other_account(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.RefundOrder calldata order,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        (uint16 usedBy,) = fund.getTicketUse(place.voucher, place.number);
        uint16 own = fund.getVoucher(place.voucher).programme;
        vm.assume(voucher != place.voucher && programme != own);
        Books memory books = _books(programme, shop, voucher, number);
        IVoucherFund.ShopAccount memory account = fund.getShopAccount(own, shop);
        if (!_refund(place, ticket, order)) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        assert(_difference(left, books) == 0);
        if (shop != usedBy) assert(_differenceOfAccounts(fund.getShopAccount(own, shop), account) == 0);
    }

    function check_a_refund_leaves_the_other_tickets_of_its_voucher(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.RefundOrder calldata order,
        uint16 number
    ) external {
        vm.assume(number != place.number);
        (uint16 usedBy, uint32 remainingCents) = fund.getTicketUse(place.voucher, number);
        if (!_refund(place, ticket, order)) return;
        (uint16 usedByAfter, uint32 remainingCentsAfter) = fund.getTicketUse(place.voucher, number);
        assert((usedByAfter ^ usedBy) | (remainingCentsAfter ^ remainingCents) == 0);
    }
}
