# SPDX-License-Identifier: EUPL-1.2
"""Transactions: signed by our accounts, without fees.

Source: EIP-1559 (type 2) with both fees zero; gas floors of EIP-2028, EIP-3860 and EIP-7623.
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PrivateKey
from rlp.codec import decode, encode_raw

from kindpakket.hashes import keccak
from kindpakket.tickets import keys

from .client import Submission

_TYPE = b"\x02"
_BASE_GAS = 21_000
_CREATE_GAS = 32_000


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it goes to a node."""

    sender: str
    nonce: int
    raw: bytes
    hash: bytes


class Signer:
    """One of our accounts."""

    def __init__(self, private_key: bytes) -> None:
        """Take the account's key, 32 bytes."""
        self._key = PrivateKey(private_key)
        self.address = f"0x{keys.address_of(self._key).hex()}"

    def sign(self, submission: Submission, *, nonce: int, chain_id: int) -> SignedTransaction:
        """Sign a call. eth_account does the same in eight times the time."""
        to = bytes.fromhex(submission.to[2:]) if submission.to else b""
        unsigned: list[bytes | list[bytes]] = [
            *map(_number, (chain_id, nonce, 0, 0, submission.gas)),
            to,
            b"",
            submission.input,
            [],
        ]
        signature = keys.sign(self._key, keccak(_TYPE + encode_raw(unsigned)))
        signed = [
            *unsigned,
            _number(signature.recovery),
            signature.r.lstrip(b"\0"),
            signature.s.lstrip(b"\0"),
        ]
        raw: bytes = _TYPE + encode_raw(signed)
        return SignedTransaction(sender=self.address, nonce=nonce, raw=raw, hash=keccak(raw))


def read_call(transaction: SignedTransaction) -> tuple[str | None, bytes]:
    """Return what a transaction of ours calls (None: it deploys), and with which input."""
    fields = decode(transaction.raw[1:])
    return (f"0x{fields[5].hex()}" if fields[5] else None), fields[7]


def least_gas(submission: Submission) -> int:
    """Return the gas below which no node takes this call into its pool."""
    zeros = submission.input.count(0)
    tokens = zeros + 4 * (len(submission.input) - zeros)
    creation = 0 if submission.to else _CREATE_GAS + 2 * ((len(submission.input) + 31) // 32)
    return _BASE_GAS + max(4 * tokens + creation, 10 * tokens)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
