// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {AnyFund} from "./AnyFund.sol";

/// What it means that an office moved money, from any state, for any words, sent by anyone. The books that are looked
/// at are any: those that the call names, whose change is stated, and all others, which stay.
contract Money is AnyFund {
    function check_deposit_adds_to_what_is_unallocated(
        uint16 target,
        uint64 amountCents,
        bytes32 paymentReference,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.deposit, (target, amountCents, paymentReference)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        if (target == programme) {
            books.funded.depositedCents += amountCents;
            books.funded.unallocatedCents += amountCents;
        }
        assert(_unless(amountCents != 0) | _difference(left, books) == 0);
    }

    function check_withdraw_takes_from_what_is_unallocated(
        uint16 target,
        uint64 amountCents,
        bytes32 paymentReference,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.withdraw, (target, amountCents, paymentReference)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        if (target == programme) {
            assert(amountCents <= books.funded.unallocatedCents);
            books.funded.unallocatedCents -= amountCents;
            books.funded.withdrawnCents += amountCents;
        }
        assert(_unless(amountCents != 0) | _difference(left, books) == 0);
    }

    function check_settle_records_at_most_what_is_owed(
        uint16 target,
        uint16 targetShop,
        uint64 amountCents,
        bytes32 paymentReference,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.settle, (target, targetShop, amountCents, paymentReference)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        if (target == programme && targetShop == shop) {
            assert(uint256(books.account.settledCents) + amountCents <= books.account.netCents);
            books.account.settledCents += uint48(amountCents);
        }
        assert(_unless(amountCents != 0) | _difference(left, books) == 0);
    }

    /// The same words twice are refused the second time, whatever the amount.
    function check_a_payment_reference_counts_once(
        uint16 programme,
        uint16 shop,
        uint64 amountCents,
        uint64 secondCents,
        bytes32 paymentReference
    ) external {
        if (!_send(abi.encodeCall(fund.settle, (programme, shop, amountCents, paymentReference)))) return;
        assert(!_send(abi.encodeCall(fund.settle, (programme, shop, secondCents, paymentReference))));
    }

    function check_top_up_moves_from_the_programme_to_the_voucher(
        uint32 target,
        uint24 amountCents,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        uint16 own = fund.getVoucher(target).programme;
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.topUp, (target, amountCents)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        if (programme == own) {
            assert(amountCents <= books.funded.unallocatedCents && block.timestamp < books.funded.endsAt);
            books.funded.unallocatedCents -= amountCents;
        }
        if (voucher == target) {
            books.held.balanceCents += amountCents;
            books.held.issuedCents += amountCents;
        }
        assert(_unless(amountCents != 0) | _difference(left, books) == 0);
    }

    /// Two at once; more is the same loop.
    function check_issue_moves_from_the_programme_to_new_vouchers(
        IVoucherFund.Allocation calldata one,
        IVoucherFund.Allocation calldata other,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        vm.assume(_isSoundVoucher(voucher));
        IVoucherFund.Allocation[] memory allocations = new IVoucherFund.Allocation[](2);
        (allocations[0], allocations[1]) = (one, other);
        uint32 first = fund.voucherCount() + 1;
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.issue, (programme, allocations)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        uint256 sumCents = uint256(one.amountCents) + other.amountCents;
        assert(sumCents <= books.funded.unallocatedCents && block.timestamp < books.funded.endsAt);
        books.funded.unallocatedCents -= uint64(sumCents);
        assert(_difference(left, books) == 0);
        assert(fund.voucherCount() == first + 1);
        _assertNew(first, programme, one);
        _assertNew(first + 1, programme, other);
    }

    function _assertNew(uint32 voucher, uint16 programme, IVoucherFund.Allocation calldata given) private view {
        IVoucherFund.Voucher memory held = _voucherAfter(voucher);
        assert(held.balanceCents == given.amountCents && held.issuedCents == given.amountCents);
        assert(held.programme == programme && !held.activated && held.fingerprint == uint160(given.letterKey));
    }

    /// One at once; an empty one is passed over. A list is the same for each of its vouchers, in turn.
    function check_sweep_moves_what_is_left_back_to_the_programme_after_its_end(
        uint32 target,
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        uint32[] memory vouchers = new uint32[](1);
        vouchers[0] = target;
        vm.assume(_isSoundVoucher(target) && _isSoundVoucher(voucher));
        IVoucherFund.Voucher memory swept = fund.getVoucher(target);
        Books memory books = _books(programme, shop, voucher, number);
        if (!_send(abi.encodeCall(fund.sweep, (vouchers)))) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        if (programme == swept.programme) {
            assert(block.timestamp >= books.funded.endsAt);
            books.funded.unallocatedCents += swept.balanceCents;
        }
        if (voucher == target) books.held.balanceCents = 0;
        assert(_difference(left, books) == 0);
    }
}
