# SPDX-License-Identifier: EUPL-1.2
"""Nonsense for everything that reads what comes from outside: `scripts/fuzz`, and a short part of it in the suite."""
