# SPDX-License-Identifier: EUPL-1.2
"""An installation served from the process of its tests, which hold its clock and its chain while browsers use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from kindpakket.main import create_app
from kindpakket.services import Services
from tests.end_to_end.server import free_port


@contextmanager
def served_here(services: Services) -> Iterator[str]:
    """Serve an installation at a free port, and return its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(create_app(services), host="127.0.0.1", port=port, log_config=None, lifespan="on")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join()
