# SPDX-License-Identifier: EUPL-1.2
"""QR codes on paper and screen, as the path of an SVG: no ids and no styles, so that many fit on one strict page."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_Q

QUIET_MODULES = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code of `size` modules in the square, its quiet zone included; `path` draws the dark ones."""

    size: int
    path: str


def draw_qr(content: str) -> QrCode:
    """Draw a text with error correction Q: a quarter of the print may be damaged."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET_MODULES)
    code.add_data(content)
    code.make(fit=True)
    matrix = code.get_matrix()
    strokes: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                strokes.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length + 1
    return QrCode(size=len(matrix), path="".join(strokes))
