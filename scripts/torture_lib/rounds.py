# SPDX-License-Identifier: EUPL-1.2
"""The rounds: all act, something strikes, everything is mended, nobody acts, all is compared; and again."""

from __future__ import annotations

import contextlib
import math
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kindpakket.settings import Settings

from . import disk as disks
from . import stores as databases
from .check import Reading, Verdict, check
from .desk import Desk, Payouts
from .faults import FAULTS, Disasters, Fault
from .files_of_bank import Bank
from .final import final_differences
from .notes import Notes, read_notes
from .server import NotStarted, Server
from .stage import PATIENCE_SECONDS, Client, Stage
from .tills import Families, PayingTill
from .town import Town, new_founder

TILLS = 4
FIRST_HOUSEHOLDS = 4
STARTS_TRIED = 3


@dataclass(frozen=True, slots=True)
class Torture:
    """What is asked for.

    Attributes:
        minutes: No round begins after so long, however many are left.
        faults: What strikes in each round; by the dice when there is nothing for it.
    """

    seed: int
    rounds: int
    minutes: float = math.inf
    database: databases.Kind = "sqlite"
    disk: disks.Method | None = None
    disk_megabytes: int = disks.DISK_MEGABYTES
    faults: Sequence[Sequence[Fault]] = ()
    keep: bool = False


@dataclass
class Outcome:
    """What came of it."""

    seed: int
    folder: Path
    disk: str = ""
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    actions: dict[Any, Counter[str]] = field(default_factory=dict)
    longest_recovery_seconds: float = 0.0
    seconds: float = 0.0
    starts: int = 0
    ended_by_itself: int = 0
    snapshots_made: int = 0
    snapshots_loaded: int = 0
    blocks: int = 0
    lost: int = 0
    doubled: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass
class Site:
    """A tortured installation with its clients.

    Attributes:
        settings: Those of the server, to open its stores beside it.
    """

    server: Server
    settings: Settings
    disasters: Disasters
    stage: Stage
    town: Town
    clients: list[Client]
    reading: Reading = field(default_factory=Reading)

    def check(self) -> Verdict:
        """Compare everything, while nobody does anything."""
        return check(self.server, self.settings, self.stage.notes, self.reading)


def torture(asked: Torture) -> Outcome:
    """Torture an installation; the folder is kept when something differs."""
    folder = Path(tempfile.mkdtemp(prefix="kindpakket-torture-"))
    outcome = Outcome(seed=asked.seed, folder=folder)
    began = time.monotonic()
    try:
        with site_in(folder, asked) as site:
            outcome.disk = site.disasters.disk.told
            print(f"disk: {outcome.disk}", flush=True)
            _go(site, asked, outcome)
    except Exception as error:  # noqa: BLE001 - whatever it is, the folder is kept and it is said
        outcome.differences.append(f"the torture broke off: {type(error).__name__}: {error}")
    outcome.seconds = time.monotonic() - began
    if not outcome.differences and not asked.keep:
        shutil.rmtree(folder)
    return outcome


@contextmanager
def site_in(folder: Path, asked: Torture) -> Iterator[Site]:
    """Found an installation in a folder, with clients that wait to act; end all of it in the end."""
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(
            disks.disk_at(folder / "disk", method=asked.disk, megabytes=asked.disk_megabytes)
        )
        data_dir = folder / "disk" / "data"
        stores = stack.enter_context(databases.stores_of(asked.database, data_dir))
        server = Server(folder, data_dir, stores=stores.settings)
        stack.callback(server.end)
        server.start()
        urls = {name.removeprefix("KINDPAKKET_").lower(): url for name, url in stores.settings.items()}
        settings = Settings.model_validate({"data_dir": data_dir, "base_url": server.url, **urls})
        stage = Stage(server, Notes(folder / "notes"))
        town, clients = _found(stage, settings, seed=asked.seed)
        stage.be_quiet(seconds=0)
        for client in clients:
            client.start()
        stack.callback(_end_all, stage, clients)
        dice = random.Random(f"{asked.seed} disasters")
        yield Site(server, settings, Disasters(server, disk, stores, dice), stage, town, clients)


def _end_all(stage: Stage, clients: Sequence[Client]) -> None:
    """Let all stop; whoever waits for an answer has it, or gives up."""
    stage.end()
    for client in clients:
        client.join()
        client.close()


