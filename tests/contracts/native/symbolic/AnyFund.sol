// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";
import {Words} from "../fuzz/Words.sol";

/// What we use of halmos. Source: https://github.com/a16z/halmos-cheatcodes
interface Svm {
    function enableSymbolicStorage(address account) external;
    function createUint(uint256 bits, string calldata name) external returns (uint256);
    function createAddress(string calldata name) external returns (address);
    function createCalldata(string calldata contractName) external returns (bytes memory);
}

Svm constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);

/// A fund in any state at any time: all of its storage is symbolic, and so is the clock. One step from there is proved;
/// what holds after each step from any state holds after any number of steps.
///
/// A proof that needs something of the state assumes that it is sound, in words below, and Soundness.t.sol proves that
/// every verb keeps it so. A path on which the proof itself is refused counts for nothing, so what is read after a call
/// is read by `..After`, which takes a refusal for a fault.
///
/// What stands for something else: who signed is an unknown function of digest and signature, the same in contract and
/// proof, which may be anyone for anything; hashes are unknown functions that never meet in their last 160 bits, as a
/// fingerprint needs; Hashes.sol is without a branch. Gas, events and the order of refusals are not looked at. Lists
/// have at most two entries where any verb is meant.
abstract contract AnyFund {
    /// What a ticket's use has room for: the most that a payment can be, in cents, and the highest number of a shop.
    uint256 internal constant MOST_CENTS = 2 ** 18 - 1;
    uint256 internal constant LAST_SHOP = 2 ** 14 - 1;

    /// More than the contract has, mappings counted as one.
    uint256 private constant SLOTS = 16;

    /// The accounts that one payment can touch: of a voucher, of a shop in a programme, of the programme, of a ticket.
    struct Books {
        IVoucherFund.Voucher held;
        IVoucherFund.Programme funded;
        IVoucherFund.ShopAccount account;
        uint16 usedBy;
        uint32 remainingCents;
    }

    IVoucherFund internal fund;

    function setUp() external {
        bytes memory code = vm.getCode(".setup/prove/symbolic/VoucherFund.sol/VoucherFund.json");
        code = bytes.concat(code, abi.encode(address(0xAD), uint48(1 days)));
        address deployed;
        assembly ("memory-safe") { deployed := create(0, add(code, 0x20), mload(code)) }
        fund = IVoucherFund(deployed);
        svm.enableSymbolicStorage(address(fund));
        // What the constructor wrote would stay as it wrote it. All single words are among these slots; the mappings',
        // whose own slots are empty, are symbolic already.
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            vm.store(address(fund), bytes32(slot), bytes32(svm.createUint(256, "word")));
        }
        vm.warp(svm.createUint(64, "now"));
    }

    // ---------------------------------------------------------------- calls

    // The two places that know the order of the words of redeem and refund.

    function _redeem(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.Charge calldata charge
    ) internal returns (bool accepted) {
        accepted = _send(abi.encodeCall(fund.redeem, (ticket, place, charge)));
    }

    function _refund(
        IVoucherFund.TicketPlace calldata place,
        IVoucherFund.Ticket calldata ticket,
        IVoucherFund.RefundOrder calldata order
    ) internal returns (bool accepted) {
        accepted = _send(abi.encodeCall(fund.refund, (ticket, place, order)));
    }

    /// Any verb, with any words.
    function _anyVerb() internal returns (bytes memory) {
        return svm.createCalldata("VoucherFund");
    }

    /// By anyone.
    function _send(bytes memory words) internal returns (bool accepted) {
        vm.prank(svm.createAddress("caller"));
        (accepted,) = address(fund).call(words);
    }

    // ---------------------------------------------------------------- signatures

    /// A ticket's id and the key that signed it.
    function _identify(IVoucherFund.Ticket calldata ticket) internal view returns (bytes32 id, address key) {
        bytes32 digest = Words.ticketDigest(_domain(), ticket.shop, ticket.maxCents, ticket.expiresAt);
        key = _signer(digest, ticket.r, ticket.vs);
        id = Words.ticketId(digest, key);
    }

    /// The shop whose till signed a charge of this ticket.
    function _charger(IVoucherFund.Ticket calldata ticket, IVoucherFund.Charge calldata charge)
        internal
        view
        returns (uint16)
    {
        (bytes32 id,) = _identify(ticket);
        bytes32 digest = Words.chargeDigest(_domain(), id, charge.amountCents, charge.category);
        return fund.shopOfTill(_signer(digest, charge.r, charge.vs));
    }

    /// The shop whose till signed a refund of this ticket.
    function _refunder(IVoucherFund.Ticket calldata ticket, IVoucherFund.RefundOrder calldata order)
        internal
        view
        returns (uint16)
    {
        (bytes32 id,) = _identify(ticket);
        bytes32 digest = Words.refundDigest(_domain(), id, order.amountCents, order.remainingCents);
        return fund.shopOfTill(_signer(digest, order.r, order.vs));
    }

    function _domain() private view returns (bytes32) {
        return Words.domainOf(address(fund));
    }

    /// As in ERC-2098: the recovery bit above `s`.
    function _signer(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (address) {
        return ecrecover(digest, 27 + uint8(uint256(vs) >> 255), r, bytes32(uint256(vs) << 1 >> 1));
    }

    // ---------------------------------------------------------------- accounts

    /// The books before a call; the voucher and the programme exist.
    function _books(uint16 programme, uint16 shop, uint32 voucher, uint16 number)
        internal
        view
        returns (Books memory books)
    {
        books.held = fund.getVoucher(voucher);
        books.funded = fund.getProgramme(programme);
        books.account = fund.getShopAccount(programme, shop);
        (books.usedBy, books.remainingCents) = fund.getTicketUse(voucher, number);
    }

    /// The same after a call, in which neither may have vanished.
    function _booksAfter(uint16 programme, uint16 shop, uint32 voucher, uint16 number)
        internal
        view
        returns (Books memory left)
    {
        try this.booksOf(programme, shop, voucher, number) returns (Books memory books) {
            return books;
        } catch {
            assert(false);
        }
    }

    function booksOf(uint16 programme, uint16 shop, uint32 voucher, uint16 number)
        external
        view
        returns (Books memory)
    {
        return _books(programme, shop, voucher, number);
    }

    function _voucherAfter(uint32 voucher) internal view returns (IVoucherFund.Voucher memory left) {
        try fund.getVoucher(voucher) returns (IVoucherFund.Voucher memory held) {
            return held;
        } catch {
            assert(false);
        }
    }

    // ---------------------------------------------------------------- comparing

    // Faults are added up without a branch and asserted once, so that a proof has no more paths than the contract.

    /// None if the condition is true.
    function _unless(bool condition) internal pure returns (uint256 fault) {
        assembly ("memory-safe") { fault := iszero(condition) }
    }

    /// None if two books are the same in every field.
    function _difference(Books memory one, Books memory other) internal pure returns (uint256 faults) {
        faults = _differenceOfVouchers(one.held, other.held) | _differenceOfAccounts(one.account, other.account);
        faults |= (uint256(one.usedBy) ^ other.usedBy) | (uint256(one.remainingCents) ^ other.remainingCents);
        faults |= uint256(one.funded.startsAt) ^ other.funded.startsAt;
        faults |= uint256(one.funded.endsAt) ^ other.funded.endsAt;
        faults |= uint256(one.funded.categories) ^ other.funded.categories;
        faults |= uint256(one.funded.maxRedemptionCents) ^ other.funded.maxRedemptionCents;
        faults |= uint256(one.funded.depositedCents) ^ other.funded.depositedCents;
        faults |= uint256(one.funded.unallocatedCents) ^ other.funded.unallocatedCents;
        faults |= uint256(one.funded.withdrawnCents) ^ other.funded.withdrawnCents;
        faults |= uint256(one.funded.policyHash) ^ uint256(other.funded.policyHash);
    }

    function _differenceOfVouchers(IVoucherFund.Voucher memory one, IVoucherFund.Voucher memory other)
        private
        pure
        returns (uint256 faults)
    {
        faults = (uint256(one.fingerprint) ^ other.fingerprint) | (uint256(one.balanceCents) ^ other.balanceCents);
        faults |= (uint256(one.issuedCents) ^ other.issuedCents) | (uint256(one.programme) ^ other.programme);
        faults |= (uint256(one.generation) ^ other.generation) | (uint256(one.blockReason) ^ other.blockReason);
        faults |= _unless(one.activated == other.activated);
    }

    function _differenceOfAccounts(IVoucherFund.ShopAccount memory one, IVoucherFund.ShopAccount memory other)
        internal
        pure
        returns (uint256 faults)
    {
        faults = (uint256(one.netCents) ^ other.netCents) | (uint256(one.settledCents) ^ other.settledCents);
        faults |= (uint256(one.startsAt) ^ other.startsAt) | (uint256(one.endsAt) ^ other.endsAt);
        faults |= uint256(one.categories) ^ other.categories;
        faults |= uint256(one.maxRedemptionCents) ^ other.maxRedemptionCents;
    }

    // ---------------------------------------------------------------- what is assumed of a state

    /// Vouchers are numbered from 1, in order, and belong to a programme that is there.
    function _isSoundVoucher(uint32 voucher) internal view returns (bool) {
        uint32 count = fund.voucherCount();
        (bool held, uint16 programme) = _voucherExists(voucher);
        return !held || (_unless(voucher <= count) | _unless(programme != 0) == 0 && _programmeExists(programme));
    }

    /// Programmes are numbered from 1, in order, and let no payment be more than a use has room for; who takes part in
    /// one has its terms.
    function _isSoundShop(uint16 programme, uint16 shop) internal view returns (bool) {
        uint16 count = fund.programmeCount();
        IVoucherFund.ShopAccount memory account = fund.getShopAccount(programme, shop);
        if (!_programmeExists(programme)) return account.categories == 0;
        IVoucherFund.Programme memory funded = fund.getProgramme(programme);
        uint256 faults = _unless(programme <= count) | _unless(programme != 0);
        faults |= _unless(funded.maxRedemptionCents <= MOST_CENTS);
        return faults | _faultsOfShop(account, funded) == 0;
    }

    /// A till's shop is a shop's number, and what is no signature is no till.
    function _isSoundTill(address till) internal view returns (bool) {
        return fund.shopOfTill(till) <= LAST_SHOP && fund.shopOfTill(address(0)) == 0;
    }

    /// What a shop that takes part has in its account is what its programme says; only the end may have grown since.
    function _faultsOfShop(IVoucherFund.ShopAccount memory account, IVoucherFund.Programme memory funded)
        internal
        pure
        returns (uint256 faults)
    {
        faults = (account.categories & ~funded.categories) | (uint256(account.startsAt) ^ funded.startsAt);
        faults |= uint256(account.maxRedemptionCents) ^ funded.maxRedemptionCents;
        faults |= _unless(account.endsAt <= funded.endsAt) | _unless(funded.maxRedemptionCents <= MOST_CENTS);
        // Of one that does not take part nothing is asked.
        unchecked {
            faults &= 0 - _unless(account.categories == 0);
        }
    }

    function _voucherExists(uint32 voucher) private view returns (bool exists, uint16 programme) {
        try fund.getVoucher(voucher) returns (IVoucherFund.Voucher memory held) {
            return (true, held.programme);
        } catch {}
    }

    function _programmeExists(uint16 programme) internal view returns (bool) {
        try fund.getProgramme(programme) {
            return true;
        } catch {
            return false;
        }
    }
}
