# SPDX-License-Identifier: EUPL-1.2
"""Writes the test vectors of every format in docs/protocol.md, from kindpakket.tickets.

Run it as `python tests/vectors/generate.py` after a change of a format, which is a new version of the protocol. A test
compares what it would write with what is there, so that a format cannot change unseen.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from kindpakket.tickets import base45, code, keys, letter, signing
from kindpakket.tickets.tree import TICKETS, TicketTree, fingerprint

HERE = Path(__file__).parent
DOMAIN = signing.Domain(chain_id=72910, contract=bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"))
SEED = bytes(range(32))
LETTER_SECRET = bytes.fromhex("00112233445566778899")
TILL_KEY = keys.derive_key(b"a till of the test vectors", "till")
VOUCHER = 12
EXPIRES_AT = 1_795_478_700


def _hex(content: bytes) -> str:
    return "0x" + content.hex()


def _domain() -> dict[str, Any]:
    return {
        "name": signing.NAME,
        "version": signing.VERSION,
        "chainId": DOMAIN.chain_id,
        "contract": _hex(DOMAIN.contract),
    }


def _ticket_keys(voucher: int, generation: int) -> list[bytes]:
    return [
        keys.address_of(keys.ticket_key(SEED, voucher=voucher, number=TICKETS * generation + place))
        for place in range(TICKETS)
    ]


def _tree(voucher: int, generation: int) -> TicketTree:
    return TicketTree(_ticket_keys(voucher, generation), generation=generation)


def base45_vectors() -> dict[str, Any]:
    """Contents that must be written as the text and read back, and texts that must be refused."""
    contents = [
        b"", b"\x00", b"\xff", b"\x00\x00", b"\xff\xff", b"AB", b"Hello!!", b"base-45", b"ietf!", bytes(range(75)),
    ]  # fmt: skip
    return {
        "valid": [{"bytes": _hex(content), "text": base45.encode(content)} for content in contents],
        "refused": ["A", "AAAA", "ab", "GGW", ":::", "::", "V5", "1é2"],
    }


def keys_vectors() -> dict[str, Any]:
    """What is derived from a seed, and a signature of each kind of recovery bit."""
    derived = [
        f"ticket/{VOUCHER}/0",
        f"ticket/{VOUCHER}/255",
        f"ticket/{VOUCHER}/256",
        "ticket/4294967295/65535",
    ]
    derived += [f"holder/{VOUCHER}", "holder/1"]
    found: list[dict[str, str | int]] = []
    number = 0
    while {one["recovery"] for one in found} != {0, 1} or len(found) < 4:
        key = keys.ticket_key(SEED, voucher=VOUCHER, number=number)
        digest = keys.derive(SEED, f"a digest to sign/{number}", 32)
        signature = keys.sign(key, digest)
        found.append(
            {
                "key": _hex(key.secret),
                "address": _hex(keys.address_of(key)),
                "digest": _hex(digest),
                "r": _hex(signature.r),
                "s": _hex(signature.s),
                "recovery": signature.recovery,
                "signature": _hex(signature.compact),
            }
        )
        number += 1
    high = keys.CURVE_ORDER - int(str(found[0]["s"]), 16)
    return {
        "seed": _hex(SEED),
        "accessToken": keys.access_token(SEED),
        "keys": [
            {"info": info, "key": _hex(key.secret), "address": _hex(keys.address_of(key))}
            for info in derived
            for key in [keys.derive_key(SEED, info)]
        ],
        "signatures": found,
        "refusedSignatures": [
            {
                **found[0],
                "why": "the higher of the two s",
                "s": _hex(high.to_bytes(32, "big")),
                "recovery": 1 - int(found[0]["recovery"]),
            },
            {**found[0], "why": "r is zero", "r": _hex(bytes(32))},
            {**found[0], "why": "s is zero", "s": _hex(bytes(32))},
            {**found[0], "why": "r is not below the order of the curve", "r": _hex(b"\xff" * 32)},
        ],
    }


def tree_vectors() -> dict[str, Any]:
    """The ticket keys of two generations of a voucher: root, fingerprint, siblings of some places."""
    holder = keys.address_of(keys.holder_key(SEED, voucher=VOUCHER))
    return {
        "seed": _hex(SEED),
        "voucher": VOUCHER,
        "holder": _hex(holder),
        "generations": [
            {
                "generation": generation,
                "ticketRoot": _hex(tree.root),
                "fingerprint": _hex(fingerprint(holder, tree.root)),
                "places": [
                    {
                        "place": place,
                        "number": TICKETS * generation + place,
                        "ticketKey": _hex(ticket_keys[place]),
                        "leaf": _hex(tree.levels[0][place]),
                        "siblings": [_hex(sibling) for sibling in tree.siblings(place)],
                    }
                    for place in (0, 1, 128, 255)
                ],
            }
            for generation in (0, 1, 255)
            for ticket_keys in [_ticket_keys(VOUCHER, generation)]
            for tree in [TicketTree(ticket_keys, generation=generation)]
        ],
    }


def ticket_vectors() -> dict[str, Any]:
    """Tickets from their terms to their text, and texts that are not tickets."""
    tickets: list[dict[str, Any]] = []
    for number, shop, max_cents, expires_at in (
        (0, 0, 5_000, EXPIRES_AT),
        (1, 3, 3_745, EXPIRES_AT),
        (255, 16_383, 16_777_215, 4_294_967_295 * 60),
        (256, 0, 1, 60),
    ):
        key = keys.ticket_key(SEED, voucher=VOUCHER, number=number)
        ticket = code.sign_ticket(key, DOMAIN, shop=shop, max_cents=max_cents, expires_at=expires_at)
        digest = DOMAIN.ticket_digest(shop=shop, max_cents=max_cents, expires_at=expires_at)
        tree = _tree(VOUCHER, number // TICKETS)
        tickets.append(
            {
                "number": number,
                "ticketKey": _hex(keys.address_of(key)),
                "shop": shop,
                "maxCents": max_cents,
                "expiresAt": expires_at,
                "digest": _hex(digest),
                "signature": _hex(ticket.signature.compact),
                "text": code.write(ticket),
                "ticketId": _hex(signing.ticket_id(digest, keys.address_of(key))),
                "ticketRoot": _hex(tree.root),
                "siblings": [_hex(sibling) for sibling in tree.siblings(number % TICKETS)],
            }
        )
    content = base45.decode(tickets[0]["text"].removeprefix(code.PREFIX))
    texts = {
        "empty": "",
        "another prefix": "KP2:" + base45.encode(content),
        "a prefix in small letters": "kp1:" + base45.encode(content),
        "nothing after the prefix": code.PREFIX,
        "one byte short": code.PREFIX + base45.encode(content[:-1]),
        "one byte too long": code.PREFIX + base45.encode(content + b"\0"),
        "a truncated text": tickets[0]["text"][:60],
        "a character outside the alphabet": tickets[0]["text"][:-1] + "_",
        "another version": code.PREFIX + base45.encode(b"\x02" + content[1:]),
        "a recovery bit of 2": code.PREFIX + base45.encode(content[:-1] + b"\x02"),
        "an address": "https://example.org/",
    }
    return {
        "domain": _domain(),
        "seed": _hex(SEED),
        "voucher": VOUCHER,
        "holder": _hex(keys.address_of(keys.holder_key(SEED, voucher=VOUCHER))),
        "tickets": tickets,
        "unreadable": [{"why": why, "text": text} for why, text in texts.items()],
    }


def charge_vectors() -> dict[str, Any]:
    """Charges and refunds signed by a till."""
    ticket_id = bytes.fromhex(ticket_vectors()["tickets"][0]["ticketId"][2:])
    charges = []
    for amount_cents, category in ((3_745, 3), (1, 1), (4_294_967_295, 255)):
        digest = DOMAIN.charge_digest(ticket_id=ticket_id, amount_cents=amount_cents, category=category)
        charges.append(
            {
                "ticketId": _hex(ticket_id),
                "amountCents": amount_cents,
                "category": category,
                "digest": _hex(digest),
                "signature": _hex(keys.sign(TILL_KEY, digest).compact),
            }
        )
    digest = DOMAIN.refund_digest(ticket_id=ticket_id, amount_cents=745, remaining_cents=3_745)
    refund = {
        "ticketId": _hex(ticket_id),
        "amountCents": 745,
        "remainingCents": 3_745,
        "digest": _hex(digest),
        "signature": _hex(keys.sign(TILL_KEY, digest).compact),
    }
    return {
        "domain": _domain(),
        "tillKey": _hex(TILL_KEY.secret),
        "till": _hex(keys.address_of(TILL_KEY)),
        "charges": charges,
        "refunds": [refund],
    }


def activation_vectors() -> dict[str, Any]:
    """A letter's hand-over of a voucher to a phone, and the phone's renewal of its tickets."""
    letter_key = letter.letter_key(LETTER_SECRET, position=0)
    holder_key = keys.holder_key(SEED, voucher=VOUCHER)
    holder = keys.address_of(holder_key)
    root, renewed = _tree(VOUCHER, 0).root, _tree(VOUCHER, 1).root
    activation = DOMAIN.activation_digest(voucher=VOUCHER, generation=0, holder=holder, ticket_root=root)
    renewal = DOMAIN.renewal_digest(voucher=VOUCHER, generation=1, holder=holder, ticket_root=renewed)
    return {
        "domain": _domain(),
        "seed": _hex(SEED),
        "letterSecret": _hex(LETTER_SECRET),
        "activations": [
            {
                "voucher": VOUCHER,
                "generation": 0,
                "position": 0,
                "letterKey": _hex(letter_key.secret),
                "letterKeyAddress": _hex(keys.address_of(letter_key)),
                "holder": _hex(holder),
                "ticketRoot": _hex(root),
                "digest": _hex(activation),
                "signature": _hex(keys.sign(letter_key, activation).compact),
            }
        ],
        "renewals": [
            {
                "voucher": VOUCHER,
                "generation": 1,
                "oldHolder": _hex(holder),
                "oldRoot": _hex(root),
                "holderKey": _hex(holder_key.secret),
                "holder": _hex(holder),
                "ticketRoot": _hex(renewed),
                "digest": _hex(renewal),
                "signature": _hex(keys.sign(holder_key, renewal).compact),
            }
        ],
    }


def letter_vectors() -> dict[str, Any]:
    """Letter codes as printed, as people type them, and with a fault."""
    secrets = [LETTER_SECRET, bytes(10), b"\xff" * 10, bytes.fromhex("fedcba98765432100123")]
    written = letter.format_code(LETTER_SECRET)
    return {
        "letters": [
            {
                "secret": _hex(secret),
                "code": letter.format_code(secret),
                "letterId": letter.letter_id(secret),
                "keys": [
                    {
                        "position": position,
                        "address": _hex(keys.address_of(letter.letter_key(secret, position=position))),
                    }
                    for position in (0, 1, 12)
                ],
            }
            for secret in secrets
        ],
        "alsoRead": [
            {"text": text, "secret": _hex(LETTER_SECRET)}
            for text in (
                written.lower(),
                written.replace("-", ""),
                written.replace("-", " "),
                written.replace("0", "O").replace("1", "l"),
                written.replace("0", "o").replace("1", "i"),
            )
        ],
        "refused": [
            {"why": "empty", "text": ""},
            {"why": "a character short", "text": written[:-1]},
            {"why": "a character too many", "text": written + "0"},
            {"why": "a wrong character", "text": ("1" if written[0] == "0" else "0") + written[1:]},
            {"why": "two characters swapped", "text": written[:5] + written[6] + written[5] + written[7:]},
            {"why": "another check character", "text": written[:-1] + ("A" if written[-1] != "A" else "B")},
            {"why": "a letter outside the alphabet", "text": "U" + written[1:]},
        ],
    }


def backup_vectors() -> dict[str, Any]:
    """Seeds encrypted under a letter and a PIN; hand-over codes of a phone, good and bad."""
    backups: list[dict[str, str]] = []
    for secret, pin, seed, nonce in (
        (LETTER_SECRET, "13579", SEED, bytes(range(12))),
        (b"\xff" * 10, "00007", bytes(32), b"\xff" * 12),
    ):
        backup_id = keys.derive(secret, "backup", 16).hex()
        salt = keys.derive(secret, "backup salt", 16)
        stretching = Argon2id(salt=salt, length=64, iterations=2, lanes=1, memory_cost=19_456)
        stretched = stretching.derive(pin.encode())
        key = keys.derive(stretched[:32] + secret, "backup key", 32)
        backups.append(
            {
                "letterSecret": _hex(secret),
                "pin": pin,
                "backupId": backup_id,
                "salt": _hex(salt),
                "stretched": _hex(stretched),
                "key": _hex(key),
                "proof": _hex(stretched[32:]),
                "proofHash": _hex(hashlib.sha256(stretched[32:]).digest()),
                "seed": _hex(seed),
                "nonce": _hex(nonce),
                "blob": _hex(b"\x01" + nonce + AESGCM(key).encrypt(nonce, seed, backup_id.encode())),
            }
        )
    blob = bytes.fromhex(backups[0]["blob"][2:])
    content = b"\x01" + SEED + EXPIRES_AT.to_bytes(4, "big")
    handover = (content + hashlib.sha256(content).digest()[:4]).hex().upper()
    other = b"\x02" + content[1:]
    return {
        "backups": backups,
        "refusedBlobs": [
            {"why": "another version", "blob": _hex(b"\x02" + blob[1:])},
            {"why": "a byte short", "blob": _hex(blob[:-1])},
            {"why": "a byte too long", "blob": _hex(blob + b"\0")},
            {"why": "another nonce", "blob": _hex(blob[:1] + b"\x01" + blob[2:])},
            {
                "why": "a changed byte of the seed",
                "blob": _hex(blob[:13] + bytes([blob[13] ^ 1]) + blob[14:]),
            },
            {"why": "a changed tag", "blob": _hex(blob[:-1] + bytes([blob[-1] ^ 1]))},
        ],
        "pins": {
            "good": ["13579", "00007", "24680", "10000", "67890"],
            "form": ["", "1234", "123456", "12a45", "1357 ", "١٣٥٧٩"],
            "easy": ["00000", "99999", "12345", "01234", "56789", "98765", "43210"],
        },
        "handovers": [{"seed": _hex(SEED), "expiresAt": EXPIRES_AT, "text": handover}],
        "refusedHandovers": [
            {"why": "empty", "text": ""},
            {"why": "cut off", "text": handover[:-2]},
            {"why": "half a byte", "text": handover[:-1]},
            {"why": "a byte too long", "text": handover + "00"},
            {"why": "small letters", "text": handover.lower()},
            {
                "why": "a wrong character",
                "text": handover[:9] + ("1" if handover[9] == "0" else "0") + handover[10:],
            },
            {"why": "another version", "text": (other + hashlib.sha256(other).digest()[:4]).hex().upper()},
        ],
    }


VECTORS = {
    "base45": base45_vectors,
    "keys": keys_vectors,
    "tree": tree_vectors,
    "ticket": ticket_vectors,
    "charge": charge_vectors,
    "activation": activation_vectors,
    "letter": letter_vectors,
    "backup": backup_vectors,
}


def text_of(name: str) -> str:
    """Return what the file of this name should hold."""
    return json.dumps(VECTORS[name](), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for vector in VECTORS:
        (HERE / f"{vector}.json").write_text(text_of(vector), encoding="utf-8")
