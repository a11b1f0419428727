# SPDX-License-Identifier: EUPL-1.2
"""Benchmarks: what a call of the contract costs, how long a till waits, how many payments a server can bear."""
