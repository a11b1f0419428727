# SPDX-License-Identifier: EUPL-1.2
"""Tickets: their bytes, keys, signatures, list and letter. Pure: no clock, no network, no store.

The public text of these formats is docs/protocol.md; tests/vectors/ holds their test vectors.
"""
