# SPDX-License-Identifier: EUPL-1.2
"""The ABI of the contract, as fast writers and readers of its bytes.

Almost all that goes in and out is a row of 32-byte words, which needs no general codec (that takes ten times as long);
what has a variable length goes through eth_abi.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode

from kindpakket.hashes import keccak

from .artifacts import load_artifacts

WORD = 32
Address = bytes | str
"""20 bytes, or their hexadecimal text after `0x`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The types of some parameters, in order. `words` is None when their length varies."""

    types: tuple[str, ...]
    words: tuple[str, ...] | None

    def write(self, *values: Any) -> bytes:
        """Return the bytes of the values. Structs and arrays of fixed length are written flat, one value a word.

        Raises:
            ValueError: A value does not fit its type.
        """
        if self.words is None:
            return encode(self.types, values)
        return b"".join(_WRITERS[kind](value, kind) for kind, value in zip(self.words, values, strict=True))

    def read(self, content: bytes) -> list[Any]:
        """Return the values; addresses as lower-case texts."""
        if self.words is None:
            return list(decode(self.types, content))
        return [
            _READERS[kind](content[place * WORD : (place + 1) * WORD])
            for place, kind in enumerate(self.words)
        ]


@dataclass(frozen=True, slots=True)
class Verb:
    """A function of the contract."""

    selector: bytes
    inputs: Shape
    outputs: Shape

    def write(self, *values: Any) -> bytes:
        """Return the input bytes of a call."""
        return self.selector + self.inputs.write(*values)


@dataclass(frozen=True, slots=True)
class EventForm:
    """An event of the contract. `indexed` says of each parameter, in order, whether it is in the topics."""

    name: str
    indexed: tuple[bool, ...]
    topics: Shape
    content: Shape

    def read(self, topics: Sequence[bytes], content: bytes) -> list[Any]:
        """Return the arguments in the order of the ABI."""
        from_topics = iter(self.topics.read(b"".join(topics[1:])))
        from_content = iter(self.content.read(content))
        return [next(from_topics if indexed else from_content) for indexed in self.indexed]


@cache
def verbs() -> dict[str, Verb]:
    """Return the functions by name."""
    return {
        entry["name"]: Verb(
            selector=_signature_hash(entry)[:4],
            inputs=_shape(entry["inputs"]),
            outputs=_shape(entry["outputs"]),
        )
        for entry in _entries("function")
    }


@cache
def errors() -> dict[bytes, tuple[str, Shape]]:
    """Return the errors' names and arguments by their first four bytes."""
    return {
        _signature_hash(entry)[:4]: (entry["name"], _shape(entry["inputs"])) for entry in _entries("error")
    }


@cache
def events() -> dict[bytes, EventForm]:
    """Return the events by their first topic."""
    return {
        _signature_hash(entry): EventForm(
            name=entry["name"],
            indexed=tuple(parameter["indexed"] for parameter in entry["inputs"]),
            topics=_shape([parameter for parameter in entry["inputs"] if parameter["indexed"]]),
            content=_shape([parameter for parameter in entry["inputs"] if not parameter["indexed"]]),
        )
        for entry in _entries("event")
    }


def constructor() -> Shape:
    """Return the constructor's parameters."""
    (entry,) = _entries("constructor")
    return _shape(entry["inputs"])


def to_address(value: Address) -> bytes:
    """Return the 20 bytes of an address.

    Raises:
        ValueError: Not an address.
    """
    content = value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
    if len(content) != 20:
        raise ValueError(f"an address has 20 bytes, not {len(content)}")
    return content


def _entries(kind: str) -> list[dict[str, Any]]:
    return [entry for entry in load_artifacts()["abi"] if entry["type"] == kind]


def _signature_hash(entry: dict[str, Any]) -> bytes:
    return keccak(f"{entry['name']}({','.join(map(_type_of, entry['inputs']))})".encode())


def _type_of(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type_of, parameter['components']))}){kind.removeprefix('tuple')}"


def _shape(parameters: Sequence[dict[str, Any]]) -> Shape:
    words: list[str] = []
    is_fixed = all(_add_words(parameter, words) for parameter in parameters)
    return Shape(types=tuple(map(_type_of, parameters)), words=tuple(words) if is_fixed else None)


def _add_words(parameter: dict[str, Any], words: list[str]) -> bool:
    """Add the words of a parameter; return whether its length is fixed."""
    kind: str = parameter["type"]
    element, bracket, length = kind.rpartition("[")
    if bracket:
        count = length.rstrip("]")
        return count != "" and all(
            _add_words({**parameter, "type": element}, words) for _ in range(int(count))
        )
    if kind == "tuple":
        return all(_add_words(component, words) for component in parameter["components"])
    words.append(kind)
    return kind in _WRITERS


def _write_uint(value: int, kind: str) -> bytes:
    if not 0 <= value < 1 << int(kind[4:]):
        raise ValueError(f"{value} is not a {kind}")
    return value.to_bytes(WORD, "big")


def _write_int(value: int, kind: str) -> bytes:
    half = 1 << int(kind[3:]) - 1
    if not -half <= value < half:
        raise ValueError(f"{value} is not an {kind}")
    return value.to_bytes(WORD, "big", signed=True)


def _write_bytes(value: bytes, kind: str) -> bytes:
    if len(value) != int(kind[5:]):
        raise ValueError(f"{len(value)} bytes are not a {kind}")
    return value.ljust(WORD, b"\0")


def _write_address(value: Address, _kind: str) -> bytes:
    return to_address(value).rjust(WORD, b"\0")


def _write_bool(value: bool, _kind: str) -> bytes:
    return int(value).to_bytes(WORD, "big")


_WRITERS: dict[str, Callable[[Any, str], bytes]] = {
    **{f"uint{bits}": _write_uint for bits in range(8, 257, 8)},
    **{f"int{bits}": _write_int for bits in range(8, 257, 8)},
    **{f"bytes{length}": _write_bytes for length in range(1, 33)},
    "address": _write_address,
    "bool": _write_bool,
}


def _reader_of_bytes(length: int) -> Callable[[bytes], bytes]:
    return lambda word: word[:length]


_READERS: dict[str, Callable[[bytes], Any]] = {
    **{f"uint{bits}": lambda word: int.from_bytes(word, "big") for bits in range(8, 257, 8)},
    **{f"int{bits}": lambda word: int.from_bytes(word, "big", signed=True) for bits in range(8, 257, 8)},
    **{f"bytes{length}": _reader_of_bytes(length) for length in range(1, 33)},
    "address": lambda word: f"0x{word[12:].hex()}",
    "bool": any,
}
