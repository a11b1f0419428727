# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of operations: what is logged, and a log that tests may set up anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs


@pytest.fixture
def capture() -> Iterator[list[MutableMapping[str, Any]]]:
    """The lines that are logged, as objects."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def own_logs() -> Iterator[None]:
    """Let a test say where logs go; afterwards they go where they went."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)
