# SPDX-License-Identifier: EUPL-1.2
"""Known faults of what we depend on: see `scripts/audit_dependencies`."""
