# SPDX-License-Identifier: EUPL-1.2
"""Keys: secp256k1 keys derived from a seed or a letter, addresses, signatures.

Source: HKDF is RFC 5869 with SHA-256; the reduction to a key is that of FIPS 186-5 A.2.1 (extra random bits); the short
signature is ERC-2098.
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kindpakket.hashes import keccak

SALT = b"kindpakket/v1"
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_ORDER = CURVE_ORDER // 2


@dataclass(frozen=True, slots=True)
class Signature:
    """An ECDSA signature over secp256k1: 32 bytes r, 32 bytes s, recovery bit 0 or 1."""

    r: bytes
    s: bytes
    recovery: int

    @property
    def vs(self) -> bytes:
        """The recovery bit above s, 32 bytes, as the contract takes it."""
        return (int.from_bytes(self.s, "big") | self.recovery << 255).to_bytes(32, "big")

    @property
    def compact(self) -> bytes:
        """r and vs, 64 bytes: how a signature travels in JSON."""
        return self.r + self.vs

    @classmethod
    def from_compact(cls, content: bytes) -> Signature:
        """Read 64 bytes r and vs.

        Raises:
            ValueError: Not 64 bytes.
        """
        if len(content) != 64:
            raise ValueError("a signature is 64 bytes")
        vs = int.from_bytes(content[32:], "big")
        return cls(r=content[:32], s=(vs & (2**255 - 1)).to_bytes(32, "big"), recovery=vs >> 255)


def derive(secret: bytes, info: str, length: int) -> bytes:
    """Return `length` bytes of HKDF-SHA256 over the secret, with our salt and this info."""
    return HKDF(algorithm=SHA256(), length=length, salt=SALT, info=info.encode()).derive(secret)


def derive_key(secret: bytes, info: str) -> PrivateKey:
    """Return the private key that `info` names: 48 bytes of HKDF, modulo (order - 1), plus 1."""
    number = int.from_bytes(derive(secret, info, 48), "big") % (CURVE_ORDER - 1) + 1
    return PrivateKey(number.to_bytes(32, "big"))


def ticket_key(seed: bytes, *, voucher: int, number: int) -> PrivateKey:
    """Return the one-time key of a voucher's ticket; `number` is 256 × generation + place."""
    return derive_key(seed, f"ticket/{voucher}/{number}")


def holder_key(seed: bytes, *, voucher: int) -> PrivateKey:
    """Return the key with which a phone holds a voucher."""
    return derive_key(seed, f"holder/{voucher}")


def access_token(seed: bytes) -> str:
    """Return what a phone shows to read its own budget: 32 bytes, hexadecimal."""
    return derive(seed, "access", 32).hex()


def address_of(key: PrivateKey | PublicKey) -> bytes:
    """Return the 20-byte address of a key."""
    public = key.public_key if isinstance(key, PrivateKey) else key
    return keccak(public.format(compressed=False)[1:])[12:]


def sign(key: PrivateKey, digest: bytes) -> Signature:
    """Sign a 32-byte digest (deterministic, RFC 6979, with the lower of the two possible s)."""
    signed = key.sign_recoverable(digest, hasher=None)
    return Signature(r=signed[:32], s=signed[32:64], recovery=signed[64])


def recover(digest: bytes, signature: Signature) -> bytes | None:
    """Return the address that signed the digest; None for what the contract would not take as a signature."""
    if int.from_bytes(signature.s, "big") > _HALF_ORDER or signature.recovery not in (0, 1):
        return None
    try:
        public = PublicKey.from_signature_and_message(
            signature.r + signature.s + bytes([signature.recovery]), digest, hasher=None
        )
    except Exception:  # noqa: BLE001 - coincurve raises a bare Exception for r or s out of range
        return None
    return address_of(public)
