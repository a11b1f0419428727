// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

// What the proofs are about. They deploy it from what it was compiled to: built into each of them, it would be compiled
// as often.
import {VoucherFund} from "fund/VoucherFund.sol";
