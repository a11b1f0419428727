// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

/// OpenZeppelin's Hashes without a branch, so that a Merkle path of eight levels is one path to follow and not 256.
///
/// The proofs compile the contract with this in the place of the original (foundry.toml); Lemmas.t.sol proves that the
/// two give the same for all words.
library Hashes {
    function commutativeKeccak256(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        uint256 swapped;
        // All the bits in which the two differ if they are in the wrong order, else none.
        assembly ("memory-safe") { swapped := and(xor(a, b), sub(0, lt(b, a))) }
        return efficientKeccak256(a ^ bytes32(swapped), b ^ bytes32(swapped));
    }

    function efficientKeccak256(bytes32 a, bytes32 b) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, a)
            mstore(0x20, b)
            hash := keccak256(0x00, 0x40)
        }
    }
}
