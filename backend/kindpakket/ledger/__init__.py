# SPDX-License-Identifier: EUPL-1.2
"""The ledger: what the contract's events add up to. Derived, disposable, rebuilt from the chain."""
