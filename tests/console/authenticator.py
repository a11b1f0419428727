# SPDX-License-Identifier: EUPL-1.2
"""A device with a passkey, in software: it signs for real, and can be told to do what devices must not."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8000"


@dataclass
class Authenticator:
    """A device with one passkey.

    Attributes:
        origin: Of the page that asks, which the browser adds.
        site: For which it signs.
        flags: Whether somebody was there, and who it is was verified.
        sign_count: How often it signed.
        attests: What it attests a new passkey with, beside or instead of nothing.
        key_says: What it says of a new passkey's key, beside or instead of what is so.
    """

    origin: str = ORIGIN
    site: str = "localhost"
    flags: int = PRESENT | VERIFIED
    sign_count: int = 0
    attests: dict[str, Any] = field(default_factory=dict)
    key_says: dict[int, Any] = field(default_factory=dict)
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """Make the passkey that is asked for; return the answer."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = (
            bytes(16)
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + cbor2.dumps(public_key | self.key_says)
        )
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._told(HAS_KEY) + attested}
        attestation |= self.attests
        return self._answer(
            self._client_data("webauthn.create", options["challenge"]),
            attestationObject=bytes_to_base64url(cbor2.dumps(attestation)),
        )

    def sign(self, options: dict[str, Any]) -> str:
        """Sign what is asked; return the answer."""
        self.sign_count += 1
        client_data = self._client_data("webauthn.get", options["challenge"])
        told = self._told()
        signature = self.key.sign(told + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            client_data,
            authenticatorData=bytes_to_base64url(told),
            signature=bytes_to_base64url(signature),
            userHandle=bytes_to_base64url(self.handle),
        )

    def _told(self, more_flags: int = 0) -> bytes:
        site_hash = hashlib.sha256(self.site.encode()).digest()
        return site_hash + bytes([self.flags | more_flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, client_data: bytes, **parts: str) -> str:
        name = bytes_to_base64url(self.credential_id)
        response = {"clientDataJSON": bytes_to_base64url(client_data), **parts}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
