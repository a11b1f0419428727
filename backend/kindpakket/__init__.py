# SPDX-License-Identifier: EUPL-1.2
"""Kindpakket: a yearly budget for children, spent in shops, decided by a contract."""
