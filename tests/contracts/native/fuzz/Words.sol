// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";

/// What phones and tills sign, put into words a second time, from docs/protocol.md and not from the contract.
library Words {
    function domainOf(address fund) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Kindpakket"),
                keccak256("1"),
                block.chainid,
                fund
            )
        );
    }

    function ticketDigest(bytes32 domain, uint16 shop, uint32 maxCents, uint64 expiresAt)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typehash = keccak256("Ticket(uint16 shop,uint32 maxCents,uint64 expiresAt)");
        return _digest(domain, keccak256(abi.encode(typehash, shop, maxCents, expiresAt)));
    }

    /// The id of a ticket: what was signed, and the key that signed it.
    function ticketId(bytes32 digest, address ticketKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(digest, ticketKey));
    }

    function chargeDigest(bytes32 domain, bytes32 id, uint32 amountCents, uint8 category)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typehash = keccak256("Charge(bytes32 ticketId,uint32 amountCents,uint8 category)");
        return _digest(domain, keccak256(abi.encode(typehash, id, amountCents, category)));
    }

    function refundDigest(bytes32 domain, bytes32 id, uint32 amountCents, uint32 remainingCents)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typehash = keccak256("Refund(bytes32 ticketId,uint32 amountCents,uint32 remainingCents)");
        return _digest(domain, keccak256(abi.encode(typehash, id, amountCents, remainingCents)));
    }

    function signTicket(bytes32 domain, uint256 key, uint16 shop, uint32 maxCents, uint64 expiresAt)
        internal
        pure
        returns (IVoucherFund.Ticket memory ticket)
    {
        ticket.shop = shop;
        ticket.maxCents = maxCents;
        ticket.expiresAt = expiresAt;
        (ticket.r, ticket.vs) = vm.signCompact(key, ticketDigest(domain, shop, maxCents, expiresAt));
    }

    function signCharge(bytes32 domain, uint256 till, bytes32 id, uint32 amountCents, uint8 category)
        internal
        pure
        returns (IVoucherFund.Charge memory charge)
    {
        charge.amountCents = amountCents;
        charge.category = category;
        (charge.r, charge.vs) = vm.signCompact(till, chargeDigest(domain, id, amountCents, category));
    }

    function signRefund(bytes32 domain, uint256 till, bytes32 id, uint32 amountCents, uint32 remainingCents)
        internal
        pure
        returns (IVoucherFund.RefundOrder memory order)
    {
        order.amountCents = amountCents;
        order.remainingCents = remainingCents;
        (order.r, order.vs) = vm.signCompact(till, refundDigest(domain, id, amountCents, remainingCents));
    }

    function signActivation(
        bytes32 domain,
        uint256 letter,
        uint32 voucher,
        uint8 generation,
        address holder,
        bytes32 root
    ) internal pure returns (bytes32 r, bytes32 vs) {
        bytes32 typehash = keccak256("Activation(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)");
        return vm.signCompact(
            letter, _digest(domain, keccak256(abi.encode(typehash, voucher, generation, holder, root)))
        );
    }

    function signRenewal(
        bytes32 domain,
        uint256 holderKey,
        uint32 voucher,
        uint8 generation,
        address holder,
        bytes32 root
    ) internal pure returns (bytes32 r, bytes32 vs) {
        bytes32 typehash = keccak256("Renewal(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)");
        return vm.signCompact(
            holderKey, _digest(domain, keccak256(abi.encode(typehash, voucher, generation, holder, root)))
        );
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
