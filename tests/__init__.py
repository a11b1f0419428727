# SPDX-License-Identifier: EUPL-1.2
"""Tests. The chain that most of them run in their own process hashes with the same library in C as we do."""

import os

os.environ["ETH_HASH_BACKEND"] = "pysha3"
