# SPDX-License-Identifier: EUPL-1.2
"""The embedded chain: the clock, the numbers, the journal's truth at the start, bounded waiting."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from kindpakket.chain import anvil as anvil_module
from kindpakket.chain import fund as calls
from kindpakket.chain.client import Submission
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.executor import Executor
from kindpakket.chain.history import History
from kindpakket.chain.journal import Journal, NonceGap
from kindpakket.chain.transactions import SignedTransaction, Signer, least_gas
from kindpakket.errors import (
    ChainMismatch,
    ChainUnreachable,
    InternalError,
)
from kindpakket.events import Anchored

from .support import CHAIN_ID, KEYSTORE, NOWHERE, SNAPSHOT_KEY, START_AT, Clock, build_town, note

Open = Callable[..., EmbeddedChain]
PATIENCE_SECONDS = 60


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as database, database:
        database.execute(statement)


# ---------------------------------------------------------------- the journal's truth at the start


def test_opening_again_gives_the_same_head_the_same_events_and_the_next_numbers(
    open_chain: Open, clock: Clock
) -> None:
    town = build_town(chain := open_chain(), lambda at: setattr(clock, "at", at))
    clock.at += 60
    town.fund.execute(town.redeem(number=0), sender=town.deployment.accounts.relayer)
    head, events = chain.head(), town.fund.events(0, chain.head().number)
    chain.close()

    again = open_chain()
    assert again.head() == head
    assert again.block_hash(head.number) == head.hash
    town.chain = again
    del town.fund
    assert town.fund.events(0, head.number) == events
    for private_key in (KEYSTORE.relayer, KEYSTORE.issuer):
        again.add_signer(private_key)
    execution = town.fund.execute(town.redeem(number=1), sender=town.deployment.accounts.relayer)
    assert execution.receipt.block == head.number + 1


def test_opening_refuses_a_folder_that_another_has_open(open_chain: Open) -> None:
    open_chain()
    with pytest.raises(ChainUnreachable, match="another process"):
        open_chain()


def test_opening_refuses_the_journal_of_another_chain(open_chain: Open) -> None:
    open_chain().close()
    with pytest.raises(ChainMismatch, match=f"of chain {CHAIN_ID}, not {CHAIN_ID + 1}"):
        open_chain(chain_id=CHAIN_ID + 1)


def test_opening_refuses_the_journal_of_another_anvil(open_chain: Open, folder: Path) -> None:
    open_chain().close()
    change(folder, "UPDATE origin SET content = replace(content, 'anvil/v', 'anvil/v0')")
    with pytest.raises(ChainMismatch, match="Install that anvil"):
        open_chain()


def test_opening_refuses_a_journal_with_another_beginning(open_chain: Open, folder: Path) -> None:
    open_chain().close()
    change(folder, f"UPDATE origin SET content = replace(content, '{START_AT}', '{START_AT + 1}')")
    with pytest.raises(ChainMismatch):
        open_chain()


def test_opening_refuses_a_file_that_is_no_journal(open_chain: Open, folder: Path) -> None:
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(ChainMismatch, match="is not a journal"):
        open_chain()


@pytest.mark.parametrize(
    "tampering",
    [
        f"UPDATE block SET at = {START_AT + 1} WHERE number = 2",
        f"UPDATE block SET hash = x'{'77' * 32}' WHERE number = 2",
        "UPDATE signed_transaction SET rejected = 1 WHERE block = 3",
        "UPDATE signed_transaction SET raw = (SELECT raw FROM signed_transaction WHERE block = 3) WHERE block = 2",
        "UPDATE signed_transaction SET raw = x'02c0' WHERE block = 2",
        "UPDATE signed_transaction SET block = 1, place = 9 WHERE block = 3",
        "DELETE FROM signed_transaction WHERE block = 2",
        "DELETE FROM block WHERE number = 2",
    ],
)
def test_opening_refuses_a_journal_that_was_changed(open_chain: Open, folder: Path, tampering: str) -> None:
    chain = open_chain()
    for number in range(3):
        chain.send(note(chain, number))
    chain.close()
    change(folder, tampering)
    with pytest.raises(ChainMismatch, match=r"journal\.db: block \d"):
        open_chain()


def test_a_block_journaled_before_a_crash_and_not_executed_is_executed_at_the_start(
    open_chain: Open, folder: Path
) -> None:
    chain = open_chain()
    chain.send(note(chain))
    (late,) = chain.sign_ahead([note(chain, 1)])
    chain.close()
    with closing(Journal(folder / "journal.db")) as journal:
        journal.append(at=START_AT, transactions=[late])

    again = open_chain()
    head = again.head()
    assert head.number == 2
    again.close()
    with closing(Journal(folder / "journal.db")) as journal:
        assert [block.hash for block in journal.blocks()] == [again.block_hash(1), head.hash]


def test_what_the_pool_did_not_take_is_struck_and_the_rest_goes_on(open_chain: Open) -> None:
    chain = open_chain()
    sender = chain.add_signer(KEYSTORE.relayer)
    unsigned = SignedTransaction(sender=sender, nonce=0, raw=b"\2\xc0", hash=b"\1" * 32)
    with pytest.raises(InternalError):
        chain.send_signed([unsigned])
    receipt = chain.send(note(chain))
    assert receipt.succeeded
    head = chain.head()
    chain.close()
    assert open_chain().head() == head


def test_a_journal_that_cannot_be_opened_now_is_not_called_damaged(open_chain: Open, folder: Path) -> None:
    open_chain().close()
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as another:
        another.execute("PRAGMA locking_mode = EXCLUSIVE")
        another.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ChainUnreachable, match="no fault of the file"):
            open_chain()
    open_chain()


def test_a_missing_anvil_says_how_to_get_it(
    open_chain: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(anvil_module, "CONTRACTS_FOLDER", tmp_path)
    assert anvil_module.find_anvil() is None
    with pytest.raises(ChainUnreachable, match="npm ci"):
        open_chain()


def test_a_journal_that_cannot_be_written_loses_nothing_and_goes_on_when_it_can(folder: Path) -> None:
    folder.mkdir()
    history = History()
    signer = Signer(KEYSTORE.relayer)

    def open_executor(history: History) -> Executor:
        return Executor(
            folder / "journal.db",
            chain_id=CHAIN_ID,
            started_at=START_AT,
            patience_seconds=30.0,
            history=history,
            on_block=lambda: None,
            snapshot_key=SNAPSHOT_KEY,
        )

    def sign(nonce: int, content: bytes) -> SignedTransaction:
        submission = Submission(sender=signer.address, to=NOWHERE, input=content, gas=10_000_000)
        return signer.sign(submission, nonce=nonce, chain_id=CHAIN_ID)

    with closing(open_executor(history)) as executor:
        executor.execute([sign(0, b"")], at=START_AT)
        (pages,) = executor._journal._database.execute("PRAGMA page_count").fetchone()
        executor._journal._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ChainUnreachable, match="full"):
            executor.execute([sign(1, bytes(100_000))], at=START_AT)
        assert executor.next_nonce(signer.address) == 1
        assert executor.is_well()
        executor._journal._database.execute("PRAGMA max_page_count = 1000000")
        (receipt,) = executor.execute([sign(1, bytes(100_000))], at=START_AT)
        assert receipt.block == 2
        head = history.head()
    again = History()
    open_executor(again).close()
    assert again.head() == head


# ---------------------------------------------------------------- the numbers


def test_a_gap_in_the_numbers_is_refused_and_nothing_is_journaled(open_chain: Open) -> None:
    chain = open_chain()
    first, second, third = chain.sign_ahead([note(chain, number) for number in range(3)])
    for wrong in ([second], [first, third], [first, first]):
        with pytest.raises(NonceGap):
            chain.send_signed(wrong)
    assert chain.head().number == 0
    assert len(chain.send_signed([first, second, third])) == 3
    with pytest.raises(NonceGap):
        chain.send_signed([third])


def test_gas_that_no_node_takes_is_refused_and_the_least_that_it_takes_is_not(open_chain: Open) -> None:
    chain = open_chain()
    submission = note(chain, 0x01020304)
    least = least_gas(submission)
    too_little = Submission(submission.sender, submission.to, submission.input, least - 1)
    with pytest.raises(ValueError, match="gas"):
        chain.send(too_little)
    assert chain.send(Submission(submission.sender, submission.to, submission.input, least)).succeeded


def test_calls_of_many_senders_in_one_block_keep_their_order_through_a_replay(open_chain: Open) -> None:
    chain = open_chain(group_limit=300)
    keys = [bytes([number]) * 32 for number in range(1, 8)]
    submissions = [note(chain, number, keys[number * number % 7]) for number in range(700)]
    receipts = chain.send_all(submissions)
    assert [receipt.block for receipt in receipts] == [1] * 300 + [2] * 300 + [3] * 100
    assert len({receipt.transaction_hash for receipt in receipts}) == 700
    head = chain.head()
    chain.close()
    assert open_chain().head() == head


def test_calls_that_come_together_share_blocks_and_each_gets_its_own_receipt(open_chain: Open) -> None:
    chain = open_chain()
    town = build_town(chain, lambda at: None)
    before = chain.head().number

    def anchor(number: int) -> tuple[bytes, bytes]:
        name = number.to_bytes(32, "big")
        execution = town.fund.execute(calls.anchor(hash=name), sender=town.deployment.accounts.issuer)
        ((_, event),) = execution.events
        assert isinstance(event, Anchored)
        return name, event.hash

    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(anchor, range(400)))
    assert all(name == found for name, found in answers)
    assert chain.head().number - before < 400


# ---------------------------------------------------------------- the clock


def test_blocks_of_one_second_have_one_time_and_time_does_not_run_ahead(
    open_chain: Open, clock: Clock
) -> None:
    chain = open_chain()
    receipts = [chain.send(note(chain, number)) for number in range(5)]
    assert {receipt.at for receipt in receipts} == {START_AT}
    assert chain.now() == clock.at


def test_time_does_not_go_back_with_the_clock(open_chain: Open, clock: Clock) -> None:
    chain = open_chain()
    clock.at += 100
    chain.send(note(chain))
    clock.at -= 50
    assert chain.now() == START_AT + 100
    assert chain.send(note(chain)).at == START_AT + 100
    clock.at += 51
    assert chain.send(note(chain)).at == START_AT + 101


# ---------------------------------------------------------------- reading


def test_old_events_from_anvil_and_new_ones_from_memory_are_the_same(open_chain: Open) -> None:
    town = build_town(chain := open_chain(), lambda at: None)
    address, last = town.fund.address, chain.head().number
    remembered = chain.logs(address=address, first_block=1, last_block=last)
    chain._history._logs.clear()
    assert chain.logs(address=address, first_block=1, last_block=last) == remembered
    assert chain.logs(address=address, first_block=3, last_block=3) == [
        entry for entry in remembered if entry.block == 3
    ]


def test_history_remembers_the_events_of_its_newest_blocks_only() -> None:
    history = History(blocks_with_logs=2)
    history.append(b"\0" * 32, at=1, logs=None)
    for number in range(1, 4):
        history.append(bytes([number]) * 32, at=number, logs=())
    assert history.recent_logs(NOWHERE, 1, 3) is None
    assert history.recent_logs(NOWHERE, 2, 3) == []
    assert (history.head().number, history.block_hash(1)) == (3, b"\1" * 32)
    with pytest.raises(LookupError):
        history.block_hash(4)


# ---------------------------------------------------------------- bounded waiting, and the end


def test_a_caller_does_not_wait_for_ever_and_what_was_journaled_still_happens_once(open_chain: Open) -> None:
    chain = open_chain(patience_seconds=1.5)
    chain.send(note(chain))
    process = chain.process_ids[-1]
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(ChainUnreachable):
            chain.send(note(chain, 1))
        with pytest.raises(ChainUnreachable):
            chain.call(to=NOWHERE, input=b"")
    finally:
        os.kill(process, signal.SIGCONT)
    assert chain.wait_for_head(1, timeout_seconds=10).number == 2


def test_while_anvil_cannot_be_started_callers_are_told_and_later_it_goes_on(
    open_chain: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chain = open_chain(patience_seconds=0.2)
    submission = note(chain)
    with monkeypatch.context() as without:
        without.setattr(anvil_module, "CONTRACTS_FOLDER", tmp_path)
        os.kill(chain.process_ids[-1], signal.SIGKILL)
        with pytest.raises(ChainUnreachable):
            chain.call(to=NOWHERE, input=b"")
        with pytest.raises(ChainUnreachable):
            chain.send(submission)
    chain._patience_seconds = 20.0
    assert chain.call(to=NOWHERE, input=b"") == b""
    assert chain.send(submission).block == 1


def test_closing_twice_is_closing_once_and_then_nothing_answers(open_chain: Open) -> None:
    chain = open_chain()
    submission = note(chain)
    chain.send(submission)
    process = chain.process_ids[-1]
    chain.close()
    chain.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    for use in (lambda: chain.send(submission), lambda: chain.call(to=NOWHERE, input=b"")):
        with pytest.raises(ChainUnreachable):
            use()
    assert chain.head().number == 1


def test_a_copy_of_the_folder_made_while_it_runs_is_a_backup(
    open_chain: Open, folder: Path, tmp_path: Path
) -> None:
    chain = open_chain()
    hashes: Sequence[bytes] = [chain.block_hash(chain.send(note(chain, number)).block) for number in range(3)]
    with closing(sqlite3.connect(folder / "journal.db")) as running:
        (tmp_path / "copy").mkdir()
        running.execute("VACUUM INTO ?", (str(tmp_path / "copy" / "journal.db"),))
    shutil.copy(folder / "lock", tmp_path / "copy" / "lock")
    with closing(
        EmbeddedChain(
            tmp_path / "copy", chain_id=CHAIN_ID, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY
        )
    ) as copy:
        assert [copy.block_hash(number) for number in range(1, 4)] == hashes


# ---------------------------------------------------------------- what was sent


def test_the_input_of_a_transaction_is_told_also_after_the_chain_was_opened_again(open_chain: Open) -> None:
    chain = open_chain()
    sent = note(chain, 77)
    receipt = chain.send(sent)
    assert chain.transaction_input(receipt.transaction_hash) == sent.input
    assert chain.transaction_input(b"\x01" * 32) is None
    chain.close()
    again = open_chain()
    assert again.transaction_input(receipt.transaction_hash) == sent.input


def test_the_ticket_of_a_redemption_is_read_back_from_the_chain(open_chain: Open, clock: Clock) -> None:
    town = build_town(open_chain(), lambda at: setattr(clock, "at", at))
    call = town.redeem(number=3)
    execution = town.fund.execute(call, sender=town.deployment.accounts.relayer)
    found = town.fund.redeemed_ticket(execution.receipt.transaction_hash)
    assert found == calls.read_redeem(call)
    assert found is not None
    assert (found[1].number, len(found[1].siblings)) == (3, 8)
    deposit = calls.deposit(programme=1, amount_cents=1, payment_reference=b"\x05" * 32)
    other = town.fund.execute(deposit, sender=town.deployment.accounts.treasurer)
    assert town.fund.redeemed_ticket(other.receipt.transaction_hash) is None
