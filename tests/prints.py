# SPDX-License-Identifier: EUPL-1.2
"""Printed sheets of codes as tests read them: the text that a person sees, the pictures that a scanner sees."""

from __future__ import annotations

import io

from PIL import Image
from pypdf import PdfReader

from kindpakket.vouchers.code_prints import SPACE_SHOWN


def text_of(content: bytes) -> list[str]:
    """What a reader reads on each page, on one line."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def codes_of(content: bytes) -> list[str]:
    """The codes of a sheet as text, in their order: each begins with KP1: and goes on for 117 characters."""
    codes: list[str] = []
    for page in PdfReader(io.BytesIO(content)).pages:
        lines = [line.strip() for line in page.extract_text().splitlines()]
        for place, line in enumerate(lines):
            if line.startswith("KP1:"):
                codes.append("".join(lines[place : place + 4]).replace(SPACE_SHOWN, " "))
    return codes


def pictures_of(content: bytes) -> list[bytes]:
    """The QR codes of a PDF as PNG files, in their order, as they are on the paper."""
    pictures = []
    for page in PdfReader(io.BytesIO(content)).pages:
        for found in page.images:
            image = found.image
            assert isinstance(image, Image.Image)
            file = io.BytesIO()
            image.convert("L").save(file, "PNG")
            pictures.append(file.getvalue())
    return pictures
