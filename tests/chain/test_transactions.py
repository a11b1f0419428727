# SPDX-License-Identifier: EUPL-1.2
"""Transactions: the bytes that eth_account makes, and the gas below which no node takes them."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from kindpakket.chain.client import Submission
from kindpakket.chain.transactions import Signer, least_gas

TO = "0x" + "22" * 20


@given(
    private_key=st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big")),
    nonce=st.integers(0, 2**32),
    gas=st.integers(21_000, 2**40),
    content=st.binary(max_size=2000),
    to=st.sampled_from([TO, None]),
)
def test_a_signed_transaction_is_the_one_that_eth_account_makes(
    private_key: bytes, nonce: int, gas: int, content: bytes, to: str | None
) -> None:
    signer = Signer(private_key)
    signed = signer.sign(Submission(signer.address, to, content, gas), nonce=nonce, chain_id=72910)
    account = Account.from_key(private_key)
    expected = account.sign_transaction(
        {
            "type": 2,
            "chainId": 72910,
            "nonce": nonce,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "gas": gas,
            "value": 0,
            "data": content,
            "accessList": [],
        }
        | ({"to": to} if to else {})
    )
    assert signer.address == account.address.lower()
    assert (signed.raw, signed.hash) == (bytes(expected.raw_transaction), bytes(expected.hash))


@pytest.mark.parametrize(
    ("content", "to", "gas"),
    [
        (b"", TO, 21_000),
        (b"\1", TO, 21_040),
        (b"\0", TO, 21_010),
        (b"\1" * 33, None, 21_000 + 33 * 16 + 32_000 + 2 * 2),
        (b"\1" * 2000, None, 21_000 + 2000 * 40),
    ],
)
def test_least_gas_is_the_base_and_the_larger_of_the_two_prices_of_bytes(
    content: bytes, to: str | None, gas: int
) -> None:
    assert least_gas(Submission("", to, content, 0)) == gas
