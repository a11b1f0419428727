# SPDX-License-Identifier: EUPL-1.2
"""Proofs of the contract: fuzzed as it is deployed, followed symbolically, read for what is known to be dangerous."""
