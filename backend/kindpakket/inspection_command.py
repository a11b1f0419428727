# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket inspect`: an inspection of all books on the command line, for cron. Needs no server, and minds none."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import inspections, main, unusable_files
from .demo.folder import settings_of
from .errors import ChainUnreachable, KindpakketError
from .inspections import Finding, Report
from .registry.store import Registry
from .settings import Settings, default_data_dir

DIFFERS, NOT_DONE = 1, 2
STEP_SECONDS = 0.2


def inspect(
    data_dir: Annotated[
        Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
    ] = default_data_dir(),
    wait_seconds: Annotated[int, typer.Option(help="How long a running server may take.", min=1)] = 3600,
) -> None:
    """Hold all books against the chain, by the running server if there is one. For cron.

    Ends with 0 if all agrees, with 1 if something differs, which also puts a banner on every page, and with 2 if it was
    not done.
    """
    telling = Console(stderr=True, highlight=False)
    if not data_dir.is_dir():
        telling.print(f"There is no installation in {data_dir}.", soft_wrap=True)
        raise typer.Exit(NOT_DONE)
    try:
        report = _inspect(settings_of(data_dir), wait_seconds)
    except KindpakketError as error:
        telling.print(str(error) or error.reason(), soft_wrap=True)
        raise typer.Exit(NOT_DONE) from None
    except OSError as error:
        telling.print(unusable_files.tell(error), soft_wrap=True)
        raise typer.Exit(NOT_DONE) from None
    done = report.inspection
    if done.ended_at is None:
        telling.print(f"It was not done within {wait_seconds} s.")
        raise typer.Exit(NOT_DONE)
    for finding in report.findings:
        telling.print(_tell(finding), soft_wrap=True)
    outcome = f"{done.finding_count} findings" if done.finding_count else "all agrees"
    Console(highlight=False).print(
        f"Inspection {done.inspection}, up to block {done.block}: {len(report.figures)} amounts, {outcome}.",
        soft_wrap=True,
    )
    raise typer.Exit(DIFFERS if done.finding_count else 0)


def _inspect(settings: Settings, wait_seconds: int) -> Report:
    """Do an inspection here; or, when a running server has the chain, ask it for one and wait.

    Raises:
        ChainUnreachable: The chain does not answer.
        ChainMismatch: What is in the data folder does not belong together.
    """
    with contextlib.ExitStack() as stack:
        try:
            services = stack.enter_context(main.open_services(settings, follow=False))
        except ChainUnreachable:
            return _inspect_by_the_server(settings, wait_seconds)
        number = inspections.ask(services, occasion="command")
        inspections.perform(services, number)
        return inspections.report(services, number)


def _inspect_by_the_server(settings: Settings, wait_seconds: int) -> Report:
    with contextlib.closing(Registry(settings.registry_address)) as registry:
        kept = registry.inspections
        number = kept.ask(occasion="command", at=int(time.time()))
        deadline = time.monotonic() + wait_seconds
        while (done := kept.inspection(number)).ended_at is None and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)
        return Report(done, tuple(kept.figures(number)), tuple(kept.findings(number)))


def _tell(finding: Finding) -> str:
    if not finding.expected and not finding.found:
        return f"{finding.part}: {finding.subject}"
    return (
        f"{finding.part}: {finding.subject}: expected {finding.expected or 'nothing'}, "
        f"found {finding.found or 'nothing'}"
    )
