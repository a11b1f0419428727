// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {Vm} from "../Vm.sol";

/// What an account is; its numbers are a programme and a shop, or a voucher.
enum Kind {
    WORLD,
    UNALLOCATED,
    WITHDRAWN,
    ON_VOUCHER,
    OWED,
    SETTLED
}

struct Account {
    Kind kind;
    uint32 number;
    uint16 shop;
}

function world() pure returns (Account memory) {
    return Account(Kind.WORLD, 0, 0);
}

function unallocated(uint16 programme) pure returns (Account memory) {
    return Account(Kind.UNALLOCATED, programme, 0);
}

function withdrawn(uint16 programme) pure returns (Account memory) {
    return Account(Kind.WITHDRAWN, programme, 0);
}

function onVoucher(uint32 voucher) pure returns (Account memory) {
    return Account(Kind.ON_VOUCHER, voucher, 0);
}

function owed(uint16 programme, uint16 shop) pure returns (Account memory) {
    return Account(Kind.OWED, programme, shop);
}

function settled(uint16 programme, uint16 shop) pure returns (Account memory) {
    return Account(Kind.SETTLED, programme, shop);
}

/// Double-entry books: each entry moves euro cents from one account to another, so that all together are always zero.
/// Nothing in here ever asks the contract.
contract Books {
    mapping(bytes32 account => int256 cents) private _balances;
    mapping(bytes32 accounts => uint256 cents) private _turnover;
    mapping(Kind from => mapping(Kind to => uint256 cents)) public turnoverOfKinds;

    /// Books one entry.
    function move(Account memory from, Account memory to, uint256 amountCents) public {
        require(amountCents != 0, "an entry moves something");
        _balances[_key(from)] -= int256(amountCents);
        _balances[_key(to)] += int256(amountCents);
        _turnover[keccak256(abi.encode(from, to))] += amountCents;
        turnoverOfKinds[from.kind][to.kind] += amountCents;
    }

    function balanceOf(Account calldata account) external view returns (int256) {
        return _balances[_key(account)];
    }

    function turnover(Account calldata from, Account calldata to) external view returns (uint256) {
        return _turnover[keccak256(abi.encode(from, to))];
    }

    /// Books what an event says, from its fields alone; an event that moves nothing is passed over.
    function post(Vm.Log calldata log) external {
        bytes32 name = log.topics[0];
        if (name == IVoucherFund.Deposited.selector) {
            move(world(), unallocated(_programme(log)), _cents64(log));
        } else if (name == IVoucherFund.Withdrawn.selector) {
            move(unallocated(_programme(log)), withdrawn(_programme(log)), _cents64(log));
        } else if (name == IVoucherFund.Settled.selector) {
            uint16 shop = uint16(uint256(log.topics[2]));
            move(owed(_programme(log), shop), settled(_programme(log), shop), _cents64(log));
        } else if (name == IVoucherFund.Issued.selector) {
            _postIssued(log);
        } else if (name == IVoucherFund.ToppedUp.selector) {
            uint16 programme = uint16(uint256(log.topics[2]));
            move(unallocated(programme), onVoucher(_voucher(log)), abi.decode(log.data, (uint32)));
        } else if (name == IVoucherFund.Swept.selector) {
            uint16 programme = uint16(uint256(log.topics[2]));
            move(onVoucher(_voucher(log)), unallocated(programme), abi.decode(log.data, (uint32)));
        } else if (name == IVoucherFund.Redeemed.selector) {
            _postRedeemed(log);
        } else if (name == IVoucherFund.Refunded.selector) {
            _postRefunded(log);
        }
    }

    function _postIssued(Vm.Log calldata log) private {
        uint32 first = uint32(uint256(log.topics[2]));
        IVoucherFund.Allocation[] memory allocations = abi.decode(log.data, (IVoucherFund.Allocation[]));
        for (uint32 i = 0; i < allocations.length; ++i) {
            move(unallocated(_programme(log)), onVoucher(first + i), allocations[i].amountCents);
        }
    }

    function _postRedeemed(Vm.Log calldata log) private {
        (uint16 programme,,, uint32 amountCents,) = abi.decode(log.data, (uint16, uint16, uint8, uint32, address));
        move(onVoucher(uint32(uint256(log.topics[2]))), owed(programme, uint16(uint256(log.topics[3]))), amountCents);
    }

    function _postRefunded(Vm.Log calldata log) private {
        (uint16 programme,, uint32 amountCents,, bool toProgramme) =
            abi.decode(log.data, (uint16, uint16, uint32, address, bool));
        Account memory target = toProgramme ? unallocated(programme) : onVoucher(uint32(uint256(log.topics[2])));
        move(owed(programme, uint16(uint256(log.topics[3]))), target, amountCents);
    }

    function _key(Account memory account) private pure returns (bytes32) {
        return keccak256(abi.encode(account));
    }

    function _programme(Vm.Log calldata log) private pure returns (uint16) {
        return uint16(uint256(log.topics[1]));
    }

    function _voucher(Vm.Log calldata log) private pure returns (uint32) {
        return uint32(uint256(log.topics[1]));
    }

    function _cents64(Vm.Log calldata log) private pure returns (uint64 amountCents) {
        (amountCents,) = abi.decode(log.data, (uint64, bytes32));
    }
}
