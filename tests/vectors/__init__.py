# SPDX-License-Identifier: EUPL-1.2
"""Test vectors of the formats, checked by Solidity, Python and JavaScript."""
