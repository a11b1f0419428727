# SPDX-License-Identifier: EUPL-1.2
"""The command line: serve, demo, links, imports, heads, staff log, ledger, backups, inspect, audits, keys, doctor."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn
from rich.console import Console
from rich.progress import Progress
from starlette.types import ASGIApp

from . import doctor as doctor_checks
from . import heads, logs, main, metrics, older_chain, shops, staff, staff_log, unusable_files, vouchers
from .archive_command import backup, restore
from .audit.command import audit
from .audit_key_command import app as audit_key
from .bounded_http import BoundedHttp
from .csv_tables import decode_upload
from .demo import folder as demo_folder
from .demo import seed
from .demo import start as demo_start
from .demo.clock import DemoClock
from .errors import CsvInvalid, Failure, Refusal
from .inspection_command import inspect
from .journal_command import verify_journal
from .key_commands import rotate_key, rotate_passphrase
from .registry.store import Registry
from .services import Services
from .settings import Settings, default_data_dir
from .staff_log import COMMAND_LINE, Action, acting
from .units import format_euros, parse_euros

STAFF_NAME = "Beheerder"
GRACE_SECONDS = 40

log = structlog.get_logger(__name__)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)
errors_console = Console(stderr=True, highlight=False)

DataDir = Annotated[
    Path, typer.Option(help="Journal, stores and keys.", envvar="KINDPAKKET_DATA_DIR", file_okay=False)
]
# The demo can erase its data, so it never takes the folder of a real installation from the environment.
DemoDir = Annotated[Path, typer.Option("--data-dir", help="The demo's data.", file_okay=False)]
Port = Annotated[int, typer.Option(help="Port to serve on.", min=1, max=65535)]
Host = Annotated[str, typer.Option(help="Address to serve on.")]
BaseUrl = Annotated[str, typer.Option(help="How people reach it; default http://localhost:PORT.")]
CsvFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
ProgrammeOption = Annotated[int, typer.Option(help="Number of the programme.", min=1)]
Verbose = Annotated[bool, typer.Option("--verbose", help="Log every answer.")]

app.command()(audit)
app.command()(inspect)
app.command()(backup)
app.command()(restore)
app.command()(verify_journal)
app.add_typer(audit_key, name="audit-key")
app.command()(rotate_key)
app.command()(rotate_passphrase)


@app.callback()
def _begin_every_command() -> None:
    """Kindpakket: a yearly budget for children, spent in shops, decided by a contract."""
    # Libraries of the chain raise this limit for their own good; a file of a stranger's could then overflow the stack.
    sys.setrecursionlimit(main.RECURSION_LIMIT)
    logs.write_logs(sys.stderr, log_format="console", verbose=False)


@app.command()
def serve(
    data_dir: DataDir = default_data_dir(),
    port: Port = 8000,
    host: Host = "127.0.0.1",
    base_url: BaseUrl = "",
    verbose: Verbose = False,
) -> None:
    """Serve the apps, the API and the pages, with the chain; prints a sign-in link when nobody ever signed in."""
    _refuse_taken_port(host, port)
    settings = _settings(data_dir, port, base_url)
    _refuse_taken_port(metrics.ONLY_THIS_MACHINE, settings.metrics_port)
    is_for_programs = settings.log_format == "json"
    log_file = sys.stdout if is_for_programs else sys.stderr
    logs.write_logs(log_file, log_format=settings.log_format, verbose=verbose or is_for_programs)
    logs.write_logs_of_libraries(log_file, log_format=settings.log_format)
    with _refusals_told(), main.open_services(settings) as services:
        if is_for_programs:
            tell_programs(services)
        else:
            if not services.registry.staff.anyone():
                console.print(f"Sign in once: {_sign_in_link(services)}", soft_wrap=True)
            console.print(f"Kindpakket runs at {settings.base_url}; Ctrl-C stops it.", soft_wrap=True)
        _run(services, host=host, port=port)


@app.command()
def demo(
    data_dir: DemoDir = default_data_dir() / "demo",
    port: Port = 8000,
    host: Host = "127.0.0.1",
    base_url: BaseUrl = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: forget the demo's data.")] = False,
    verbose: Verbose = False,
    year: Annotated[bool, typer.Option("--year", help="Fill it with a made-up year of use.")] = False,
    seed_number: Annotated[int, typer.Option("--seed", help="Dice of that year: the same, the same.")] = 2017,
) -> None:
    """Serve a made-up municipality of Zuidhorn's size; the next start continues with it."""
    _refuse_taken_port(host, port)
    with _refusals_told():
        demo_folder.take(data_dir, fresh=fresh)
    settings = _settings(data_dir, port, base_url)
    if not settings.payout_iban:
        settings = settings.model_copy(update={"payout_iban": seed.PAYOUT_IBAN})
    log_file = (data_dir / "server.log").open("a", encoding="utf-8", buffering=1)
    logs.write_logs(log_file, log_format="console", verbose=verbose)
    logs.write_logs_of_libraries(log_file, log_format="console")
    clock = DemoClock()
    if year and not (data_dir / "deployment.json").exists():
        clock.play(demo_start.year_starts_at())
    with log_file, _refusals_told(), main.open_services(settings, clock=clock, may_leap=True) as services:

        def when_started() -> None:
            demo_start.fill_and_tell(
                services, port=port, clock=clock, year_seed=seed_number if year else None
            )

        _run(services, host=host, port=port, when_started=when_started)


