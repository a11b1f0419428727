# SPDX-License-Identifier: EUPL-1.2
"""The disasters, each as it really happens: kill -9, a database that is taken away, a full disk, a clock that jumps."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from .disk import Disk
from .server import Server
from .stores import Stores

Fault = Literal["server", "chain", "database", "disk", "clock"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

DAY_SECONDS = 24 * 3600
JUMPS_SECONDS = (-DAY_SECONDS, -3 * 3600, -600, -90, 90, 600, 3 * 3600, DAY_SECONDS, 3 * DAY_SECONDS)
FARTHEST_BACK_SECONDS = -5 * DAY_SECONDS
"""The clock is never further back than this, or the towns' tickets, which last half an hour, would all be of later."""

STALLED_OFTEN = 0.3
STALLED_SECONDS = (0.5, 8.0)
FULL_SECONDS = (0.5, 4.0)
LOCKED_SECONDS = (0.5, 4.0)
LONG_LOCK_SECONDS = 33.0
"""Longer than the stores wait for a lock."""


@dataclass
class Disasters:
    """What strikes, and how often each did."""

    server: Server
    disk: Disk
    stores: Stores
    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    clock_seconds: int = 0

    def strike(self, faults: Sequence[Fault]) -> list[str]:
        """Let these strike at about the same time; return what happened, in words, when all that lasts is over."""
        told: list[str] = []
        # Each has dice of its own, so that it does not matter which comes first.
        strikes = [
            threading.Thread(
                target=self._strike, args=(fault, random.Random(self.dice.random()), told), daemon=True
            )
            for fault in faults
        ]
        for one in strikes:
            one.start()
        for one in strikes:
            one.join()
        return told

    def _strike(self, fault: Fault, dice: random.Random, told: list[str]) -> None:
        self.counts[fault] += 1
        time.sleep(dice.uniform(0, 0.5))
        match fault:
            case "server":
                self.server.kill()
                told.append("server killed")
            case "chain":
                told.append(self._strike_chain(dice))
            case "database":
                seconds = LONG_LOCK_SECONDS if dice.random() < 0.05 else dice.uniform(*LOCKED_SECONDS)
                try:
                    told.append(self.stores.take_away(dice, seconds=seconds))
                except sqlite3.OperationalError as error:
                    told.append(f"the database was away already: {error}")
            case "disk":
                self._fill(dice, told)
            case "clock":
                jump = dice.choice(JUMPS_SECONDS)
                self.clock_seconds = max(FARTHEST_BACK_SECONDS, self.clock_seconds + jump)
                self.server.set_clock(self.clock_seconds)
                told.append(f"clock moved by {jump} s")

    def _strike_chain(self, dice: random.Random) -> str:
        if dice.random() < STALLED_OFTEN:
            seconds = dice.uniform(*STALLED_SECONDS)
            if self.server.stall_chain(dice, seconds=seconds):
                return f"chain stood still for {seconds:.1f} s"
        elif self.server.kill_chain(dice):
            return "chain killed"
        return "chain was gone"

    def _fill(self, dice: random.Random, told: list[str]) -> None:
        process = self.server.process
        assert process is not None, "it was started"
        seconds = dice.uniform(*FULL_SECONDS)
        self.disk.fill(process.pid)
        time.sleep(seconds)
        self.disk.make_room(process.pid)
        told.append(f"disk full for {seconds:.1f} s")
