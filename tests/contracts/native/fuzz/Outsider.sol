// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {Families} from "./Families.sol";
import {Words} from "./Words.sol";

/// Someone who tries everything: nothing of it may be accepted, and each refusal has the name that the rules give it.
abstract contract Outsider is Families {
    uint256 private constant THIEF = uint256(keccak256("the thief's own key"));

    /// Brings a paid request once more, as it was.
    function bringAgain(uint256 pick) external {
        if (paidPlaces.length == 0) return;
        uint48 place = paidPlaces[pick % paidPlaces.length];
        Request memory request = paid[uint32(place >> 16)][uint16(place)];
        bytes4 expected = _mayRedeem(request);
        require(expected != ACCEPTED, "a payment made would be accepted again");
        _call(OUTSIDER, _redeemWords(request), expected);
    }

    /// Charges a paid ticket anew, by any till, for any amount.
    function chargeAgain(uint256 pick, uint256 amount) external {
        if (paidPlaces.length == 0) return;
        uint48 place = paidPlaces[pick % paidPlaces.length];
        Request memory request = paid[uint32(place >> 16)][uint16(place)];
        _charge(request, _till(amount), _amount(amount >> 8), 1);
        bytes4 expected = _mayRedeem(request);
        require(expected != ACCEPTED, "a used ticket would be accepted again");
        _call(OUTSIDER, _redeemWords(request), expected);
    }

    /// Signs a used ticket's key under new words.
    function signAgain(uint256 pick, uint256 amount) external {
        if (paidPlaces.length == 0) return;
        uint48 place = paidPlaces[pick % paidPlaces.length];
        Request memory request = _request(uint32(place >> 16), uint16(place), 0, 1_000, uint64(nowAt + 1_000));
        _charge(request, _till(amount), _amount(amount >> 8), 1);
        bytes4 expected = _mayRedeem(request);
        require(expected != ACCEPTED, "a used ticket key would be accepted again");
        _call(OUTSIDER, _redeemWords(request), expected);
    }

    /// Takes a request that would be accepted and changes one thing under the same signatures.
    function tamper(uint256 pick, uint256 place, uint256 change) external {
        uint32 voucher = _readyVoucher(pick);
        Request memory request = _rightRequest(voucher, place, change >> 64);
        if (_mayRedeem(request) != ACCEPTED) return;
        bytes4 expected = IVoucherFund.TicketUnknown.selector;
        uint256 what = change % 12;
        if (what == 0) request.ticket.maxCents += 1;
        else if (what == 1) request.ticket.expiresAt += 1;
        else if (what == 2) request.ticket.shop = _shop(change);
        else if (what == 3) request.place.siblings[(change >> 8) % 8] = bytes32(change);
        else if (what == 4) request.place.number ^= 1;
        else if (what == 5) request.place.number ^= 1 << 8;
        else if (what == 6) request.place.holder = OUTSIDER;
        else expected = _tamperMore(request, what, voucher);
        _call(OUTSIDER, _redeemWords(request), expected);
    }

    function _tamperMore(Request memory request, uint256 what, uint32 voucher) private view returns (bytes4) {
        if (what == 7) {
            (request.ticket.r, request.ticket.vs) = (0, 0);
            return IVoucherFund.TicketSignatureInvalid.selector;
        }
        if (what == 8) {
            // Another voucher, which may not be there or sleep.
            request.place.voucher = voucher + 1;
            if (request.place.voucher > voucherCount) return IVoucherFund.VoucherUnknown.selector;
            bool held = families[request.place.voucher].activated;
            return held ? IVoucherFund.TicketUnknown.selector : IVoucherFund.VoucherNotActivated.selector;
        }
        if (what == 9) request.charge.amountCents += 1;
        else if (what == 10) request.charge.category += 1;
        else (request.charge.r, request.charge.vs) = (0, 0);
        return IVoucherFund.TillUnknown.selector;
    }

    function _rightRequest(uint32 voucher, uint256 place, uint256 pick) private returns (Request memory request) {
        Family storage family = families[voucher];
        (uint256 till, uint8 category) = _charger(family.programme, pick);
        uint32 amountCents = _affordable(voucher, pick);
        request = _request(voucher, _number(family.generation, place), 0, amountCents, uint64(nowAt + 300));
        _charge(request, till, amountCents, category);
    }

    /// Makes a ticket of a key of its own, and brings it at another's place; or charges without a till.
    function forge(uint256 pick, uint256 place, bool ownTill) external {
        uint32 voucher = _readyVoucher(pick);
        Request memory request = _rightRequest(voucher, place, pick);
        if (_mayRedeem(request) != ACCEPTED) return;
        bytes4 expected = IVoucherFund.TillUnknown.selector;
        if (ownTill) {
            _charge(request, UNPAIRED_TILL, request.charge.amountCents, request.charge.category);
        } else {
            request.ticket = Words.signTicket(domain, THIEF, 0, request.ticket.maxCents, request.ticket.expiresAt);
            expected = IVoucherFund.TicketUnknown.selector;
        }
        _call(OUTSIDER, _redeemWords(request), expected);
    }

    /// Brings a ticket of a generation that is over.
    function bringOldTicket(uint256 pick, uint256 place) external {
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        if (family.generation == 0) return;
        (uint256 till, uint8 category) = _charger(family.programme, place >> 64);
        Request memory request = _request(voucher, _number(family.generation - 1, place), 0, 1, uint64(nowAt + 1));
        _charge(request, till, 1, category);
        _call(OUTSIDER, _redeemWords(request), _mayRedeem(request));
    }

    /// Refunds by any till, any amount, signed for any state; and what was refunded once more.
    function refundOddly(uint256 pick, uint256 amount) external {
        if (paidPlaces.length == 0) return;
        uint48 place = paidPlaces[pick % paidPlaces.length];
        (uint32 voucher, uint16 number) = (uint32(place >> 16), uint16(place));
        Use storage use = uses[voucher][number];
        uint256 till = amount % 4 == 0 ? UNPAIRED_TILL : _till(amount >> 8);
        uint32 signedCents = amount % 3 == 0 ? use.chargedCents : use.remainingCents;
        _refund(paid[voucher][number], till, _amount(amount >> 16), signedCents);
    }

    /// Refunds a ticket that never paid.
    function refundUnused(uint256 pick, uint256 place) external {
        uint32 voucher = _readyVoucher(pick);
        Request memory request = _rightRequest(voucher, place, pick);
        if (!families[voucher].activated || uses[voucher][request.place.number].shop != 0) return;
        IVoucherFund.RefundOrder memory order = Words.signRefund(domain, request.till, request.ticketId, 1, 1);
        bool worthless = kept[voucher][families[voucher].generation] != 0;
        bytes4 expected = worthless ? IVoucherFund.TicketUnknown.selector : IVoucherFund.TicketNotRedeemed.selector;
        _call(OUTSIDER, _refundWords(request, order), expected);
    }

    /// Takes a voucher over with a letter or a holder key of its own.
    function takeOver(uint256 pick, bytes32 root) external {
        if (root == 0) return;
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        address holder = vm.addr(THIEF);
        if (family.activated) {
            uint8 next = family.generation + 1;
            (bytes32 r, bytes32 vs) = Words.signRenewal(domain, THIEF, voucher, next, holder, root);
            bytes32 oldRoot = _root(voucher, family.generation);
            bytes memory words = abi.encodeCall(fund.renewTickets, (voucher, oldRoot, holder, root, r, vs));
            _call(OUTSIDER, words, IVoucherFund.HolderSignatureInvalid.selector);
        } else {
            (bytes32 r, bytes32 vs) = Words.signActivation(domain, THIEF, voucher, family.generation, holder, root);
            bytes4 expected = family.blockReason != 0
                ? IVoucherFund.VoucherBlocked.selector
                : IVoucherFund.LetterSignatureInvalid.selector;
            _call(OUTSIDER, abi.encodeCall(fund.activate, (voucher, holder, root, r, vs)), expected);
        }
    }

    /// Calls an office's verb without the office's role: the outsider, or an office that has another role.
    function overreach(uint256 pick, uint256 caller) external {
        uint32[] memory vouchers = new uint32[](1);
        vouchers[0] = _voucher(pick);
        IVoucherFund.Allocation[] memory none = new IVoucherFund.Allocation[](0);
        bytes[15] memory verbs = [
            abi.encodeCall(fund.openProgramme, (uint40(nowAt), uint40(nowAt + 9), 1, 1, 0)),
            abi.encodeCall(fund.extend, (1, type(uint40).max)),
            abi.encodeCall(fund.issue, (1, none)),
            abi.encodeCall(fund.topUp, (vouchers[0], 1)),
            abi.encodeCall(fund.replaceHolder, (vouchers[0], OUTSIDER, 1)),
            abi.encodeCall(fund.blockVoucher, (vouchers[0], 1)),
            abi.encodeCall(fund.unblockVoucher, (vouchers[0])),
            abi.encodeCall(fund.allowShop, (1, 1, 2)),
            abi.encodeCall(fund.removeShop, (1, 1)),
            abi.encodeCall(fund.addTill, (1, OUTSIDER)),
            abi.encodeCall(fund.removeTill, (vm.addr(_till(pick)))),
            abi.encodeCall(fund.deposit, (1, 1, 0)),
            abi.encodeCall(fund.withdraw, (1, 1, 0)),
            abi.encodeCall(fund.settle, (1, 1, 1, 0)),
            abi.encodeCall(fund.sweep, (vouchers))
        ];
        uint256 verb = pick % 15;
        address owner = verb < 7 ? ISSUER : verb < 11 ? SHOP_MANAGER : TREASURER;
        address[5] memory callers = [OUTSIDER, ADMIN, ISSUER, SHOP_MANAGER, TREASURER];
        address by = callers[caller % 5];
        if (by == owner) return;
        _call(by, verbs[verb], IAccessControl.AccessControlUnauthorizedAccount.selector);
    }
}