@app.command()
def deploy(data_dir: DataDir = default_data_dir()) -> None:
    """Deploy the contract on the embedded chain, if it is not there yet, and say where it is."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir)) as services:
        console.print_json(
            json.dumps({"chainId": services.chain.chain_id, "contract": services.fund.address})
        )


@app.command()
def import_households(
    file: CsvFile,
    programme: ProgrammeOption = 1,
    amount: Annotated[str, typer.Option(help="Euros a child, for lines without an amount.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    data_dir: DataDir = default_data_dir(),
) -> None:
    """Issue vouchers to the households of a CSV file; the letters can then be taken on the municipality's pages."""
    try:
        amount_cents = parse_euros(amount) if amount else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--amount") from None
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir)) as services:
        check = vouchers.check_households(
            services,
            programme=programme,
            text=decode_upload(file.read_bytes()),
            amount_cents=amount_cents,
        )
        check.faults.refuse()
        total = f"{check.voucher_count} vouchers, {format_euros(check.amount_cents)}"
        if dry_run:
            console.print(f"No faults: {len(check.households)} households, {total}.")
            return
        deed = acting(services, COMMAND_LINE, Action.HOUSEHOLDS_IMPORTED, programme=programme)
        with Progress(console=console) as progress, deed as done:
            bar = progress.add_task("Vouchers", total=check.voucher_count)
            result = vouchers.import_households(
                services, check, on_progress=lambda count: progress.advance(bar, count)
            )
            done.note(batch=result.batch)
        console.print(f"Issued {total} to {result.households} households: batch {result.batch}.")


@app.command()
def import_shops(
    file: CsvFile,
    programme: ProgrammeOption = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    data_dir: DataDir = default_data_dir(),
) -> None:
    """Register the shops of a CSV file and let them take part."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir)) as services:
        check = shops.check_shops(services, programme=programme, text=decode_upload(file.read_bytes()))
        check.faults.refuse()
        if dry_run:
            console.print(f"No faults: {len(check.shops)} shops.")
            return
        with acting(services, COMMAND_LINE, Action.SHOPS_IMPORTED, programme=programme) as done:
            numbers = shops.import_shops(services, check)
            done.note(shops=len(numbers))
        console.print(f"Registered {len(numbers)} shops: {numbers[0]} to {numbers[-1]}.")


@app.command()
def sign_in_link(
    name: Annotated[str, typer.Argument(help="Who signs in.")] = STAFF_NAME,
    data_dir: DataDir = default_data_dir(),
    port: Port = 8000,
    base_url: BaseUrl = "",
) -> None:
    """Make a link with which a member of staff can sign in once; also while the server runs."""
    settings = _settings(data_dir, port, base_url)
    if not data_dir.is_dir():
        errors_console.print(f"There is no installation in {data_dir}.", soft_wrap=True)
        raise typer.Exit(1)
    with _refusals_told(), contextlib.closing(Registry(settings.registry_address)) as registry:
        console.print(
            staff.create_sign_in_link(registry, settings, name=name, now=int(time.time())), soft_wrap=True
        )


@app.command()
def publish_head(data_dir: DataDir = default_data_dir()) -> None:
    """Publish today's head now, while the server does not run; a running server publishes it when the day is over."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir), follow=False) as services:
        older_chain.refuse_older_chain(services)
        with acting(services, COMMAND_LINE, Action.HEAD_PUBLISHED):
            head = heads.publish(services)
        assert head is not None, "a chain has a block, so there is a head now"
        console.print(
            f"{head.on}: block {head.block}, hash 0x{head.hash.hex()}, root 0x{head.root.hex()}",
            soft_wrap=True,
        )


@app.command()
def anchor_staff_log(data_dir: DataDir = default_data_dir()) -> None:
    """Put the log of staff on record on the chain now; a running server does so when a day is over."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir), follow=False) as services:
        older_chain.refuse_older_chain(services)
        anchor = staff_log.anchor(services)
        if anchor is None:
            console.print("Nobody did anything yet.")
        else:
            console.print(f"On record up to entry {anchor.entry}, since block {anchor.block}.")


@app.command()
def verify_staff_log(data_dir: DataDir = default_data_dir()) -> None:
    """Check the log of staff, and compare it with what is on record on the chain; ends with 1 if anything differs."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir), follow=False) as services:
        verdict = staff_log.verify(services)
    for difference in verdict.differences:
        errors_console.print(difference, soft_wrap=True)
    console.print(
        f"{verdict.entry_count} entries; on record {verdict.anchor_count} times, up to entry {verdict.anchored}: "
        f"{'NOT RIGHT' if verdict.differences else 'all is right'}.",
        soft_wrap=True,
    )
    raise typer.Exit(1 if verdict.differences else 0)


