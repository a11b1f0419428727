# SPDX-License-Identifier: EUPL-1.2
"""What is right, for each reader: where the search for what breaks it begins."""

from __future__ import annotations

from functools import cache

from kindpakket.tickets import base45, code, keys, letter
from tests.payout_runs.bank import entry, report, statement, status

from .parsers import DOMAIN

EXPIRES_AT = 1_795_000_020 // 60 * 60


@cache
def valid_codes() -> list[str]:
    """Tickets of several keys, shops, amounts and ends."""
    return [
        code.write(
            code.sign_ticket(
                keys.ticket_key(b"seed" * 8, voucher=1, number=number),
                DOMAIN,
                shop=number % 3 * 0x7FFF,
                max_cents=(1 + number * 997) % 0x1000000,
                expires_at=EXPIRES_AT + number * 60,
            )
        )
        for number in range(16)
    ]


@cache
def seeds() -> dict[str, list[bytes]]:
    """Some right ones for each reader."""
    letters = [letter.format_code(bytes([number]) * 10) for number in (0, 7, 255)]
    signature = keys.sign(keys.derive_key(b"x", "y"), b"\x22" * 32).compact
    return {
        "ticket": [one.encode() for one in valid_codes()],
        "base45": [base45.encode(bytes(range(length))).encode() for length in (0, 1, 2, 75)],
        "letter": [*(one.encode() for one in letters), letters[1].lower().replace("-", " ").encode()],
        "signature": [signature, b"\0" * 64, b"\xff" * 64],
        "csv": [
            b"kenmerk;kinderen\r\nA-1;2\r\n\r\nA-2;1\r\n",
            b'\xef\xbb\xbfreference,amount\n"A, ""1""",300\n=1+1,37.45\n',
            "Kenmerk;Bedrag;Naam\nÅ;€ 1.250,00;x\n".encode(),
        ],
        "euros": [b"300", "€ 1.250,00".encode(), b"37.5"],
        "account": [b"NL91ABNA0417164300", b"nl91 abna 0417 1643 00", b"BE68539007547034"],
        "camt053": [
            statement(entry("KP-1-1", "15.00"), entry("KP-1-2", "0.01", returned="AC04", reference="R1")),
            statement(entry("KP-1-3", "7.5", version="02"), version="02"),
            statement(entry("KP-1-4", "1.00", account="NL91 ABNA 0417 1643 00")),
            statement(),
        ],
        "pain002": [
            report(status("KP-1-1", "RJCT", "AC01"), status("", "ACSC", "")),
            report(whole="file", code="FF01"),
            report(whole="batch"),
        ],
    }
