# SPDX-License-Identifier: EUPL-1.2
"""Tests of an installation in one file."""
