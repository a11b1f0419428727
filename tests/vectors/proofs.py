# SPDX-License-Identifier: EUPL-1.2
"""Writes proof.json: proofs of payments on a real embedded chain, alone in their block and among many.

Run it as `python -m tests.vectors.proofs` after a change of the contract or of the embedded chain. A test compares.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kindpakket.api.proofs import show_proof
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.evidence import prove_event, read_ticket
from kindpakket.events import Place, Redeemed
from kindpakket.registry.heads import Head
from kindpakket.tickets.heads import HeadTree
from kindpakket.vouchers import PaymentProof
from tests.chain.support import CHAIN_ID, SEED, SNAPSHOT_KEY, Clock, Town, build_town

FILE = Path(__file__).parent / "proof.json"
IN_A_BLOCK = (1, 20, 200)
"""So many payments are in a block each: a trie of one leaf, of some branches, and with keys of two lengths."""

FIRST_BLOCK = 3
"""Where the head begins; an earlier one, that the vectors do not show, covers what came before."""


def text_of() -> str:
    """The file's text."""
    with TemporaryDirectory() as folder:
        chain = EmbeddedChain(
            Path(folder) / "chain", chain_id=CHAIN_ID, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY
        )
        with closing(chain):
            vectors = _vectors(build_town(chain, lambda _: None))
    return json.dumps(vectors, indent=2) + "\n"


def _vectors(town: Town) -> dict[str, Any]:
    number = 0
    for count in IN_A_BLOCK:
        numbers = range(number, number + count)
        number += count
        town.fund.execute_all(
            [town.redeem(number=one, amount_cents=50 + one % 99) for one in numbers],
            sender=town.deployment.accounts.relayer,
        )
    chain = town.chain
    newest = chain.head()
    tree = HeadTree(chain.block_hashes(FIRST_BLOCK, newest.number), first_block=FIRST_BLOCK)
    head = Head(
        on=date(2026, 11, 18),
        first_block=FIRST_BLOCK,
        block=newest.number,
        hash=newest.hash,
        root=tree.root,
        at=newest.at + 60,
    )
    paid = [
        (place, event) for place, event in town.fund.events(0, newest.number) if isinstance(event, Redeemed)
    ]
    # The only one; the first, one in the middle and the last of twenty; keys of one byte and of two among 200.
    chosen = [paid[0], paid[1], paid[10], paid[20], paid[21], paid[21 + 127], paid[21 + 128], paid[-1]]
    return {
        "seed": f"0x{SEED.hex()}",
        "chainId": chain.chain_id,
        "contract": town.fund.address,
        "heads": [_shown(town, head, tree, *paid[0])["covered"]["head"]],
        "payments": [
            {"payment": _payment(place, event), "proof": _shown(town, head, tree, place, event)}
            for place, event in chosen
        ],
    }


def _payment(place: Place, event: Redeemed) -> dict[str, Any]:
    return {
        "redemptionId": f"0x{event.ticket_id.hex()}",
        "voucher": event.voucher,
        "number": event.number,
        "shop": event.shop,
        "category": event.category,
        "amountCents": event.amount_cents,
        "at": place.at,
        "block": place.block,
    }


def _shown(town: Town, head: Head, tree: HeadTree, place: Place, event: Redeemed) -> Any:
    proved = prove_event(town.chain.sealed_block(place.block), log_index=place.log_index)
    proof = PaymentProof(
        ticket=read_ticket(proved.input),
        event=proved,
        head=head,
        siblings=tuple(tree.siblings(place.block)),
    )
    return show_proof(event.ticket_id, proof).model_dump(mode="json", by_alias=True)


if __name__ == "__main__":
    FILE.write_text(text_of(), "utf-8")
