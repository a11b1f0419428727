// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {onVoucher, owed, settled, unallocated, withdrawn, world} from "./Books.sol";
import {Town} from "./Town.sol";

/// The town's offices at work: treasurer, shop manager, issuer. Right calls and wrong ones; the town says which is
/// which.
abstract contract Office is Town {
    /// The settlements that were accepted, as they were sent.
    bytes[] internal settlements;

    /// Opens a programme while there is room for one, else asks for one that ends before it starts.
    function openProgramme(uint256 pick) external {
        uint40 startsAt = uint40(nowAt + pick % 600);
        if (programmeCount < MOST_PROGRAMMES) _open(Terms(startsAt, startsAt + 2_000, 0x0e, 1_000), ACCEPTED);
        else _open(Terms(startsAt, startsAt, 0x0e, 1_000), IVoucherFund.ProgrammeTermsInvalid.selector);
    }

    function _open(Terms memory wished, bytes4 expected) internal {
        bytes memory words = abi.encodeCall(
            fund.openProgramme,
            (wished.startsAt, wished.endsAt, wished.categories, wished.maxCents, keccak256("the policy"))
        );
        if (_call(ISSUER, words, expected)) terms[++programmeCount] = wished;
    }

    /// @param pick of steps from a second to a while
    function wait(uint256 pick) external {
        uint16[5] memory steps = [1, 60, 300, 1_000, 2_000];
        delete last;
        nowAt += steps[pick % 5];
    }

    // ---------------------------------------------------------------- treasurer

    function deposit(uint256 pick, uint256 amount) public {
        uint16 programme = _programme(pick);
        uint24 amountCents = _amount(amount);
        if (_call(TREASURER, abi.encodeCall(fund.deposit, (programme, amountCents, _reference())), ACCEPTED)) {
            known.move(world(), unallocated(programme), amountCents);
        }
    }

    function withdraw(uint256 pick, uint256 amount) external {
        _withdraw(_programme(pick), _amount(amount));
    }

    function _withdraw(uint16 programme, uint64 amountCents) internal {
        bool lacking = int256(uint256(amountCents)) > balance(unallocated(programme));
        bytes4 expected = lacking ? IVoucherFund.UnallocatedTooLow.selector : ACCEPTED;
        if (_call(TREASURER, abi.encodeCall(fund.withdraw, (programme, amountCents, _reference())), expected)) {
            known.move(unallocated(programme), withdrawn(programme), amountCents);
        }
    }

    /// Settles what a shop is owed, a cent more, or anything.
    function settle(uint256 pick, uint256 other, uint256 amount) external {
        uint16 programme = _programme(pick);
        uint16 shop = _shop(other);
        int256 owedCents = balance(owed(programme, shop));
        bool fitting = owedCents > 0 && amount % 8 != 0;
        _settle(programme, shop, fitting ? uint64(uint256(owedCents) + (amount % 8 == 1 ? 1 : 0)) : _amount(amount));
    }

    function _settle(uint16 programme, uint16 shop, uint64 amountCents) internal {
        bool above = int256(uint256(amountCents)) > balance(owed(programme, shop));
        bytes4 expected = above ? IVoucherFund.SettlementAboveOwed.selector : ACCEPTED;
        bytes memory words = abi.encodeCall(fund.settle, (programme, shop, amountCents, _reference()));
        if (_call(TREASURER, words, expected)) {
            known.move(owed(programme, shop), settled(programme, shop), amountCents);
            settlements.push(words);
        }
    }

    /// A payment order that is repeated books nothing twice.
    function settleAgain(uint256 pick) external {
        if (settlements.length == 0) return;
        bytes memory words = settlements[pick % settlements.length];
        _call(TREASURER, words, IVoucherFund.PaymentAlreadyRecorded.selector);
    }

    function sweep(uint256 pick) external {
        _sweep(_voucher(pick));
    }

    function _sweep(uint32 voucher) internal {
        uint16 programme = families[voucher].programme;
        uint32[] memory vouchers = new uint32[](1);
        vouchers[0] = voucher;
        bytes4 expected = ended(programme) ? ACCEPTED : IVoucherFund.ProgrammeNotEnded.selector;
        int256 leftCents = balance(onVoucher(voucher));
        if (_call(TREASURER, abi.encodeCall(fund.sweep, (vouchers)), expected) && leftCents > 0) {
            known.move(onVoucher(voucher), unallocated(programme), uint256(leftCents));
        }
    }

    function anchor(bytes32 hash, uint256 pick) external {
        address[5] memory callers = [ADMIN, ISSUER, SHOP_MANAGER, TREASURER, OUTSIDER];
        address by = callers[pick % 5];
        bytes4 expected = by == OUTSIDER ? IVoucherFund.RoleMissing.selector : ACCEPTED;
        _call(by, abi.encodeCall(fund.anchor, (hash)), expected);
    }

    // ---------------------------------------------------------------- shop manager

    function allowShop(uint256 pick, uint256 other, uint256 categories) public {
        uint32[4] memory asked = [uint32(2), 6, 0x80000000, 0];
        uint16 programme = _programme(pick);
        uint16 shop = _shop(other);
        uint32 wished = asked[categories % 4];
        bool fits = wished != 0 && wished & ~terms[programme].categories == 0;
        bytes4 expected = fits ? ACCEPTED : IVoucherFund.CategoryNotAllowed.selector;
        if (_call(SHOP_MANAGER, abi.encodeCall(fund.allowShop, (programme, shop, wished)), expected)) {
            allowed[programme][shop] = wished;
        }
    }

    function removeShop(uint256 pick, uint256 other) external {
        uint16 programme = _programme(pick);
        uint16 shop = _shop(other);
        bytes4 expected = allowed[programme][shop] != 0 ? ACCEPTED : IVoucherFund.ShopNotAllowed.selector;
        if (_call(SHOP_MANAGER, abi.encodeCall(fund.removeShop, (programme, shop)), expected)) {
            allowed[programme][shop] = 0;
        }
    }

    function addTill(uint256 pick, uint256 other) public {
        uint256 till = _till(pick);
        uint16 shop = _shop(other);
        bytes4 expected = shopOf[till] == 0 ? ACCEPTED : IVoucherFund.TillAlreadyAdded.selector;
        if (_call(SHOP_MANAGER, abi.encodeCall(fund.addTill, (shop, vm.addr(till))), expected)) shopOf[till] = shop;
    }

    function removeTill(uint256 pick) external {
        uint256 till = _till(pick);
        bytes4 expected = shopOf[till] != 0 ? ACCEPTED : IVoucherFund.TillUnknown.selector;
        if (_call(SHOP_MANAGER, abi.encodeCall(fund.removeTill, (vm.addr(till))), expected)) shopOf[till] = 0;
    }

    // ---------------------------------------------------------------- issuer

    function extend(uint256 pick, uint256 seconds_) external {
        uint16 programme = _programme(pick);
        uint16[3] memory steps = [0, 1, 300];
        uint40 endsAt = terms[programme].endsAt + steps[seconds_ % 3];
        bytes4 expected = steps[seconds_ % 3] == 0 ? IVoucherFund.ExtensionTooShort.selector : ACCEPTED;
        if (ended(programme)) expected = IVoucherFund.ProgrammeEnded.selector;
        if (_call(ISSUER, abi.encodeCall(fund.extend, (programme, endsAt)), expected)) terms[programme].endsAt = endsAt;
    }

    function issue(uint256 pick, uint256 amount) public {
        if (voucherCount == MOST_VOUCHERS) return;
        uint16 programme = _programme(pick);
        uint32 voucher = voucherCount + 1;
        IVoucherFund.Allocation[] memory allocations = new IVoucherFund.Allocation[](1);
        allocations[0] = IVoucherFund.Allocation(vm.addr(_letter(voucher, 0)), _amount(amount));
        uint24 amountCents = allocations[0].amountCents;
        bytes4 expected = _mayAllocate(programme, amountCents);
        if (_call(ISSUER, abi.encodeCall(fund.issue, (programme, allocations)), expected)) {
            voucherCount = voucher;
            families[voucher].programme = programme;
            families[voucher].issuedCents = amountCents;
            known.move(unallocated(programme), onVoucher(voucher), amountCents);
        }
    }

    function topUp(uint256 pick, uint256 amount) external {
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        uint24 amountCents = _amount(amount);
        bytes4 expected = _mayAllocate(family.programme, amountCents);
        if (expected == ACCEPTED && uint256(family.issuedCents) + amountCents >= 2 ** 24) {
            expected = IVoucherFund.BalanceTooHigh.selector;
        }
        if (_call(ISSUER, abi.encodeCall(fund.topUp, (voucher, amountCents)), expected)) {
            family.issuedCents += amountCents;
            known.move(unallocated(family.programme), onVoucher(voucher), amountCents);
        }
    }

    function _mayAllocate(uint16 programme, uint24 amountCents) private view returns (bytes4) {
        if (ended(programme)) return IVoucherFund.ProgrammeEnded.selector;
        bool lacking = int256(uint256(amountCents)) > balance(unallocated(programme));
        return lacking ? IVoucherFund.UnallocatedTooLow.selector : ACCEPTED;
    }

    function replaceHolder(uint256 pick, uint8 reason) external {
        uint32 voucher = _voucher(pick);
        Family storage family = families[voucher];
        address letter = vm.addr(_letter(voucher, family.generation + 1));
        bytes4 expected = reason == 0 ? IVoucherFund.ReasonZero.selector : ACCEPTED;
        if (_call(ISSUER, abi.encodeCall(fund.replaceHolder, (voucher, letter, reason)), expected)) {
            ++family.generation;
            family.activated = false;
        }
    }

    function blockVoucher(uint256 pick, uint8 reason) external {
        uint32 voucher = _voucher(pick);
        bytes4 expected = families[voucher].blockReason != 0 ? IVoucherFund.VoucherBlocked.selector : ACCEPTED;
        if (reason == 0) expected = IVoucherFund.ReasonZero.selector;
        if (_call(ISSUER, abi.encodeCall(fund.blockVoucher, (voucher, reason)), expected)) {
            families[voucher].blockReason = reason;
        }
    }

    function unblockVoucher(uint256 pick) external {
        uint32 voucher = _voucher(pick);
        bytes4 expected = families[voucher].blockReason == 0 ? IVoucherFund.VoucherNotBlocked.selector : ACCEPTED;
        if (_call(ISSUER, abi.encodeCall(fund.unblockVoucher, (voucher)), expected)) families[voucher].blockReason = 0;
    }
}
