# SPDX-License-Identifier: EUPL-1.2
"""The start: how long `kindpakket serve` takes until it answers, in an installation with many payments.

The payments are put on the chain directly, the ledger books them, and the copyist copies the chain as it does beside a
running server. Then come as many payments more as may be uncopied when a server is killed. From there a server is
started with the snapshots, and once more without them.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kindpakket.chain import calls
from kindpakket.chain.copying import AFTER_SECONDS
from kindpakket.chain.deploy import ensure_deployed
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.fund import Fund
from kindpakket.chain.keystore import open_keystore
from kindpakket.key_changes import snapshot_key_of
from kindpakket.main import open_services
from kindpakket.settings import Settings

from .audit import PAID_AT_ONCE, pay_many
from .figures import Figures
from .fund import PATIENCE_SECONDS, Bench, MovableClock
from .server import free_port

LIMIT_SECONDS = 10.0
LIMIT_REDEMPTIONS = 100_000
VOUCHERS = 20_000
START_SECONDS = 600.0
STARTS = 3
UNCOPIED = 1 << 200
"""Where the references of uncopied deposits begin; no other has so large a number."""


class StartTooSlow(SystemExit):
    """A start took more than it may; ends the command with 1."""


def measure(redemptions: int) -> Figures:
    """Make an installation with that many payments and start it, with its snapshots and without."""
    with tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder:
        data_dir = Path(folder) / "data"
        with open_services(Settings(data_dir=data_dir), follow=False):
            pass
        with _opened(data_dir) as bench:
            pay_many(bench, redemptions, vouchers=VOUCHERS)
        booking_seconds, events = _book(data_dir)
        copying = copy_all(data_dir)
        with _opened(data_dir) as bench:
            uncopied = _pay_uncopied(bench)
            blocks = bench.chain.head().number
        print("starting with snapshots", file=sys.stderr)
        with_snapshots = min((_start(data_dir) for _ in range(STARTS)), key=lambda one: one["seconds"])
        shutil.rmtree(data_dir / "chain" / "snapshots")
        print("starting without", file=sys.stderr)
        without = _start(data_dir)
        journal_bytes = (data_dir / "chain" / "journal.db").stat().st_size
    figures: Figures = {
        "bench": "start",
        "redemptions": redemptions,
        "vouchers": VOUCHERS,
        "blocks": blocks,
        "journal_megabytes": round(journal_bytes / 1_000_000, 1),
        "ledger_rebuild_seconds": round(booking_seconds, 1),
        "ledger_events_per_second": round(events / booking_seconds),
        "copying_all": copying,
        "uncopied_transactions": uncopied,
        "start": with_snapshots,
        "start_without_snapshots": without,
    }
    if redemptions <= LIMIT_REDEMPTIONS and with_snapshots["seconds"] > LIMIT_SECONDS:
        print(figures, file=sys.stderr)
        raise StartTooSlow(f"a start took {with_snapshots['seconds']} s")
    return figures


@contextlib.contextmanager
def _opened(data_dir: Path) -> Iterator[Bench]:
    """Open the chain of an installation by itself, with its keys; nothing is copied meanwhile."""
    clock = MovableClock()
    passphrase = (data_dir / "keystore.passphrase").read_text("utf-8").strip()
    chain = EmbeddedChain(
        data_dir / "chain",
        chain_id=Settings(data_dir=data_dir).chain_id,
        clock=clock,
        open_snapshot_key=lambda: snapshot_key_of(Settings(data_dir=data_dir)),
        patience_seconds=PATIENCE_SECONDS,
        copy_after_seconds=float("inf"),
    )
    with contextlib.closing(chain):
        keystore = open_keystore(data_dir / "keystore", passphrase=passphrase)
        deployment = ensure_deployed(chain, keystore, file=data_dir / "deployment.json")
        yield Bench(
            chain=chain,
            clock=clock,
            fund=Fund(chain, address=deployment.address, deployed_block=deployment.block),
            accounts=deployment.accounts,
        )


def _book(data_dir: Path) -> tuple[float, int]:
    """Book the ledger; return how long it took, and how many events it booked."""
    print("booking the ledger", file=sys.stderr)
    with open_services(Settings(data_dir=data_dir), follow=False) as services:
        head = services.chain.head().number
        events = len(services.fund.events(services.fund.deployed_block, head))
        started = time.monotonic()
        services.follower.catch_up()
        return time.monotonic() - started, events


def copy_all(data_dir: Path) -> Figures:
    """Let the copyist copy all that there is."""
    print("copying", file=sys.stderr)
    snapshots = data_dir / "chain" / "snapshots"
    shutil.rmtree(snapshots, ignore_errors=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "kindpakket.chain.copyist"]
    subprocess.run(
        [*command, str(data_dir / "chain" / "journal.db"), str(snapshots)],
        input=snapshot_key_of(Settings(data_dir=data_dir)),
        check=True,
        stdout=sys.stderr,
    )
    files = list(snapshots.iterdir())
    return {
        "seconds": round(time.monotonic() - started, 1),
        "files": len(files),
        "megabytes": round(sum(file.stat().st_size for file in files) / 1_000_000, 1),
    }


def _pay_uncopied(bench: Bench) -> int:
    """Record deposits, as many a block as payments, until a running server would have called the copyist."""
    deadline = time.monotonic() + 1.5 * AFTER_SECONDS
    count = 0
    while time.monotonic() < deadline:
        references = ((UNCOPIED + count + place).to_bytes(32, "big") for place in range(PAID_AT_ONCE))
        bench.gas(
            [calls.deposit(programme=1, amount_cents=1, payment_reference=one) for one in references],
            sender=bench.accounts.treasurer,
        )
        count += PAID_AT_ONCE
    return count


def _start(data_dir: Path) -> dict[str, float]:
    """Start a server; return how long it took until it answered `/`, where that went, and how much memory it has."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("kindpakket")), "serve"]
    command += ["--data-dir", str(data_dir), "--port", str(port)]
    log_file = data_dir.parent / "server.log"
    started = time.monotonic()
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for_an_answer(port, process, started)
        seconds = time.monotonic() - started
        chain = re.search(r"event=chain_opened .*seconds=([\d.]+)", log_file.read_text("utf-8"))
        assert chain, "a server says how long its chain took"
        return {
            "seconds": round(seconds, 1),
            "of_which_chain_seconds": round(float(chain[1]), 1),
            **_memory(process.pid),
        }
    except BaseException:
        print(log_file.read_text("utf-8")[-4000:], file=sys.stderr)
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_for_an_answer(port: int, process: subprocess.Popen[bytes], started: float) -> None:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/")
            assert connection.getresponse().status < http.HTTPStatus.BAD_REQUEST, "a ready server answers"
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > started + START_SECONDS:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.02)
        finally:
            connection.close()


def _memory(server: int) -> dict[str, float]:
    """Return what server and anvil hold of memory, and held at most; nothing where the system does not tell."""
    if not Path("/proc/self/task").exists():
        return {}
    found = {}
    children = [
        int(pid)
        for file in Path(f"/proc/{server}/task").glob("*/children")
        for pid in file.read_text().split()
    ]
    for name, pid in [("server", server), *(("anvil", child) for child in children if _is_anvil(child))]:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        for kind, line in (("", "VmRSS"), ("_peak", "VmHWM")):
            kilobytes = re.search(rf"{line}:\s+(\d+)", status)
            assert kilobytes, "a process has memory"
            found[f"{name}{kind}_megabytes"] = round(int(kilobytes[1]) * 1024 / 1_000_000, 1)
    return found


def _is_anvil(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip() == "anvil"
