// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {vm} from "../Vm.sol";

/// A generation's 256 ticket keys and the Merkle tree above them, thought out a second time.
///
/// The one place that knows how leaves, nodes and fingerprints are hashed; docs/protocol.md says how.
library TicketTree {
    uint256 private constant KEYS = 256;
    uint256 private constant LEVELS = 8;

    /// A heap: the root at 0, the nodes below node i at 2i + 1 and 2i + 2, the leaves from 255.
    struct Tree {
        bytes32[2 * KEYS - 1] nodes;
    }

    /// The private key of a ticket. Its number names the generation, so each generation has other keys.
    function ticketKey(uint32 voucher, uint16 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("ticket", voucher, number)));
    }

    function leaf(address key, uint16 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, number));
    }

    /// The last 20 bytes, as a word.
    function cut(bytes32 node) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(uint256(node))));
    }

    /// The node above two neighbours: the smaller first, each with its last 20 bytes. The sibling comes cut.
    function parent(bytes32 node, bytes32 sibling) internal pure returns (bytes32) {
        bytes32 own = cut(node);
        uint256 swapped;
        // All the bits in which the two differ if they are in the wrong order, else none; the proofs want no branch
        // here.
        assembly ("memory-safe") { swapped := and(xor(own, sibling), sub(0, lt(sibling, own))) }
        return keccak256(bytes.concat(own ^ bytes32(swapped), sibling ^ bytes32(swapped)));
    }

    /// What a voucher must have kept for this key to stand at this place.
    function fingerprint(IVoucherFund.TicketPlace memory shown, address key) internal pure returns (uint160) {
        bytes32 node = leaf(key, shown.number);
        for (uint256 level = 0; level < LEVELS; ++level) {
            node = parent(node, shown.siblings[level]);
        }
        return uint160(uint256(keccak256(abi.encode(shown.holder, node))));
    }

    function grow(Tree storage tree, uint32 voucher, uint8 generation) internal {
        for (uint256 spot = 0; spot < KEYS; ++spot) {
            uint16 number = uint16(uint256(generation) << 8 | spot);
            tree.nodes[KEYS - 1 + spot] = leaf(vm.addr(ticketKey(voucher, number)), number);
        }
        for (uint256 node = KEYS - 1; node > 0; --node) {
            tree.nodes[node - 1] = parent(tree.nodes[2 * node - 1], cut(tree.nodes[2 * node]));
        }
    }

    function root(Tree storage tree) internal view returns (bytes32) {
        return tree.nodes[0];
    }

    /// Where a ticket stands, with the neighbours on its way to the root.
    function place(Tree storage tree, uint32 voucher, uint16 number, address holder)
        internal
        view
        returns (IVoucherFund.TicketPlace memory found)
    {
        found.voucher = voucher;
        found.number = number;
        found.holder = holder;
        uint256 node = KEYS - 1 + (number & 255);
        for (uint256 level = 0; level < LEVELS; ++level) {
            uint256 sibling = node % 2 == 1 ? node + 1 : node - 1;
            found.siblings[level] = cut(tree.nodes[sibling]);
            node = (node - 1) / 2;
        }
    }
}
