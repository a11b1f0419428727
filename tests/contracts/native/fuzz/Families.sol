// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {onVoucher, owed, unallocated} from "./Books.sol";
import {Office} from "./Office.sol";
import {TicketTree} from "./TicketTree.sol";
import {Words} from "./Words.sol";

/// Families and tills: vouchers activated and renewed, tickets charged, charges refunded. Mostly as it should be done.
abstract contract Families is Office {
    /// A holder may begin this many generations.
    uint8 internal constant HOLDER_GENERATIONS = 224;

    // ---------------------------------------------------------------- how requests are written

    // The two places that know the order of the words of redeem and refund.

    function _redeemWords(Request memory request) internal view returns (bytes memory) {
        return abi.encodeCall(fund.redeem, (request.ticket, request.place, request.charge));
    }

    function _refundWords(Request memory request, IVoucherFund.RefundOrder memory order)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodeCall(fund.refund, (request.ticket, request.place, order));
    }

    /// @dev The charge has a category and an amount, and is signed by the till.
    function _request(uint32 voucher, uint16 number, uint16 ticketShop, uint32 maxCents, uint64 expiresAt)
        internal
        returns (Request memory request)
    {
        uint8 generation = uint8(number >> 8);
        _root(voucher, generation);
        TicketTree.Tree storage tree = trees[voucher][_origin(voucher, generation)];
        request.place = TicketTree.place(tree, voucher, number, _holder(voucher, generation));
        uint256 key = TicketTree.ticketKey(voucher, number);
        request.ticket = Words.signTicket(domain, key, ticketShop, maxCents, expiresAt);
        bytes32 digest = Words.ticketDigest(domain, ticketShop, maxCents, expiresAt);
        request.ticketId = Words.ticketId(digest, vm.addr(key));
    }

    function _charge(Request memory request, uint256 till, uint32 amountCents, uint8 category) internal view {
        request.till = till;
        request.charge = Words.signCharge(domain, till, request.ticketId, amountCents, category);
    }

    // ---------------------------------------------------------------- the rules of a payment, a second time

    /// The refusal to expect for a request in which all signatures and the place are right.
    function _mayRedeem(Request memory request) internal view returns (bytes4) {
        Family storage family = families[request.place.voucher];
        uint16 shop = shopOf[request.till];
        if (request.charge.amountCents == 0) return IVoucherFund.AmountZero.selector;
        if (!family.activated) return IVoucherFund.VoucherNotActivated.selector;
        bool current = request.place.number >> 8 == family.generation;
        if (!current || kept[request.place.voucher][family.generation] != 0) return IVoucherFund.TicketUnknown.selector;
        if (uses[request.place.voucher][request.place.number].shop != 0) return IVoucherFund.TicketAlreadyUsed.selector;
        if (shop == 0) return IVoucherFund.TillUnknown.selector;
        if (request.ticket.shop != 0 && request.ticket.shop != shop) return IVoucherFund.TicketForAnotherShop.selector;
        if (nowAt >= request.ticket.expiresAt) return IVoucherFund.TicketExpired.selector;
        if (family.blockReason != 0) return IVoucherFund.VoucherBlocked.selector;
        return _mayCharge(family.programme, shop, request);
    }

    function _mayCharge(uint16 programme, uint16 shop, Request memory request) private view returns (bytes4) {
        uint32 categories = allowed[programme][shop];
        uint32 amountCents = request.charge.amountCents;
        if (categories == 0) return IVoucherFund.ShopNotAllowed.selector;
        if (nowAt < terms[programme].startsAt) return IVoucherFund.ProgrammeNotStarted.selector;
        if (ended(programme)) return IVoucherFund.ProgrammeEnded.selector;
        if (uint256(categories) >> request.charge.category & 1 == 0) return IVoucherFund.CategoryNotAllowed.selector;
        if (amountCents > request.ticket.maxCents) return IVoucherFund.AmountAboveTicket.selector;
        if (amountCents > terms[programme].maxCents) return IVoucherFund.AmountAboveMaximum.selector;
        bool lacking = int256(uint256(amountCents)) > balance(onVoucher(request.place.voucher));
        return lacking ? IVoucherFund.BalanceTooLow.selector : ACCEPTED;
    }

    function _redeem(Request memory request) internal {
        (uint32 voucher, uint16 number) = (request.place.voucher, request.place.number);
        if (_call(OUTSIDER, _redeemWords(request), _mayRedeem(request))) {
            uint32 amountCents = request.charge.amountCents;
            uint16 shop = shopOf[request.till];
            uses[voucher][number] = Use(shop, amountCents, amountCents);
            paid[voucher][number] = request;
            paidPlaces.push(uint48(voucher) << 16 | number);
            known.move(onVoucher(voucher), owed(families[voucher].programme, shop), amountCents);
        }
    }

    function _refund(Request memory request, uint256 till, uint32 amountCents, uint32 signedCents) internal {
        (uint32 voucher, uint16 number) = (request.place.voucher, request.place.number);
        Use storage use = uses[voucher][number];
        bytes4 expected = ACCEPTED;
        if (amountCents == 0) expected = IVoucherFund.AmountZero.selector;
        else if (shopOf[till] == 0) expected = IVoucherFund.TillUnknown.selector;
        else if (shopOf[till] != use.shop) expected = IVoucherFund.RefundByAnotherShop.selector;
        else if (signedCents != use.remainingCents) expected = IVoucherFund.RefundOutdated.selector;
        else if (amountCents > use.remainingCents) expected = IVoucherFund.RefundAboveRedemption.selector;
        IVoucherFund.RefundOrder memory order =
            Words.signRefund(domain, till, request.ticketId, amountCents, signedCents);
        if (_call(OUTSIDER, _refundWords(request, order), expected)) {
            use.remainingCents -= amountCents;
            uint16 programme = families[voucher].programme;
            known.move(
                owed(programme, use.shop), ended(programme) ? unallocated(programme) : onVoucher(voucher), amountCents
            );
        }
    }

    // ---------------------------------------------------------------- what families and tills do

    function activate(uint256 pick) public {
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        uint8 generation = family.generation;
        (address holder, bytes32 root) = (_holder(voucher, generation), _root(voucher, generation));
        (bytes32 r, bytes32 vs) =
            Words.signActivation(domain, _letter(voucher, generation), voucher, generation, holder, root);
        bytes4 expected = family.blockReason != 0 ? IVoucherFund.VoucherBlocked.selector : ACCEPTED;
        if (family.activated) expected = IVoucherFund.VoucherAlreadyActivated.selector;
        if (_call(OUTSIDER, abi.encodeCall(fund.activate, (voucher, holder, root, r, vs)), expected)) {
            family.activated = true;
        }
    }

    /// Sometimes the holder keeps its key and its old list.
    function renewTickets(uint256 pick, uint256 other) external {
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        uint8 next = family.generation + 1;
        if (other % 4 == 0) kept[voucher][next] = uint16(_origin(voucher, family.generation)) + 1;
        bytes32 oldRoot = _root(voucher, family.generation);
        (address holder, bytes32 root) = (_holder(voucher, next), _root(voucher, next));
        (bytes32 r, bytes32 vs) =
            Words.signRenewal(domain, _holderKey(voucher, family.generation), voucher, next, holder, root);
        bytes4 expected = ACCEPTED;
        if (!family.activated) expected = IVoucherFund.VoucherNotActivated.selector;
        else if (family.generation >= HOLDER_GENERATIONS) expected = IVoucherFund.GenerationsExhausted.selector;
        if (_call(OUTSIDER, abi.encodeCall(fund.renewTickets, (voucher, oldRoot, holder, root, r, vs)), expected)) {
            family.generation = next;
        } else {
            delete kept[voucher][next];
        }
    }

    /// A payment as it should be, if the voucher, the shops and the time allow one.
    function redeem(uint256 pick, uint256 place, uint256 amount) public {
        uint32 voucher = _readyVoucher(pick);
        Family storage family = families[voucher];
        (uint256 till, uint8 category) = _charger(family.programme, amount >> 64);
        uint32 amountCents = _affordable(voucher, amount);
        Request memory request =
            _request(voucher, _number(family.generation, place), 0, amountCents, uint64(nowAt + 300));
        _charge(request, till, amountCents, category);
        _redeem(request);
    }

    /// A payment at a limit: the ticket's shop, its maximum, its last second, the balance, the category.
    function redeemAtALimit(uint256 pick, uint256 place, uint256 limit) external {
        uint32 voucher = _readyVoucher(pick);
        Family storage family = families[voucher];
        (uint256 till, uint8 category) = _charger(family.programme, limit >> 64);
        int256 leftCents = balance(onVoucher(voucher));
        uint32 amountCents = limit % 3 == 0 ? uint32(uint256(leftCents)) : _amount(limit >> 8);
        if (limit % 9 == 0) ++amountCents;
        uint64 expiresAt = uint64(nowAt + limit % 5 % 2);
        uint16 ticketShop = (limit >> 16) % 4 == 0 ? _shop(limit >> 24) : 0;
        uint32 maxCents = (limit >> 32) % 4 == 0 ? amountCents - (amountCents == 0 ? 0 : 1) : amountCents;
        if ((limit >> 40) % 8 == 0) category = uint8(limit >> 48);
        if ((limit >> 56) % 8 == 0) till = _till(limit >> 64);
        Request memory request =
            _request(voucher, _number(family.generation, place), ticketShop, maxCents, expiresAt);
        _charge(request, till, amountCents, category);
        _redeem(request);
    }

    /// Gives back at most what is left of a payment, by a till of the shop that charged it if it still has one.
    function refund(uint256 pick, uint256 amount) external {
        if (paidPlaces.length == 0) return;
        (uint32 voucher, uint16 number) = _refundable(pick);
        Use storage use = uses[voucher][number];
        uint32 amountCents = amount % 4 == 0 ? use.remainingCents : uint32((amount >> 8) % 100 + 1);
        if (amount % 16 == 1) amountCents = use.remainingCents + 1;
        else if (amountCents > use.remainingCents) amountCents = use.remainingCents;
        _refund(paid[voucher][number], _tillOf(use.shop, amount >> 64), amountCents, use.remainingCents);
    }

    // ---------------------------------------------------------------- picking what may work

    /// Places at the edges of a cell of uses, and any others.
    function _number(uint8 generation, uint256 pick) internal pure returns (uint16) {
        uint8[8] memory edges = [0, 1, 6, 7, 8, 252, 254, 255];
        return uint16(generation) << 8 | (pick % 2 == 0 ? edges[(pick >> 8) % 8] : uint8(pick >> 8));
    }

    /// The first voucher from a picked one on that can pay; the picked one if none can.
    function _readyVoucher(uint256 pick) internal view returns (uint32 voucher) {
        for (uint256 i = 0; i < voucherCount; ++i) {
            voucher = _voucher(pick % voucherCount + i);
            Family storage family = families[voucher];
            bool ready = family.activated && family.blockReason == 0 && running(family.programme);
            if (ready && balance(onVoucher(voucher)) > 0) return voucher;
        }
        return _voucher(pick);
    }

    /// The first till from a picked one on that may charge in a programme, and a category it may charge.
    function _charger(uint16 programme, uint256 pick) internal view returns (uint256 till, uint8 category) {
        for (uint256 i = 0; i < TILLS; ++i) {
            till = _till(pick % TILLS + i);
            uint32 categories = allowed[programme][shopOf[till]];
            if (shopOf[till] == 0 || categories == 0) continue;
            while (categories & 1 == 0) {
                categories >>= 1;
                ++category;
            }
            return (till, category);
        }
        return (till, 1);
    }

    function _affordable(uint32 voucher, uint256 amount) internal view returns (uint32) {
        uint256 leftCents = uint256(balance(onVoucher(voucher)));
        uint256 mostCents = terms[families[voucher].programme].maxCents;
        uint256 amountCents = _amount(amount) % 200 + 1;
        if (amountCents > leftCents) amountCents = leftCents;
        return uint32(amountCents > mostCents ? mostCents : amountCents);
    }

    /// The first payment from a picked one on of which something is left; the picked one if none is.
    function _refundable(uint256 pick) internal view returns (uint32 voucher, uint16 number) {
        for (uint256 i = 0; i < paidPlaces.length; ++i) {
            uint48 found = paidPlaces[(pick % paidPlaces.length + i) % paidPlaces.length];
            (voucher, number) = (uint32(found >> 16), uint16(found));
            if (uses[voucher][number].remainingCents != 0) return (voucher, number);
        }
    }

    function _tillOf(uint16 shop, uint256 pick) internal view returns (uint256 till) {
        for (uint256 i = 0; i < TILLS; ++i) {
            till = _till(pick % TILLS + i);
            if (shopOf[till] == shop) return till;
        }
    }
}
