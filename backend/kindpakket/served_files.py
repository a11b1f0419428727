# SPDX-License-Identifier: EUPL-1.2
"""Files of the apps as a browser gets them: asked about each time, and compressed.

Only files are compressed. Pages with a secret in them (a form's key, a letter's code) and streamed answers are not: the
length of a compressed answer tells something about what is in it.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

COMPRESSED_TYPES = (
    "text/",
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "image/svg+xml",
)
FILES_KEPT = 512


class ServedFiles(StaticFiles):
    """Files that a browser keeps, and asks about each time: an update is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file with its validator, compressed for who can read that."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        if not isinstance(response, FileResponse) or not _is_compressible(response):
            return response
        response.headers["vary"] = "Accept-Encoding"
        asked = Headers(scope=scope)
        if not _accepts_gzip(asked.get("accept-encoding", "")) or "range" in asked:
            return response
        file = Path(response.path)
        content = await anyio.to_thread.run_sync(_compress, file, file.stat().st_mtime_ns)
        kept = {name: response.headers[name] for name in ("cache-control", "vary", "last-modified")}
        kept |= {
            "content-encoding": "gzip",
            "content-type": response.headers["content-type"],
            # Another representation than the file itself, so another validator.
            "etag": f'{response.headers["etag"][:-1]}-gzip"',
        }
        if kept["etag"] in asked.get("if-none-match", ""):
            return NotModifiedResponse(Headers(kept))
        return Response(content, response.status_code, kept)


def _is_compressible(response: FileResponse) -> bool:
    return response.headers["content-type"].startswith(COMPRESSED_TYPES)


def _accepts_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


@lru_cache(maxsize=FILES_KEPT)
def _compress(file: Path, _changed_at_ns: int) -> bytes:
    """Compress a file once for each of its versions."""
    return gzip.compress(file.read_bytes(), compresslevel=9, mtime=0)