def _found(stage: Stage, settings: Settings, *, seed: int) -> tuple[Town, list[Client]]:
    founder = new_founder(stage, seed=seed)
    town = founder.found(stage.server.sign_in_code())
    tills = [
        PayingTill(stage, town, f"Kassa {number}", shop=town.shops[number % len(town.shops)], seed=seed)
        for number in range(1, TILLS + 1)
    ]
    # Clocks jump over days, and only an owner's till gives back what was paid on another day.
    first_of: dict[int, PayingTill] = {}
    for number, till in enumerate(tills, 1):
        shop = town.shops[number % len(town.shops)]
        till.pair(first_of[shop].owners_code() if shop in first_of else founder.pairing_code(shop))
        first_of.setdefault(shop, till)
    desk = Desk(stage, town, settings, seed=seed)
    for _ in range(FIRST_HOUSEHOLDS):
        desk.issue(children=3)
    families = Families(stage, town, seed=seed)
    while not town.letters.empty():
        families.act()
    founder.close()
    payouts = Payouts(stage, settings, Bank(stage), seed=seed)
    return town, [*tills, desk, families, payouts]


def _go(site: Site, asked: Torture, outcome: Outcome) -> None:
    dice = random.Random(f"{asked.seed} rounds")
    ends_at = time.monotonic() + 60 * asked.minutes
    for number in range(1, asked.rounds + 1):
        if time.monotonic() > ends_at:
            print(f"{asked.minutes:g} minutes are over", flush=True)
            break
        chosen = asked.faults[number - 1] if number <= len(asked.faults) else _choose(dice)
        told, recovery_seconds = play_round(site, chosen, moment_seconds=dice.uniform(0.3, 2.5))
        verdict = site.check()
        outcome.rounds = number
        outcome.longest_recovery_seconds = max(outcome.longest_recovery_seconds, recovery_seconds)
        outcome.lost += verdict.lost
        outcome.doubled += verdict.doubled
        counts = site.stage.notes.counts()
        done = sum(count["done"] for count in counts.values())
        print(
            f"round {number}: {', '.join(told)}; recovered in {recovery_seconds:.1f} s; "
            f"{done} actions done, block {site.reading.block}",
            flush=True,
        )
        differences = [*site.stage.differences, *verdict.differences]
        if differences:
            outcome.differences += [f"round {number}, {'+'.join(chosen)}: {one}" for one in differences]
            break
    if site.stage.notes.deeds != read_notes(site.stage.notes.folder):
        outcome.differences.append("the notes on disk are others than those that were compared")
    if not outcome.differences:
        outcome.differences += final_differences(site.server, site.stage)
    outcome.kills = site.disasters.counts
    outcome.actions = dict(site.stage.notes.counts())
    outcome.starts, outcome.ended_by_itself = site.server.starts, site.server.ended_by_itself
    outcome.snapshots_made = site.server.count_logged("snapshot_made")
    outcome.snapshots_loaded = site.server.count_logged("snapshot_loaded")
    outcome.blocks = site.reading.block


def play_round(site: Site, faults: Sequence[Fault], *, moment_seconds: float) -> tuple[list[str], float]:
    """Let all act, strike, mend, and let all be quiet; return what struck, and the seconds until all went on."""
    stage = site.stage
    stage.go()
    time.sleep(moment_seconds)
    struck = time.monotonic()
    told = site.disasters.strike(faults)
    _mend(site, told)
    mended = time.monotonic()
    _wait(lambda: stage.notes.last_done > mended, stage)
    recovered = time.monotonic()
    time.sleep(moment_seconds / 2)
    hanging = stage.be_quiet(seconds=PATIENCE_SECONDS)
    for name in hanging:
        stage.found(f"{name} is still waiting for an answer")
    _mend(site, told)
    return told, recovered - struck


def _mend(site: Site, told: list[str]) -> None:
    """Start the server again if it is not there, as the machine's service manager would."""
    if site.server.is_running:
        return
    if "server killed" not in told:
        site.server.ended_by_itself += 1
        told.append("the server ended by itself")
    for tried in range(STARTS_TRIED):
        try:
            site.server.start()
            return
        except NotStarted as error:
            told.append(f"not started: {error}")
            if tried + 1 == STARTS_TRIED:
                raise


def _wait(condition: Any, stage: Stage) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if stage.differences:
            return
        if time.monotonic() > deadline:
            stage.found("nobody gets on any more")
            return
        time.sleep(0.02)


def _choose(dice: random.Random) -> list[Fault]:
    """Choose what strikes: mostly one thing, sometimes two or three at once."""
    return dice.sample(FAULTS, dice.choice((1, 1, 1, 2, 2, 3)))
