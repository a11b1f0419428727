// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {Hashes as Original} from "openzeppelin-as-released/contracts/utils/cryptography/Hashes.sol";

import {Hashes} from "./Hashes.sol";

/// What the proofs put in the place of something else is the same.
contract Lemmas {
    function check_the_hash_without_a_branch_is_the_original(bytes32 a, bytes32 b) external pure {
        assert(Hashes.commutativeKeccak256(a, b) == Original.commutativeKeccak256(a, b));
        assert(Hashes.efficientKeccak256(a, b) == Original.efficientKeccak256(a, b));
    }
}
