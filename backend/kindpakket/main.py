# SPDX-License-Identifier: EUPL-1.2
"""Put the parts together: chain, stores and follower as services; apps, API and pages as one app."""

from __future__ import annotations

import mimetypes
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.routing import Route

from . import key_changes, missing_parts, older_chain
from .api.app import NOTHING_ELSE, create_api
from .chain.client import Chain
from .chain.deploy import ensure_deployed
from .chain.embedded import EmbeddedChain
from .chain.fund import Fund
from .chain.key_change import Installed
from .chain.keystore import open_keystore
from .chain.node import NodeChain
from .heads import publisher
from .inspections import inspector
from .leaps import LeapGuard
from .ledger.follower import Follower
from .ledger.store import Ledger
from .registry.store import Registry
from .served_files import ServedFiles
from .services import Services
from .settings import Settings
from .shop_applications import ApplicationLimit, eraser
from .staff_log import anchorer
from .unfinished import finish, finisher
from .watch import Watch
from .web import Guard

ROOT = Path(__file__).resolve().parents[2]
STATIC = Path(__file__).resolve().parent / "static"
THREADS = 128
RECURSION_LIMIT = 1000

mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")


@contextmanager
def open_services(
    settings: Settings,
    *,
    clock: Callable[[], int] | None = None,
    follow: bool = True,
    may_leap: bool = False,
) -> Iterator[Services]:
    """Open everything in the data folder; close it in the end.

    Args:
        settings: Where it is, and how it is to be.
        clock: The time, epoch seconds; the machine's unless given.
        follow: Book events as they come.
        may_leap: The clock is moved on purpose, as a demo's is.

    Raises:
        ChainMismatch: The journal, the deployment and the stores do not belong together.
        ChainUnreachable: The chain does not start.
    """
    now = clock or (lambda: int(time.time()))
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)
    missing_parts.refuse_missing_parts(settings)
    chain = open_chain(settings, clock=now)
    try:
        guard = None if may_leap else LeapGuard(now)
        with services_on(settings, chain, now=now, follow=follow, guard=guard) as services:
            yield services
    finally:
        chain.close()


def open_chain(settings: Settings, *, clock: Callable[[], int]) -> Chain:
    """Return the chain that the settings choose: the embedded one, or a node's.

    Raises:
        ChainMismatch: The data folder belongs to another chain.
        ChainUnreachable: The chain does not start, or the node does not answer.
    """
    if not settings.node_url:
        older_chain.refuse_missing_journal(settings)
        return EmbeddedChain(
            settings.chain_folder,
            chain_id=settings.chain_id,
            clock=clock,
            open_snapshot_key=lambda: key_changes.snapshot_key_of(settings),
        )
    return NodeChain(
        settings.node_url,
        folder=settings.chain_folder,
        clock=clock,
        depth=settings.node_depth,
        patience_seconds=settings.node_patience_seconds,
    )


@contextmanager
def services_on(
    settings: Settings,
    chain: Chain,
    *,
    now: Callable[[], int],
    follow: bool = True,
    guard: LeapGuard | None = None,
) -> Iterator[Services]:
    """Open the keystore and the stores beside a chain that runs already.

    Raises:
        ChainMismatch: They do not belong together; or, when they are to be followed, the chain lacks what they have.
    """
    installed = Installed(
        chain=chain,
        folder=settings.keystore_folder,
        file=settings.deployment_file,
        passphrase=key_changes.passphrase_of(settings),
    )
    if not settings.node_url:
        older_chain.refuse_before_contract(settings, chain)
    if installed.file.exists():
        missing_parts.refuse_lost_registry(settings, installed.fund())
    key_changes.finish(settings, installed)
    keystore = open_keystore(installed.folder, passphrase=installed.passphrase)
    deployment = ensure_deployed(chain, keystore, file=installed.file)
    fund = Fund(chain, address=deployment.address, deployed_block=deployment.block)
    registry = Registry(settings.registry_address)
    registry.bind(chain_id=chain.chain_id, contract=fund.address)
    ledger = Ledger(settings.ledger_address, chain_id=chain.chain_id, contract=fund.address)
    follower = Follower(fund, ledger, may_fork=bool(settings.node_url))
    services = Services(
        settings=settings,
        chain=chain,
        fund=fund,
        accounts=deployment.accounts,
        ledger=ledger,
        follower=follower,
        registry=registry,
        sealing_key=keystore.sealing,
        now=now,
        holds_still=guard.holds if guard is not None else lambda: False,
    )
    rounds = (
        finisher(services),
        publisher(services),
        anchorer(services),
        inspector(services),
        eraser(services),
    )
    try:
        # A command that only looks may look at what is refused here.
        if follow:
            older_chain.refuse_older_chain(services)
            finish(services)
            follower.start()
            for one in rounds:
                one.start()
        yield services
    finally:
        for one in reversed(rounds):
            one.stop()
        follower.stop()
        ledger.close()
        registry.close()


def create_app(services: Services) -> FastAPI:
    """Return the whole server: `/api/v1`, `/ouder/`, `/winkel/`, `/gemeente/`, `/static/`, `/health`, `/ready`, `/`."""
    from . import console, health

    # Libraries of the chain raise this limit for their own good; so deep a JSON text would then overflow the stack. A
    # command has set it back already; not so who makes a server in another way.
    sys.setrecursionlimit(RECURSION_LIMIT)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Endpoints wait for blocks in threads; fewer threads than tills would make tills wait for each other.
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        api.state.news.start()
        yield
        api.state.news.stop()

    api = create_api(services)
    # A slash too many is not led on: that would be to the host that whoever asks says we are.
    app = FastAPI(lifespan=lifespan, redirect_slashes=False, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.end_open_answers = api.state.news.stop
    # What strangers send is counted once, whether a page or a program sends it.
    app.state.application_limit = api.state.application_limit = ApplicationLimit()
    app.mount("/api/v1", api)
    # Who asks for another version is a program, too.
    for path in ("/api", "/api/{rest:path}"):
        app.router.routes.append(Route(path, NOTHING_ELSE))
    app.mount("/static", ServedFiles(directory=STATIC), name="static")
    for path, folder in (("ouder", "citizen_app"), ("winkel", "merchant_app")):
        app.mount(f"/{path}/", ServedFiles(directory=ROOT / folder, html=True), name=path)
        app.add_api_route(f"/{path}", _redirect_to(f"/{path}/"), include_in_schema=False)
    app.state.watch = Watch(services)
    health.install(app, app.state.watch)
    console.install(app, services)
    settings = services.settings
    app.add_middleware(
        Guard,
        max_body_bytes=settings.max_body_bytes,
        secure=settings.secure,
        log_addresses=settings.log_addresses,
    )
    return app


def wait_until(condition: Callable[[], bool], *, step_seconds: float = 0.02) -> None:
    """Wait until a condition holds."""
    while not condition():
        time.sleep(step_seconds)


def _redirect_to(path: str) -> Callable[[], RedirectResponse]:
    def redirect() -> RedirectResponse:
        return RedirectResponse(path, status_code=308)

    return redirect
