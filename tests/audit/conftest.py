# SPDX-License-Identifier: EUPL-1.2
"""A node that is not ours, and a fund on it with two payments and a payout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.chain import calls
from kindpakket.chain.node import NodeChain
from tests.chain.node import Node
from tests.chain.support import SHOP, Clock, Town, build_town


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


@pytest.fixture
def town(node: Node, tmp_path: Path) -> Iterator[Town]:
    """A fund on the node, with two payments and a payout."""
    chain = NodeChain(node.url, folder=tmp_path, clock=Clock())
    town = build_town(chain, node.travel_to)
    for number in (0, 9):
        town.fund.execute(town.redeem(number=number), sender=town.deployment.accounts.relayer)
    payout = calls.settle(programme=1, shop=SHOP, amount_cents=700, payment_reference=b"\3" * 32)
    town.fund.execute(payout, sender=town.deployment.accounts.treasurer)
    yield town
    chain.close()
