# SPDX-License-Identifier: EUPL-1.2
"""A picture of a screen as the stream of a camera that Chromium takes for real."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 640, 480
FRAMES = 15


def film(picture: bytes, file: Path) -> Path:
    """Write a still film (YUV4MPEG2, one second, repeated by Chromium) of a PNG, a little tilted, on a grey table."""
    seen = Image.open(io.BytesIO(picture)).convert("L")
    seen.thumbnail((380, 380))
    table = Image.new("L", (WIDTH, HEIGHT), 150)
    tilted = seen.rotate(4, expand=True, fillcolor=150, resample=Image.Resampling.BICUBIC)
    table.paste(tilted, ((WIDTH - tilted.width) // 2, (HEIGHT - tilted.height) // 2))
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    with file.open("wb") as film_file:
        film_file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FRAMES):
            film_file.write(b"FRAME\n" + table.tobytes() + grey)
    return file
