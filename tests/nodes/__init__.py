# SPDX-License-Identifier: EUPL-1.2
"""The whole system on a node that is not ours, with everything between them that goes wrong."""
