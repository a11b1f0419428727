# SPDX-License-Identifier: EUPL-1.2
"""The corpus of the scan benchmark: real codes as a camera over a counter sees them, made anew from a seed."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import qrcode
from coincurve import PrivateKey
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from kindpakket.tickets import code, signing

WIDTH, HEIGHT = 1280, 720
TABLE = 120
"""The grey of what the phone is held before."""

Distort = Callable[[Image.Image, random.Random], Image.Image]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: what is wrong with it, what the code in it says, and the PNG."""

    kind: str
    text: str
    png: bytes


def frames(count_of_each: int, *, seed: int) -> Iterator[Frame]:
    """Return so many frames of each kind, the same ones for the same seed."""
    for kind, distort in KINDS.items():
        dice = random.Random(f"{seed} {kind}")
        for _ in range(count_of_each):
            text = _ticket(dice)
            picture = distort(_drawn(text), dice)
            content = io.BytesIO()
            picture.convert("RGB").save(content, "PNG", compress_level=1)
            yield Frame(kind=kind, text=text, png=content.getvalue())


def _ticket(dice: random.Random) -> str:
    """Return a code as a phone makes it: signed, 117 characters."""
    key = PrivateKey(dice.randbytes(32))
    domain = signing.Domain(chain_id=72910, contract=b"\x5f" * 20)
    expires_at = 1_795_478_400 // 60 * 60 + 60 * dice.randrange(1_000_000)
    return code.write(
        code.sign_ticket(key, domain, max_cents=dice.randrange(1, 30_000), expires_at=expires_at)
    )


def _drawn(text: str) -> Image.Image:
    """Return the code as it stands on a phone: error correction M, a white edge, 8 pixels a module."""
    drawing = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
    drawing.add_data(text)
    drawing.make(fit=True)
    drawn: Image.Image = drawing.make_image().get_image()
    return drawn.convert("L")


def _laid(picture: Image.Image, dice: random.Random, *, side: int, degrees: float = 0.0) -> Image.Image:
    """Return a frame with the picture somewhere in it, its longer side so many pixels, turned."""
    small = picture.resize((side, side), Image.Resampling.LANCZOS)
    turned = small.rotate(degrees, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)
    frame = Image.new("L", (WIDTH, HEIGHT), TABLE)
    across, down = max(0, WIDTH - turned.width), max(0, HEIGHT - turned.height)
    frame.paste(turned, (dice.randint(across // 3, 2 * across // 3), dice.randint(down // 3, 2 * down // 3)))
    return frame


def _near(picture: Image.Image, dice: random.Random) -> Image.Image:
    return _laid(picture, dice, side=dice.randint(300, 480), degrees=dice.uniform(-8, 8))


def _turned(picture: Image.Image, dice: random.Random) -> Image.Image:
    return _laid(picture, dice, side=dice.randint(300, 440), degrees=dice.uniform(0, 360))


def _small(picture: Image.Image, dice: random.Random) -> Image.Image:
    return _laid(picture, dice, side=dice.randint(80, 150), degrees=dice.uniform(-8, 8))


def _leaning(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Hold the phone at a slant: each corner moves by up to a fifth of the side."""
    side = picture.width
    most = side // 5
    corners = [(0, 0), (0, side), (side, side), (side, 0)]
    moved = [(x + dice.randint(-most, most), y + dice.randint(-most, most)) for x, y in corners]
    room = Image.new("L", (side + 4 * most, side + 4 * most), TABLE)
    room.paste(picture, (2 * most, 2 * most))
    to = [(x + 2 * most, y + 2 * most) for x, y in moved]
    at = [(x + 2 * most, y + 2 * most) for x, y in corners]
    bent = room.transform(
        room.size,
        Image.Transform.PERSPECTIVE,
        _perspective(to, at),
        Image.Resampling.BICUBIC,
        fillcolor=TABLE,
    )
    return _laid(bent, dice, side=dice.randint(420, 620), degrees=dice.uniform(-15, 15))


def _blurred(picture: Image.Image, dice: random.Random) -> Image.Image:
    return _near(picture, dice).filter(ImageFilter.GaussianBlur(dice.uniform(2.0, 4.5)))


def _noisy(picture: Image.Image, dice: random.Random) -> Image.Image:
    return _with_noise(_near(picture, dice), dice, sigma=dice.uniform(60, 110))


def _glaring(picture: Image.Image, dice: random.Random) -> Image.Image:
    """Let a lamp shine on the glass: a soft white spot beside the middle of the frame."""
    frame = _near(picture, dice)
    light = Image.new("L", frame.size, 0)
    across, down = dice.randint(480, 800), dice.randint(240, 480)
    wide, high = dice.randint(80, 160), dice.randint(60, 120)
    spot = (across - wide, down - high, across + wide, down + high)
    ImageDraw.Draw(light).ellipse(spot, fill=dice.randint(200, 255))
    return ImageChops.add(frame, light.filter(ImageFilter.GaussianBlur(dice.uniform(25, 45))))


def _dark(picture: Image.Image, dice: random.Random) -> Image.Image:
    share = dice.uniform(0.04, 0.12)
    dim = _near(picture, dice).point(lambda grey: int(grey * share) + 8)
    return _with_noise(dim, dice, sigma=dice.uniform(4, 10))


def _all_at_once(picture: Image.Image, dice: random.Random) -> Image.Image:
    frame = _leaning(picture, dice).filter(ImageFilter.GaussianBlur(dice.uniform(1.0, 2.5)))
    share = dice.uniform(0.25, 0.6)
    return _with_noise(frame.point(lambda grey: int(grey * share)), dice, sigma=dice.uniform(10, 30))


def _with_noise(frame: Image.Image, dice: random.Random, *, sigma: float) -> Image.Image:
    """Add grain, the same for the same dice: every pixel up or down by a draw from a bell."""
    steps = [int(max(-127, min(127, dice.gauss(0, sigma)))) + 128 for _ in range(1 << 14)]
    grain = Image.frombytes("L", (128, 128), bytes(steps))
    laid = Image.new("L", frame.size)
    for across in range(0, WIDTH, 128):
        for down in range(0, HEIGHT, 128):
            laid.paste(grain.rotate(90 * dice.randrange(4)), (across, down))
    return ImageChops.add(frame, laid, scale=1.0, offset=-128)


def _perspective(to: list[tuple[int, int]], at: list[tuple[int, int]]) -> list[float]:
    """Return the eight numbers with which Pillow takes the points `at` to the points `to`."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(to, at, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """Return the solution of as many linear equations as unknowns; the last number of a row is its right side."""
    count = len(rows)
    for place in range(count):
        best = max(range(place, count), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        head = rows[place][place]
        assert not math.isclose(head, 0.0), "four corners of which no three are on a line"
        rows[place] = [value / head for value in rows[place]]
        for other in range(count):
            if other != place:
                share = rows[other][place]
                rows[other] = [one - share * two for one, two in zip(rows[other], rows[place], strict=True)]
    return [row[-1] for row in rows]


KINDS: dict[str, Distort] = {
    "plain": _near,
    "rotation": _turned,
    "small": _small,
    "perspective": _leaning,
    "blur": _blurred,
    "noise": _noisy,
    "glare": _glaring,
    "low_light": _dark,
    "several": _all_at_once,
}
"""What is wrong with a frame, by its name in the figures."""
