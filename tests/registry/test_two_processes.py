# SPDX-License-Identifier: EUPL-1.2
"""Two processes on one registry, which begin at the same moment: what one read still holds when it writes.

Given a registry that is open twice, as a server's and a command's are
  when both want what only one can get: one gets it, the other is refused by the reason's name
  when both write down what staff does: the log stays one chain
  when both guess a backup's proof: no guess is free
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256

import pytest
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import (
    BackupLocked,
    BackupProofWrong,
    PairingCodeInvalid,
    PayoutRunDecided,
    PayoutRunOpen,
    Refusal,
    SignInCodeInvalid,
    TillNameTaken,
)
from kindpakket.registry.payout_rows import NewSettlement, NewTransfer
from kindpakket.registry.programmes import Order
from kindpakket.registry.shops import NewShop
from kindpakket.registry.staff_log import COMMAND_LINE, Action
from kindpakket.registry.store import Registry

HASHES = (b"\x01" * 32, b"\x02" * 32)
CODE, OTHER_CODE = b"\x03" * 32, b"\x04" * 32
SHOP = NewShop(
    line=2, name="Fietsen", categories=(3,), iban="NL90INGB0009000000", street="", town="", opening=""
)
TURNS = 12

Deed = Callable[[Registry, int], object]


@pytest.fixture
def processes(registry: Registry, url: str) -> Iterator[tuple[Registry, Registry]]:
    """The registry, opened twice, with a shop, two codes for its tills, two members of staff and a sign-in code."""
    (shop,) = registry.shops.create_shops([SHOP], programme=1)
    for code in (CODE, OTHER_CODE):
        registry.shops.create_pairing_code(code, shop=shop, now=50, ends_at=200)
    for name in ("Anna", "Bram"):
        registry.staff.ensure_member(name, roles=["treasurer", "approver"])
    registry.staff.create_sign_in_code(CODE, staff=1, ends_at=200, by=COMMAND_LINE, at=50)
    with closing(Registry(url)) as other:
        yield registry, other


def at_once(processes: tuple[Registry, Registry], deed: Deed) -> list[str]:
    """Let both do it at the same moment; tell what became of each."""
    start = threading.Barrier(2)

    def go(place: int) -> str:
        start.wait()
        try:
            deed(processes[place], place)
        except Refusal as refusal:
            return type(refusal).__name__
        except IntegrityError:
            return "IntegrityError"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(go, range(2)), key=lambda outcome: outcome != "done")


def prepare(registry: Registry, place: int) -> int:
    payee = registry.payout_runs.payees()[1]
    transfers = [NewTransfer(payee, (NewSettlement(1, 1, 100),))]
    return registry.payout_runs.prepare(transfers, [], programme=None, staff=place + 1, at=9, block=9)


def test_of_two_who_prepare_a_payout_run_one_does(processes: tuple[Registry, Registry]) -> None:
    assert at_once(processes, prepare) == ["done", PayoutRunOpen.__name__]
    assert len(processes[0].payout_runs.runs()) == 1


def test_a_payout_run_is_approved_or_cancelled_and_never_both(processes: tuple[Registry, Registry]) -> None:
    run = prepare(processes[0], 0)

    def decide(registry: Registry, place: int) -> None:
        if place:
            registry.payout_runs.approve(run, staff=2, at=10, content=b"<file/>")
        else:
            registry.payout_runs.cancel(run, staff=1, at=10)

    assert at_once(processes, decide) == ["done", PayoutRunDecided.__name__]
    found = processes[0].payout_runs.run(run)
    assert (found.approved_at is None) != (found.state != "cancelled"), found.state
    assert len(found.files) == (0 if found.state == "cancelled" else 1)


def test_of_two_who_use_one_sign_in_code_one_is_signed_in(processes: tuple[Registry, Registry]) -> None:
    def sign_in(registry: Registry, place: int) -> object:
        return registry.staff.sign_in(CODE, token_hash=HASHES[place], csrf="c", now=100, ends_at=150)

    assert at_once(processes, sign_in) == ["done", SignInCodeInvalid.__name__]


def test_of_two_tills_with_one_code_one_is_paired(processes: tuple[Registry, Registry]) -> None:
    def pair(registry: Registry, place: int) -> object:
        till = f"0x{f'a{place}' * 20}"
        return registry.shops.pair(CODE, till=till, name=f"Kassa {place}", token_hash=HASHES[place], now=100)

    assert at_once(processes, pair) == ["done", PairingCodeInvalid.__name__]


def test_of_two_tills_with_one_name_one_is_paired(processes: tuple[Registry, Registry]) -> None:
    def pair(registry: Registry, place: int) -> object:
        till, code = f"0x{f'a{place}' * 20}", (CODE, OTHER_CODE)[place]
        return registry.shops.pair(code, till=till, name="Kassa 1", token_hash=HASHES[place], now=100)

    assert at_once(processes, pair) == ["done", TillNameTaken.__name__]


def test_of_two_orders_with_one_key_one_is_kept(processes: tuple[Registry, Registry]) -> None:
    def announce(registry: Registry, place: int) -> None:
        order = Order("a" * 32, terms_hash=HASHES[place], policy_hash=HASHES[place], programmes_before=0)
        registry.programmes.announce(order, name=f"Regeling {place}", policy_text="Iedereen.")

    assert at_once(processes, announce) == ["done", "IntegrityError"]
    assert len(processes[0].programmes.announced()) == 1


def test_what_both_write_down_of_staff_is_one_chain(processes: tuple[Registry, Registry]) -> None:
    before = len(processes[0].staff_log.all())

    def act(registry: Registry, place: int) -> None:
        for turn in range(TURNS):
            registry.staff_log.begin(
                by=COMMAND_LINE, at=turn, action=Action.HEAD_PUBLISHED, about=f"turn={place}", reason=""
            )

    assert at_once(processes, act) == ["done", "done"]
    entries = processes[1].staff_log.all()
    assert Counter(entry.about for entry in entries[before:]) == {"turn=0": TURNS, "turn=1": TURNS}
    assert [entry.entry for entry in entries] == [*range(1, len(entries) + 1)]
    for earlier, later in itertools.pairwise(entries):
        assert later.previous_hash == earlier.hash == earlier.own_hash()


def test_no_wrong_proof_of_a_backup_is_free(processes: tuple[Registry, Registry]) -> None:
    phone, proof_hash = b"\x05" * 32, sha256(b"proof").digest()
    processes[0].phones.register(phone, [12], at=1)
    processes[0].backups.save("0" * 32, token_hash=phone, proof_hash=proof_hash, blob=b"\x06" * 61, at=1)
    answers: list[str] = []

    def guess(registry: Registry, _place: int) -> None:
        for _ in range(TURNS):
            try:
                registry.backups.retrieve("0" * 32, proof=b"wrong")
            except (BackupProofWrong, BackupLocked) as refusal:
                answers.append(f"{refusal}")

    assert at_once(processes, guess) == ["done", "done"]
    left = [f"{BackupProofWrong(tries_left=tries)}" for tries in (4, 3, 2, 1)]
    assert Counter(answers) == {**dict.fromkeys(left, 1), f"{BackupLocked()}": 2 * TURNS - len(left)}
