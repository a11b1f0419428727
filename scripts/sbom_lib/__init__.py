# SPDX-License-Identifier: EUPL-1.2
"""The bill of materials: see `scripts/sbom`."""