@app.command()
def rebuild_ledger(data_dir: DataDir = default_data_dir()) -> None:
    """Forget the ledger and book it again from the chain."""
    with _refusals_told(), main.open_services(demo_folder.settings_of(data_dir), follow=False) as services:
        head = services.chain.head().number
        with Progress(console=console) as progress:
            bar = progress.add_task("Blocks", total=head)
            services.follower.rebuild(lambda block: progress.update(bar, completed=block))
        console.print(f"Booked up to block {head}.")


@app.command()
def doctor(data_dir: DataDir = default_data_dir()) -> None:
    """Say what is missing on this machine or wrong with this installation, and how to mend it."""
    findings = doctor_checks.examine(Settings(data_dir=data_dir), now=int(time.time()))
    for finding in findings:
        console.print(f"{'ok     ' if finding.ok else 'MISSING'}  {finding.what}", soft_wrap=True)
        if not finding.ok:
            console.print(f"         {finding.remedy}", soft_wrap=True)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _settings(data_dir: Path, port: int, base_url: str) -> Settings:
    settings = demo_folder.settings_of(data_dir)
    if base_url:
        return settings.model_copy(update={"base_url": base_url.rstrip("/")})
    if "base_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"base_url": f"http://localhost:{port}"})


def tell_programs(services: Services) -> None:
    """Say what a person is told at the start, without the link that signs in: a log is kept, and read by others."""
    if not services.registry.staff.anyone():
        log.info("nobody_signed_in_yet", todo="kindpakket sign-in-link")
    log.info("serving", base_url=services.settings.base_url)


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            errors_console.print(
                f"Cannot serve on {host}:{port}: {error.strerror}. Choose another with --port,"
                " or for the metrics with KINDPAKKET_METRICS_PORT."
            )
            raise typer.Exit(1) from None


class _Server(uvicorn.Server):
    """A server that ends the answers that stay open before it waits for all others to end."""

    def __init__(self, config: uvicorn.Config, *, end_open_answers: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_open_answers = end_open_answers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_open_answers()
        await super().shutdown(sockets)


def server_config(web_app: ASGIApp, settings: Settings, *, host: str, port: int) -> uvicorn.Config:
    """Return how the app is served. Only the proxy of the settings may say from which address a request came."""
    return uvicorn.Config(
        web_app,
        host=host,
        port=port,
        # As main says; not by settings of uvicorn's own.
        log_config=None,
        http=BoundedHttp,
        # News come over a plain answer that stays open.
        ws="none",
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=30,
        # A request waits for the chain for less than this; who sends one byte a minute does not keep us from ending.
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=bool(settings.proxy),
        forwarded_allow_ips=[settings.proxy],
        server_header=False,
    )


def _run(
    services: Services,
    *,
    host: str,
    port: int,
    when_started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until Ctrl-C or a terminate signal."""
    web_app = main.create_app(services)
    server = _Server(
        server_config(web_app, services.settings, host=host, port=port),
        end_open_answers=web_app.state.end_open_answers,
    )

    def follow_start() -> None:
        main.wait_until(lambda: server.started or server.should_exit)
        if server.started:
            when_started()

    threading.Thread(target=follow_start, daemon=True, name="when-started").start()
    # The server ends in good order and then raises the signal once more; both ways to stop it are ordinary.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        metrics.served(services.settings.metrics_port),
        web_app.state.watch.looking(),
        contextlib.suppress(KeyboardInterrupt),
    ):
        server.run()


def _sign_in_link(services: Services) -> str:
    return staff.create_sign_in_link(
        services.registry, services.settings, name=STAFF_NAME, now=services.now()
    )


@contextlib.contextmanager
def _refusals_told() -> Iterator[None]:
    """Say a refusal or a failure in words, and end with code 1."""
    try:
        yield
    except CsvInvalid as refusal:
        for fault in refusal.errors:
            place = f"line {fault['line']}" + (f", {fault['column']}" if fault["column"] else "")
            errors_console.print(
                f"{place}: found {fault['found']!r}, expected {fault['expected']}", soft_wrap=True
            )
        errors_console.print("Nothing was imported.")
        raise typer.Exit(1) from None
    except (Refusal, Failure) as error:
        errors_console.print(str(error) or error.reason(), soft_wrap=True)
        raise typer.Exit(1) from None
    except OSError as error:
        errors_console.print(unusable_files.tell(error), soft_wrap=True)
        raise typer.Exit(1) from None
