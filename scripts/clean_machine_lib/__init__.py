# SPDX-License-Identifier: EUPL-1.2
"""A clean Debian machine, on which docs/operations.md is followed word for word."""
