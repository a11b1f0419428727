# SPDX-License-Identifier: EUPL-1.2
"""Logs: one line a decision and one a request, for a person (key=value) or for a program (JSON).

What other libraries warn of goes the same way. No line holds a name, a code, a token, a query or a body. An event has a
name that stays, and docs/operations.md says what to do about each that is a warning or worse.
"""

from __future__ import annotations

import logging
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

from .log_lines import escape_unprintable
from .settings import LogFormat

_FIRST_NAMES = ["timestamp", "level", "event"]


def write_logs(file: TextIO, *, log_format: LogFormat, verbose: bool) -> None:
    """Write our own lines to a file from now on. `verbose`: each answer has its line, too."""
    structlog.configure(
        processors=[*_on_each(), _renderer(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=file),
    )


def write_logs_of_libraries(file: TextIO, *, log_format: LogFormat) -> None:
    """Write what other libraries warn of to the same file, in the same form."""
    handler = logging.StreamHandler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_the_library, *_on_each()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _on_each() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        escape_unprintable,
    ]


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.processors.LogfmtRenderer(key_order=_FIRST_NAMES)


def _name_the_library(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Give what libraries say one event's name; their own words are the message."""
    said = entry.pop("event")
    return {**entry, "event": "library_warns", "library": entry["_record"].name, "message": said}
