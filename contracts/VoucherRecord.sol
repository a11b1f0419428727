// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "./IVoucherFund.sol";

/// A voucher in one slot, from the low end: fingerprint 160, balance 24, issued 24, programme 16, generation 8, block
/// reason 8, activated 8 bits. The whole slot is read and written in one go; a payment reads only the parts it needs.
type VoucherRecord is uint256;

using {
    exists, fingerprint, balanceCents, programme, generation, blockReason, activated, less, unpack
} for VoucherRecord global;

function exists(VoucherRecord record) pure returns (bool) {
    return VoucherRecord.unwrap(record) != 0;
}

function fingerprint(VoucherRecord record) pure returns (uint160) {
    return uint160(VoucherRecord.unwrap(record));
}

function balanceCents(VoucherRecord record) pure returns (uint24) {
    return uint24(VoucherRecord.unwrap(record) >> 160);
}

function issuedCents(VoucherRecord record) pure returns (uint24) {
    return uint24(VoucherRecord.unwrap(record) >> 184);
}

function programme(VoucherRecord record) pure returns (uint16) {
    return uint16(VoucherRecord.unwrap(record) >> 208);
}

function generation(VoucherRecord record) pure returns (uint8) {
    return uint8(VoucherRecord.unwrap(record) >> 224);
}

function blockReason(VoucherRecord record) pure returns (uint8) {
    return uint8(VoucherRecord.unwrap(record) >> 232);
}

function activated(VoucherRecord record) pure returns (bool) {
    return VoucherRecord.unwrap(record) >> 240 != 0;
}

/// The record with this amount less on its balance; the caller has checked that the balance holds it.
function less(VoucherRecord record, uint24 amountCents) pure returns (VoucherRecord) {
    return VoucherRecord.wrap(VoucherRecord.unwrap(record) - (uint256(amountCents) << 160));
}

function unpack(VoucherRecord record) pure returns (IVoucherFund.Voucher memory) {
    return IVoucherFund.Voucher({
        fingerprint: fingerprint(record),
        balanceCents: balanceCents(record),
        issuedCents: issuedCents(record),
        programme: programme(record),
        generation: generation(record),
        blockReason: blockReason(record),
        activated: activated(record)
    });
}

function pack(IVoucherFund.Voucher memory voucher) pure returns (VoucherRecord) {
    return VoucherRecord.wrap(
        uint256(voucher.fingerprint) | uint256(voucher.balanceCents) << 160 | uint256(voucher.issuedCents) << 184
            | uint256(voucher.programme) << 208 | uint256(voucher.generation) << 224
            | uint256(voucher.blockReason) << 232 | (voucher.activated ? uint256(1) << 240 : 0)
    );
}
