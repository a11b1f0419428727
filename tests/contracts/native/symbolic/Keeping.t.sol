// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {AnyFund} from "./AnyFund.sol";

/// What every verb keeps, with any words, sent by anyone, from any state: those that move money, and all the others.
contract Keeping is AnyFund {
    function check_every_verb_keeps_a_used_ticket_used(uint32 voucher, uint16 number) external {
        (uint16 usedBy,) = fund.getTicketUse(voucher, number);
        vm.assume(usedBy != 0);
        if (!_send(_anyVerb())) return;
        (uint16 usedByAfter,) = fund.getTicketUse(voucher, number);
        assert(usedByAfter == usedBy);
    }

    function check_only_redeem_and_sweep_lower_a_balance(uint32 voucher) external {
        vm.assume(_isSoundVoucher(voucher));
        IVoucherFund.Voucher memory held = fund.getVoucher(voucher);
        bytes memory words = _anyVerb();
        vm.assume(bytes4(words) != fund.redeem.selector && bytes4(words) != fund.sweep.selector);
        if (!_send(words)) return;
        IVoucherFund.Voucher memory left = _voucherAfter(voucher);
        uint256 faults = _unless(left.balanceCents >= held.balanceCents) | (left.programme ^ held.programme);
        faults |= _unless(left.issuedCents >= held.issuedCents) | _unless(left.generation >= held.generation);
        assert(faults == 0);
    }

    function check_verbs_that_move_no_money_leave_all_accounts(
        uint16 programme,
        uint16 shop,
        uint32 voucher,
        uint16 number
    ) external {
        vm.assume(_isSoundVoucher(voucher) && _isSoundShop(programme, shop));
        Books memory books = _books(programme, shop, voucher, number);
        bytes memory words = _anyVerb();
        vm.assume(!_movesMoney(bytes4(words)));
        if (!_send(words)) return;
        Books memory left = _booksAfter(programme, shop, voucher, number);
        uint256 faults = (uint256(left.held.balanceCents) ^ books.held.balanceCents)
            | (uint256(left.held.issuedCents) ^ books.held.issuedCents);
        faults |= uint256(left.funded.depositedCents) ^ books.funded.depositedCents;
        faults |= uint256(left.funded.unallocatedCents) ^ books.funded.unallocatedCents;
        faults |= uint256(left.funded.withdrawnCents) ^ books.funded.withdrawnCents;
        faults |= uint256(left.account.netCents) ^ books.account.netCents;
        faults |= uint256(left.account.settledCents) ^ books.account.settledCents;
        faults |= (uint256(left.usedBy) ^ books.usedBy) | (uint256(left.remainingCents) ^ books.remainingCents);
        assert(faults == 0);
    }

    function _movesMoney(bytes4 verb) private view returns (bool) {
        return verb == fund.deposit.selector || verb == fund.withdraw.selector || verb == fund.issue.selector
            || verb == fund.topUp.selector || verb == fund.settle.selector || verb == fund.sweep.selector
            || verb == fund.redeem.selector || verb == fund.refund.selector;
    }
}
