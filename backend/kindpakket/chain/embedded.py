# SPDX-License-Identifier: EUPL-1.2
"""The embedded chain: anvil with our journal, behind the interface in client.py.

One worker thread takes all calls that came while the last block ran, gives them numbers, signs them, and lets the
executor journal and execute them as one block. Readers ask anvil by themselves, and wait while it is being restarted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import structlog

from kindpakket.errors import ChainUnreachable, Failure, InternalError
from kindpakket.metrics import CHAIN_SECONDS

from . import blocks
from .anvil import Anvil
from .client import CallReverted, Head, Log, Receipt, Submission, Trouble
from .copying import AFTER_SECONDS
from .evidence import SealedBlock, read_sealed
from .executor import Executor
from .files import lock_folder
from .history import History
from .rpc import Call, NodeUnreachable, RpcError
from .transactions import SignedTransaction, Signer
from .waiting import Request, Undecided, answer, has_call, refuse, require_sendable, sign_in_order

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 0.05
_LOOK_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_QUEUE_SECONDS = CHAIN_SECONDS.labels("queue")


class EmbeddedChain:
    """The chain in this process's care. See `kindpakket.chain.client.Chain` for what each method promises."""

    def __init__(
        self,
        folder: Path,
        *,
        chain_id: int,
        clock: Callable[[], int],
        open_snapshot_key: Callable[[], bytes],
        patience_seconds: float = 30.0,
        group_limit: int = 500,
        copy_after_seconds: float = AFTER_SECONDS,
    ) -> None:
        """Open the journal in `folder`, or begin a new one there, and bring anvil to its end.

        Args:
            folder: Where the journal lives; one process at a time may have it open.
            chain_id: The chain's number; a journal belongs to one.
            clock: The time in epoch seconds. Block times follow it and never go back.
            open_snapshot_key: Gives what snapshots are sealed with, 32 bytes; asked once the folder is this process's
                alone. A snapshot that was sealed with another is not believed.
            patience_seconds: How long a caller waits for a block, or for an answer, at most.
            group_limit: How many calls a block takes at most.
            copy_after_seconds: How much work of anvil since the last snapshot calls for the next.

        Raises:
            ChainMismatch: The journal is another chain's or does not lead to the blocks it recorded.
            ChainUnreachable: Anvil is missing or does not start, or the folder is in use.
        """
        self._chain_id = chain_id
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._group_limit = group_limit
        self._copy_after_seconds = copy_after_seconds
        self._signers: dict[str, Signer] = {}
        self._requests: deque[Request] = deque()
        self._undecided = Undecided()
        self._changed = threading.Condition()
        self._history = History()
        self._anvil: Anvil | None = None
        self._failure: Failure | None = None
        self._closing = False
        self._lock_file = lock_folder(folder)
        try:
            self._snapshot_key = open_snapshot_key()
        except BaseException:
            self._lock_file.close()
            raise
        started: Future[Executor] = Future()
        # Anvil ends with the thread that started it, so that must be one that stays.
        self._worker = threading.Thread(
            target=self._work, args=(folder / "journal.db", started), name="chain", daemon=True
        )
        self._worker.start()
        try:
            self._executor = started.result()
        except BaseException:
            self.close()
            raise

    # ---------------------------------------------------------------- what a Chain does

    @property
    def chain_id(self) -> int:
        """The chain's number, part of what is signed."""
        return self._chain_id

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The numbers of anvil's processes, the one that answers last; none while it is being restarted."""
        anvil = self._anvil
        return () if anvil is None else anvil.process_ids

    @property
    def node_url(self) -> str:
        """Where anvil answers on this machine now, for who may read the whole chain; another after each restart."""
        return self._wait_for_anvil(time.monotonic() + self._patience_seconds).url

    def add_signer(self, private_key: bytes) -> str:
        """Let this account send; return its address."""
        signer = Signer(private_key)
        self._signers[signer.address] = signer
        return signer.address

    def call(self, *, to: str, input: bytes, sender: str | None = None) -> bytes:  # noqa: A002
        """Ask a contract without changing anything, at the time that a call sent now would have.

        Raises:
            CallReverted: The contract refused.
            ChainUnreachable: No answer; or the sender sent this very call, and it is not decided: its block may have an
                earlier time, so that the contract may still accept what it refuses now.
        """
        asked = {"to": to, "input": f"0x{input.hex()}"} | ({"from": sender} if sender else {})
        undecided = self._undecided.now()
        try:
            (answer,) = self._call_all([asked])
        except CallReverted:
            if sender is not None and has_call(undecided, sender=sender, to=to, input=input):
                raise ChainUnreachable("this call was sent before, and is not decided yet") from None
            raise
        return answer

    def run(self, programs: Sequence[bytes]) -> list[bytes]:
        """Run programs that are nowhere on the chain, at the time that a call sent now would have."""
        return self._call_all([{"input": f"0x{program.hex()}"} for program in programs])

    def send(self, submission: Submission) -> Receipt:
        """Put a call on the chain and wait until it is executed."""
        (receipt,) = self.send_all([submission])
        return receipt

    def send_all(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Put calls on the chain in this order and wait for all; they share blocks with others' calls."""
        require_sendable(submissions, self._signers)
        return self._submit(submissions)

    def sign_ahead(self, submissions: Sequence[Submission]) -> list[SignedTransaction]:
        """Sign calls for `send_signed`. Their senders must send nothing else until then."""
        nonces: dict[str, int] = {}
        signed = []
        for submission in submissions:
            nonce = nonces.get(submission.sender, self._executor.next_nonce(submission.sender))
            nonces[submission.sender] = nonce + 1
            signed.append(self._sign(submission, nonce))
        return signed

    def send_signed(self, transactions: Sequence[SignedTransaction]) -> list[Receipt]:
        """Send what was signed ahead, in this order, and wait for all.

        Raises:
            NonceGap: They are not the next of their sender; from the first that is not, none was executed.
        """
        return self._submit(transactions)

    def head(self) -> Head:
        """Return the newest block."""
        return self._history.head()

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""
        return self._history.block_hash(number)

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order."""
        return [self._history.block_hash(number) for number in range(first_block, last_block + 1)]

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a block as it is hashed."""
        executed = {"hash": f"0x{self.block_hash(number).hex()}"}
        block = self._ask("eth_getBlockByNumber", hex(number), True) | executed
        return read_sealed(block, self._ask("eth_getBlockReceipts", hex(number)))

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included), in order."""
        if last_block > self.head().number:
            raise ChainUnreachable(f"there is no block {last_block} yet")
        if first_block > last_block:
            return []
        recent = self._history.recent_logs(address, first_block, last_block)
        if recent is not None:
            return recent
        found = self._ask(
            "eth_getLogs", {"address": address, "fromBlock": hex(first_block), "toBlock": hex(last_block)}
        )
        return [
            blocks.read_log(entry, self._history.block_at(int(entry["blockNumber"], 16))) for entry in found
        ]

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when anvil does not know it."""
        return blocks.read_input(self._ask("eth_getTransactionByHash", f"0x{transaction_hash.hex()}"))

    def ask_node(self, calls: Sequence[Call]) -> list[Any]:
        """Return what anvil answers in its own words; an `RpcError` to a call that it does not answer."""
        return self._exchange(calls)

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        """Wait until there is a block above this number, or the time is over; return the newest either way."""
        with self._changed:
            self._changed.wait_for(lambda: self.head().number > above or self._closing, timeout_seconds)
        return self.head()

    def now(self) -> int:
        """Return the time at which a call sent now would be executed, epoch seconds."""
        return max(self.head().at, self._clock())

    def trouble(self) -> Trouble:
        """Return why nothing is executed: the journal was last not writable, or held by another."""
        return "" if self._executor.can_write else "not_writable"

    def close(self) -> None:
        """Stop; idempotent. Calls that are not in the journal yet are told that the chain is unreachable."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._worker.join()
        self._lock_file.close()

    # ---------------------------------------------------------------- callers' threads

    def _submit(self, calls: Sequence[Submission] | Sequence[SignedTransaction]) -> list[Receipt]:
        limit = self._group_limit
        requests = [Request(calls[start : start + limit]) for start in range(0, len(calls), limit)]
        with self._changed:
            self._require_open()
            self._undecided.add(requests)
            self._requests.extend(requests)
            self._changed.notify_all()
        receipts: list[Receipt] = []
        try:
            for request in requests:
                receipts += request.receipts.result(self._patience_seconds)
        except TimeoutError:
            raise ChainUnreachable(f"not executed within {self._patience_seconds} s, if at all") from None
        finally:
            for request in requests:
                request.receipts.cancel()
        return receipts

    def _call_all(self, asked: Sequence[dict[str, str]]) -> list[bytes]:
        time_of_call = {"time": hex(self.now())}
        calls = [Call("eth_call", (one, "latest", {}, time_of_call)) for one in asked]
        try:
            answers: list[str] = self._ask_all(calls)
        except RpcError as error:
            if error.is_revert:
                raise CallReverted(error.data) from error
            raise InternalError(f"a call could not be executed: {error}") from error
        return [bytes.fromhex(answer[2:]) for answer in answers]

    def _ask(self, method: str, *parameters: Any) -> Any:
        (answer,) = self._ask_all([Call(method, parameters)])
        return answer

    def _ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """Ask in one exchange; the first error of a call is raised."""
        answers = self._exchange(calls)
        for one in answers:
            if isinstance(one, RpcError):
                raise one
        return answers

    def _exchange(self, calls: Sequence[Call]) -> list[Any]:
        """Ask in one exchange; the answer to a call may be an error."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            anvil = self._wait_for_anvil(deadline)
            try:
                (answers,) = anvil.reads.pipeline([calls])
                errors = [answer for answer in answers if isinstance(answer, RpcError)]
                if any(error.is_internal for error in errors):
                    anvil.require_running()
                if not any(error.is_overtaken for error in errors):
                    return answers
            except NodeUnreachable:
                with self._changed:
                    # The worker looks after it; whoever came first has told it.
                    if self._anvil is anvil:
                        self._anvil = None
                        self._changed.notify_all()

    def _wait_for_anvil(self, deadline: float) -> Anvil:
        with self._changed:
            self._changed.wait_for(
                lambda: self._anvil or self._failure or self._closing, max(0.0, deadline - time.monotonic())
            )
            self._require_open()
            if self._anvil is None or time.monotonic() > deadline:
                raise ChainUnreachable(f"no answer from the chain within {self._patience_seconds} s")
            return self._anvil

    def _require_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closing:
            raise ChainUnreachable("the chain is closed")

    def _sign(self, submission: Submission, nonce: int) -> SignedTransaction:
        return self._signers[submission.sender].sign(submission, nonce=nonce, chain_id=self._chain_id)

    # ---------------------------------------------------------------- the worker's thread

    def _work(self, journal_file: Path, started: Future[Executor]) -> None:
        try:
            executor = Executor(
                journal_file,
                chain_id=self._chain_id,
                started_at=self._clock(),
                patience_seconds=self._patience_seconds,
                snapshot_key=self._snapshot_key,
                copy_after_seconds=self._copy_after_seconds,
                history=self._history,
                on_block=self._notify,
            )
        except Exception as error:  # noqa: BLE001 - the constructor waits for it and raises it
            started.set_exception(error)
            return
        self._announce(executor.anvil)
        started.set_result(executor)
        try:
            while not self._closing:
                self._work_once(executor)
        except Failure as failure:
            self._failure = failure
            log.error("chain_stopped", reason=failure.reason(), message=str(failure))
        except Exception as error:
            self._failure = InternalError(f"the chain stopped: {error!r}")
            log.exception("chain_stopped")
        finally:
            self._refuse_waiting()
            executor.close()

    def _work_once(self, executor: Executor) -> None:
        """Do what there is to do: mend, execute, or write down what waits."""
        if self._anvil is None:
            self._mend(executor)
        elif requests := self._take_requests(self._idle_seconds(executor)):
            try:
                self._execute(executor, requests)
            finally:
                self._announce(executor.anvil)
        elif executor.has_hashes_to_write and not executor.write_hashes():
            # There is no room, say. What comes meanwhile need not wait for the next try.
            with self._changed:
                self._changed.wait_for(
                    lambda: self._requests or self._closing or self._anvil is None, _RETRY_SECONDS
                )
        elif not executor.can_write:
            executor.try_to_write()
        executor.look_after_copying()

    def _idle_seconds(self, executor: Executor) -> float | None:
        """Return how long to wait for calls before there is something else to do; None: for ever."""
        if executor.has_hashes_to_write:
            return _IDLE_SECONDS
        if executor.is_copying:
            return _LOOK_SECONDS
        return None if executor.can_write else _RETRY_SECONDS

    def _mend(self, executor: Executor) -> None:
        """Get a running anvil again; when that fails, wait a little and let the next round try again."""
        if not executor.is_well():
            log.warning("anvil_lost", block=self.head().number)
            try:
                executor.start()
            except ChainUnreachable as failure:
                log.error("anvil_not_started", message=str(failure))
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, _RETRY_SECONDS)
        self._announce(executor.anvil)

    def _take_requests(self, timeout_seconds: float | None) -> list[Request]:
        """Wait for calls and return all that came, up to a block's fill; none when there is something else to do."""
        taken, count = list[Request](), 0
        with self._changed:
            self._changed.wait_for(
                lambda: self._requests or self._closing or self._anvil is None, timeout_seconds
            )
            while self._requests and not self._closing:
                if taken and count + len(self._requests[0].calls) > self._group_limit:
                    break
                request = self._requests.popleft()
                if request.receipts.set_running_or_notify_cancel():
                    _QUEUE_SECONDS.observe(time.monotonic() - request.asked_at)
                    taken.append(request)
                    count += len(request.calls)
        return taken

    def _execute(self, executor: Executor, requests: Sequence[Request]) -> None:
        """Sign, journal and execute calls as one block, and give every caller its receipts."""
        signed = sign_in_order(requests, next_nonce=executor.next_nonce, sign=self._sign)
        if not signed:
            return
        try:
            receipts = {
                receipt.transaction_hash: receipt
                for receipt in executor.execute(
                    [transaction for _, own in signed for transaction in own], at=self.now()
                )
            }
        except Exception as error:
            failure = error if isinstance(error, Failure) else InternalError(f"the chain stopped: {error!r}")
            for request, _ in signed:
                request.receipts.set_exception(failure)
            if isinstance(failure, ChainUnreachable):
                return
            raise
        answer(signed, receipts)

    def _announce(self, anvil: Anvil | None) -> None:
        with self._changed:
            self._anvil = anvil
            self._changed.notify_all()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _refuse_waiting(self) -> None:
        with self._changed:
            self._closing = True
            waiting = list(self._requests)
            self._requests.clear()
            self._anvil = None
            self._changed.notify_all()
        refuse(waiting, self._failure or ChainUnreachable("the chain is closed"))
