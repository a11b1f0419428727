# SPDX-License-Identifier: EUPL-1.2
"""The chain room: the only one that speaks to a chain.

client.py is its face. Behind it: embedded.py (anvil with our journal), node.py (any node over JSON-RPC, with our
outbox) and tester.py (for unit tests). In front of it: fund.py (the contract, asked and told in our own values),
deploy.py and keystore.py.
"""
