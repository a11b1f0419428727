# SPDX-License-Identifier: EUPL-1.2
"""The contract, tried on a chain in this process. Amounts in euro cents, instants in epoch seconds."""
