# SPDX-License-Identifier: EUPL-1.2
"""Evidence: a block's header and receipts exactly as they are hashed, and the proof that an event stands in it.

Who has a proof needs nobody's word for it: the event is in the receipt, the receipt's trie leads to the root in the
header, and the header's hash is the block's. What an engine gives is checked against the block's hash before it is
given out, so a node that leaves out a field cannot make us tell something that nobody can check.

Source: the Ethereum yellow paper, 4.3; EIP-2718 (typed receipts), EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlp.codec import decode, encode_raw

from kindpakket.errors import ProofUnavailable
from kindpakket.hashes import keccak

from . import abi, patricia

_HEADER_NUMBERS = frozenset(
    (
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
        *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
    )
)
_HEADER_FIRST = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
# Each came with a later fork, and stands only after all before it.
_HEADER_LATER = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
_PARENT_PLACE = _HEADER_FIRST.index("parentHash")
_RECEIPTS_ROOT_PLACE = _HEADER_FIRST.index("receiptsRoot")


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block as it is hashed.

    Attributes:
        header: The RLP whose keccak256 is the block's hash.
        receipts: Each transaction's receipt as it stands in the trie: its type, then its RLP.
        log_counts: How many events each receipt holds.
        inputs: What each transaction asked of its contract.
    """

    number: int
    hash: bytes
    header: bytes
    receipts: tuple[bytes, ...]
    log_counts: tuple[int, ...]
    inputs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EventProof:
    """That a block holds an event.

    Attributes:
        block: The block's number.
        hash: Its hash: keccak256 of `header`.
        index: The place of the transaction in the block, and so of its receipt in the trie.
        receipt: The receipt.
        nodes: The trie's nodes from the root of the receipts, which the header names, down to the receipt.
        log_place: The place of the event in the receipt.
        input: What the transaction asked of the contract.
    """

    block: int
    hash: bytes
    header: bytes
    index: int
    receipt: bytes
    nodes: tuple[bytes, ...]
    log_place: int
    input: bytes


@dataclass(frozen=True, slots=True)
class TicketWords:
    """What a ticket says: at which shop (0: any), at most how much, and until when."""

    shop: int
    max_cents: int
    expires_at: int


def parent_of(sealed: SealedBlock) -> bytes:
    """Return the hash of the block before, as the header has it."""
    parent: bytes = decode(sealed.header)[_PARENT_PLACE]
    return parent


def check(sealed: SealedBlock) -> SealedBlock:
    """Return the block if it is what its hash says.

    Raises:
        ProofUnavailable: The header is not what was hashed, or the receipts are not the ones in it.
    """
    if keccak(sealed.header) != sealed.hash:
        raise ProofUnavailable(f"the header of block {sealed.number} does not lead to its hash")
    if patricia.root_of(sealed.receipts) != decode(sealed.header)[_RECEIPTS_ROOT_PLACE]:
        raise ProofUnavailable(f"the receipts of block {sealed.number} do not lead to their root")
    return sealed


def read_sealed(block: dict[str, Any], receipts: Sequence[dict[str, Any]]) -> SealedBlock:
    """Return a block of a node's answers: the block, and its receipts.

    Of a block that was told without its transactions, only their hashes, the inputs are not known.

    Raises:
        ProofUnavailable: They are not all that was hashed.
    """
    try:
        ordered = sorted(receipts, key=lambda receipt: int(receipt["transactionIndex"], 16))
        sealed = SealedBlock(
            number=int(block["number"], 16),
            hash=_bytes(block["hash"]),
            header=_write_header(block),
            receipts=tuple(map(_write_receipt, ordered)),
            log_counts=tuple(len(receipt["logs"]) for receipt in ordered),
            inputs=tuple(
                _bytes(transaction["input"])
                for transaction in block["transactions"]
                if isinstance(transaction, dict)
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProofUnavailable(f"the node does not tell all of a block: {error!r}") from error
    return check(sealed)


def prove_event(sealed: SealedBlock, *, log_index: int) -> EventProof:
    """Return the proof that the block holds the event at this place among all its events.

    Raises:
        ProofUnavailable: It holds no such event.
    """
    log_place = log_index
    for index, count in enumerate(sealed.log_counts):
        if log_place < count:
            return EventProof(
                block=sealed.number,
                hash=sealed.hash,
                header=sealed.header,
                index=index,
                receipt=sealed.receipts[index],
                nodes=patricia.prove(sealed.receipts, index).nodes,
                log_place=log_place,
                input=sealed.inputs[index],
            )
        log_place -= count
    raise ProofUnavailable(f"block {sealed.number} has no event {log_index}")


def read_ticket(redeem_input: bytes) -> TicketWords:
    """Return what the ticket of a payment says, from what its transaction asked.

    Raises:
        ProofUnavailable: The transaction is not a payment.
    """
    redeem = abi.verbs()["redeem"]
    if not redeem_input.startswith(redeem.selector):
        raise ProofUnavailable("the transaction is not a payment of its own")
    shop, expires_at, max_cents = redeem.inputs.read(redeem_input[len(redeem.selector) :])[:3]
    return TicketWords(shop=shop, max_cents=max_cents, expires_at=expires_at)


def _write_header(block: dict[str, Any]) -> bytes:
    names = [*_HEADER_FIRST]
    for name in _HEADER_LATER:
        if block.get(name) is None:
            break
        names.append(name)
    written: bytes = encode_raw(
        [_number(block[name]) if name in _HEADER_NUMBERS else _bytes(block[name]) for name in names]
    )
    return written


def _write_receipt(receipt: dict[str, Any]) -> bytes:
    kind = int(receipt.get("type") or "0x0", 16)
    logs = [
        [_bytes(log["address"]), [*map(_bytes, log["topics"])], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    written: bytes = encode_raw(
        [
            _number(receipt["status"]),
            _number(receipt["cumulativeGasUsed"]),
            _bytes(receipt["logsBloom"]),
            logs,
        ]
    )
    return bytes([kind]) + written if kind else written


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _number(text: str) -> bytes:
    value = int(text, 16)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
