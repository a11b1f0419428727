// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {AnyFund} from "./AnyFund.sol";

/// That the proofs are about something: each of these must be refuted, by a call that is accepted in a sound fund.
contract Reach is AnyFund {
    function reach_any_number_of_vouchers_and_programmes() external view {
        assert(fund.voucherCount() < 1_000_000 || fund.programmeCount() < 1_000);
    }

    function reach_redeem(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) external {
        vm.assume(_isSoundVoucher(place.voucher) && _isSoundTill(address(0)));
        uint16 shop = _charger(ticket, charge);
        Books memory books = _books(fund.getVoucher(place.voucher).programme, shop, place.voucher, place.number);
        vm.assume(_faultsOfShop(books.account, books.funded) == 0);
        assert(!_redeem(place, ticket, charge));
    }

    function reach_refund(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.RefundOrder calldata order
    ) external {
        vm.assume(_isSoundVoucher(place.voucher) && _isSoundTill(address(0)));
        assert(!_refund(place, ticket, order));
    }

    function reach_settle(uint16 programme, uint16 shop, uint64 amountCents, bytes32 paymentReference) external {
        vm.assume(_isSoundShop(programme, shop));
        assert(!_send(abi.encodeCall(fund.settle, (programme, shop, amountCents, paymentReference))));
    }

    function reach_top_up(uint32 voucher, uint24 amountCents) external {
        vm.assume(_isSoundVoucher(voucher));
        assert(!_send(abi.encodeCall(fund.topUp, (voucher, amountCents))));
    }

    function reach_sweep(uint32 voucher) external {
        vm.assume(_isSoundVoucher(voucher));
        uint32[] memory vouchers = new uint32[](1);
        vouchers[0] = voucher;
        assert(!_send(abi.encodeCall(fund.sweep, (vouchers))));
    }

    function reach_a_new_voucher(uint16 programme, IVoucherFund.Allocation calldata given) external {
        IVoucherFund.Allocation[] memory allocations = new IVoucherFund.Allocation[](1);
        allocations[0] = given;
        assert(!_send(abi.encodeCall(fund.issue, (programme, allocations))));
    }
}
