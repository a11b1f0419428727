// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "./IVoucherFund.sol";

/// A question about many vouchers at once. It is never deployed: `eth_call` runs it as a creation and gives back what its
/// constructor returns, two words: what the vouchers first..last were issued and what is left on them, euro cents.
/// Reverts as the fund does when there is no such voucher.
contract VoucherSums {
    constructor(IVoucherFund fund, uint32 first, uint32 last) {
        uint256 issuedCents;
        uint256 balanceCents;
        for (uint32 number = first; number <= last; ++number) {
            IVoucherFund.Voucher memory voucher = fund.getVoucher(number);
            issuedCents += voucher.issuedCents;
            balanceCents += voucher.balanceCents;
        }
        bytes memory sums = abi.encode(issuedCents, balanceCents);
        assembly ("memory-safe") {
            return(add(sums, 32), mload(sums))
        }
    }
}
