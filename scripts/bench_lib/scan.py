# SPDX-License-Identifier: EUPL-1.2
"""The scanner: how many distorted frames it reads, and how long one takes on a slow phone.

The frames go through the app's own decoder in Chromium, whose processor is slowed six times. That reaches a page's main
thread only, so the decoder runs there; in the apps it runs in a worker.
"""

from __future__ import annotations

import base64
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page, sync_playwright

from kindpakket.main import STATIC

from .browser import CHROMIUM_ARGUMENTS, find_chromium
from .figures import Figures, latencies
from .scan_corpus import KINDS, frames

SLOWER = 6
FRAMES_OF_EACH = 20
SEED = 20261127
WARM_UP = 5

_START = """async () => {
  const { decode, prepareDecoder } = await import('/static/js/decoder.js');
  prepareDecoder();
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // As static/js/scanner.js does with a picture of the camera.
  globalThis.scan = async (png) => {
    const picture = await createImageBitmap(await (await fetch(png)).blob());
    const scale = Math.min(1, 1024 / Math.max(picture.width, picture.height));
    const startedAt = performance.now();
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const texts = await decode(context.getImageData(0, 0, canvas.width, canvas.height));
    return { texts, milliseconds: performance.now() - startedAt };
  };
}"""
_SPIN = """() => {
  const startedAt = performance.now();
  for (let i = 0, sum = 0; i < 3e7; i += 1) sum += i % 7;
  return performance.now() - startedAt;
}"""


def measure() -> Figures:
    """Read the corpus with the processor slowed down."""
    read = dict.fromkeys(KINDS, 0)
    wrong = 0
    seconds: list[float] = []
    with _slow_page() as (page, slowed):
        for number, frame in enumerate(frames(FRAMES_OF_EACH, seed=SEED)):
            png = f"data:image/png;base64,{base64.b64encode(frame.png).decode()}"
            answer = page.evaluate("(png) => globalThis.scan(png)", png)
            if number >= WARM_UP:
                seconds.append(answer["milliseconds"] / 1000)
            read[frame.kind] += answer["texts"] == [frame.text]
            wrong += bool(answer["texts"]) and answer["texts"] != [frame.text]
    return {
        "bench": "scan",
        "frames": FRAMES_OF_EACH * len(KINDS),
        "processor_slowed_times": slowed,
        "read_percent": _percent(sum(read.values()), FRAMES_OF_EACH * len(KINDS)),
        "read_percent_by_kind": {kind: _percent(count, FRAMES_OF_EACH) for kind, count in read.items()},
        "read_wrongly": wrong,
        "a_frame": latencies(seconds),
    }


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 1)


@contextmanager
def _slow_page() -> Iterator[tuple[Page, float]]:
    """Open a page with the decoder ready, and slow its processor; tell how much slower it became."""
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*CHROMIUM_ARGUMENTS])
        page = browser.new_page()
        page.goto(f"{address}/static/text/languages.json")
        page.evaluate(_START)
        fast = min(page.evaluate(_SPIN) for _ in range(3))
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        slow = min(page.evaluate(_SPIN) for _ in range(3))
        yield page, round(slow / fast, 1)
        browser.close()


@contextmanager
def _served() -> Iterator[str]:
    """Serve the static files at a free port of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing: standard output and error are for the figures."""

    handler = functools.partial(Quiet, directory=str(STATIC.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
