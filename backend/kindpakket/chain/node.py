# SPDX-License-Identifier: EUPL-1.2
"""Any node's chain, over plain JSON-RPC, behind the interface in client.py: a consortium's, for instance.

One worker thread takes all calls that came, gives them numbers, signs them, and lets the courier put them in the outbox
and bring them. Readers ask the node by themselves. A call waits here, in memory, while the node is out of reach: given
up by then, it never happens. Once it is in the outbox it is brought until it is final, however long that takes; but an
empty one takes its number when the node would not have it for longer than the patience.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from kindpakket.errors import ChainUnreachable, Failure, InternalError

from .client import CallReverted, Head, Log, Receipt, Submission, Trouble
from .courier import Courier
from .evidence import SealedBlock
from .files import lock_folder
from .node_reader import NodeReader
from .node_requests import Request, UnderWay
from .node_rpc import NodeRpc
from .outbox import Outbox
from .rpc import Call, NodeUnreachable
from .transactions import SignedTransaction, Signer, least_gas

log = structlog.get_logger(__name__)

_GROUP_LIMIT = 500
_SHORTEST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 0.25
_WORKER_PATIENCE_SECONDS = 10.0


class NodeChain:
    """The chain of a node that is not ours. See `kindpakket.chain.client.Chain` for what each method promises."""

    def __init__(
        self,
        url: str,
        *,
        folder: Path,
        clock: Callable[[], int],
        depth: int = 0,
        patience_seconds: float = 30.0,
        look_again_seconds: float = 2.0,
    ) -> None:
        """Open the outbox in `folder`, or begin a new one there, and bring what it still has.

        Args:
            url: Where the node answers, `http://` or `https://`.
            folder: Where the outbox lives; one process at a time may have it open.
            clock: The time in epoch seconds.
            depth: How many blocks must follow a block before it is final; 0 where each block is final at once.
            patience_seconds: How long a caller waits for a block, or for an answer, at most.
            look_again_seconds: How often the node is asked whether it still knows what it was given.

        Raises:
            ChainMismatch: The outbox is another chain's, or the chain wants to be paid for transactions.
            ChainUnreachable: The node does not answer, or the folder is in use.
        """
        if not url.startswith(("http://", "https://")) or depth < 0:
            raise ValueError("a node has an http(s) address, and a depth of 0 or more")
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._look_again_seconds = look_again_seconds
        self._signers: dict[str, Signer] = {}
        self._requests: deque[Request] = deque()
        self._unanswered: dict[bytes, Request] = {}
        self._under_way = UnderWay()
        self._changed = threading.Condition()
        self._failure: Failure | None = None
        self._closing = threading.Event()
        self._is_reachable = True
        self._worker: threading.Thread | None = None
        self._reader = NodeReader(
            url, depth=depth, patience_seconds=patience_seconds, clock=clock, closing=self._closing
        )
        self._rpc = NodeRpc(url, timeout_seconds=min(patience_seconds, _WORKER_PATIENCE_SECONDS))
        self._lock_file = lock_folder(folder)
        try:
            self._chain_id = self._reader.chain_id()
            self._reader.refuse_fee()
            self._outbox = Outbox(folder / "outbox.db")
            try:
                self._outbox.bind(chain_id=self._chain_id, first_hash=self._reader.first_hash())
                self._under_way.resume([*self._outbox.waiting(), *self._outbox.given_up()])
                self._courier = Courier(
                    self._rpc,
                    self._outbox,
                    depth=depth,
                    look_again_seconds=look_again_seconds,
                    give_up_seconds=patience_seconds,
                    sign=self._sign,
                )
            except BaseException:
                self._outbox.close()
                raise
        except BaseException:
            self._close_files()
            raise
        self._worker = threading.Thread(target=self._work, name="chain", daemon=True)
        self._worker.start()

    # ---------------------------------------------------------------- what a Chain does

    @property
    def chain_id(self) -> int:
        """The chain's number, part of what is signed."""
        return self._chain_id

    def add_signer(self, private_key: bytes) -> str:
        """Let this account send; return its address. Nothing else may send for it, or calls lose their numbers."""
        signer = Signer(private_key)
        self._signers[signer.address] = signer
        return signer.address

    def call(self, *, to: str, input: bytes, sender: str | None = None) -> bytes:  # noqa: A002
        """Ask a contract without changing anything, at the time that a call sent now would have.

        A node that cannot be told the time takes its newest block's.

        Raises:
            CallReverted: The contract refused.
            ChainUnreachable: No answer; or the sender sent this very call, and what becomes of it is not final: the
                contract may refuse it here because of what it did itself, and may still accept what it refuses now.
        """
        self._require_open()
        was_under_way = sender is not None and self._under_way.has(sender=sender, to=to, input=input)
        try:
            return self._reader.call(to=to, input=input, sender=sender)
        except CallReverted:
            if was_under_way:
                raise ChainUnreachable("this call was sent before, and is not final yet") from None
            raise

    def run(self, programs: Sequence[bytes]) -> list[bytes]:
        """Run programs that are nowhere on the chain, as of the newest block at each."""
        self._require_open()
        return self._reader.run(programs)

    def send(self, submission: Submission) -> Receipt:
        """Put a call on the chain and wait until it is final."""
        (receipt,) = self.send_all([submission])
        return receipt

    def send_all(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Put calls on the chain in this order and wait for all.

        A node keeps the order of one account's calls only, so the calls before another account's are waited for.
        """
        for submission in submissions:
            if submission.sender not in self._signers:
                raise ValueError(f"{submission.sender} is not one of the chain's signers")
            if submission.gas < least_gas(submission):
                raise ValueError(f"{submission.gas} gas is less than any node takes")
        receipts: list[Receipt] = []
        start = 0
        for end in range(1, len(submissions) + 1):
            if end == len(submissions) or submissions[end].sender != submissions[start].sender:
                receipts += self._submit(submissions[start:end])
                start = end
        return receipts

    def head(self) -> Head:
        """Return the newest final block."""
        self._require_open()
        return self._reader.head()

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""
        self._require_open()
        return self._reader.block_hash(number)

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these final blocks (both included), in order.

        Raises:
            ChainUnreachable: No answer; or one is not there, for a node may go back.
        """
        self._require_open()
        try:
            return self._reader.block_hashes(first_block, last_block)
        except LookupError as error:
            raise ChainUnreachable(f"{error}") from error

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a final block as it is hashed."""
        self._require_open()
        return self._reader.sealed_block(number)

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included), all of them final, in order."""
        self._require_open()
        return self._reader.logs(address=address, first_block=first_block, last_block=last_block)

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when the node does not know it."""
        self._require_open()
        return self._reader.transaction_input(transaction_hash)

    def ask_node(self, calls: Sequence[Call]) -> list[Any]:
        """Return what the node answers in its own words; a `NodeError` to a call that it does not answer."""
        self._require_open()
        return self._reader.ask_all(calls)

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        """Wait until there is a final block above this number, or the time is over; return the newest either way."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            head = self.head()
            left = deadline - time.monotonic()
            if head.number > above or left <= 0:
                return head
            with self._changed:
                self._changed.wait(min(left, _LONGEST_PAUSE_SECONDS))

    def now(self) -> int:
        """Return the time at which a call sent now would be executed, epoch seconds, as far as we can tell."""
        self._require_open()
        return max(self._reader.newest().at, self._clock())

    def trouble(self) -> Trouble:
        """Return why nothing can be paid now, as far as it shows; empty when it can."""
        self._require_open()
        if self._reader.base_fee() > 0:
            return "asks_fee"
        return "calls_wait" if self._courier.waits_longer_than(self._patience_seconds) else ""

    def close(self) -> None:
        """Stop; idempotent. Calls that are not in the outbox yet are told that the chain is unreachable."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join()
        self._close_files()

    # ---------------------------------------------------------------- callers' threads

    def _submit(self, calls: Sequence[Submission]) -> list[Receipt]:
        requests = [
            Request(calls[start : start + _GROUP_LIMIT]) for start in range(0, len(calls), _GROUP_LIMIT)
        ]
        with self._changed:
            self._require_open()
            self._under_way.add(calls)
            self._requests.extend(requests)
            self._changed.notify_all()
        receipts: list[Receipt] = []
        try:
            for request in requests:
                try:
                    receipts += request.done.result(self._patience_seconds)
                except TimeoutError:
                    raise ChainUnreachable(self._why_not_yet(request)) from None
        finally:
            if len(receipts) < len(calls):
                self._give_up(requests)
        return receipts

    def _give_up(self, requests: Sequence[Request]) -> None:
        """Take back what is not in the outbox yet."""
        with self._changed:
            for request in requests:
                if request.done.cancel():
                    self._under_way.remove(request.calls)
            self._requests = deque(request for request in self._requests if not request.done.cancelled())

    def _why_not_yet(self, request: Request) -> str:
        reason = self._courier.what_was_said_of(request.transactions)
        return f"not final within {self._patience_seconds} s, if at all" + (reason and f" (node: {reason})")

    def _require_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closing.is_set():
            raise ChainUnreachable("the chain is closed")

    def _sign(self, submission: Submission, nonce: int) -> SignedTransaction | None:
        signer = self._signers.get(submission.sender)
        return None if signer is None else signer.sign(submission, nonce=nonce, chain_id=self._chain_id)

    def _close_files(self) -> None:
        self._rpc.close()
        self._reader.close()
        self._lock_file.close()

    # ---------------------------------------------------------------- the worker's thread

    def _work(self) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        try:
            while not self._closing.is_set():
                # While something is on its way the node is asked about it, ever less often when there is no news.
                timeout_seconds = self._look_again_seconds if self._is_idle() else pause
                with self._changed:
                    self._changed.wait_for(lambda: self._requests or self._closing.is_set(), timeout_seconds)
                is_news = not self._closing.is_set() and self._work_once()
                pause = _SHORTEST_PAUSE_SECONDS if is_news else min(2 * pause, _LONGEST_PAUSE_SECONDS)
        except Exception as error:
            self._failure = InternalError(f"the chain stopped: {error!r}")
            log.exception("chain_stopped")
        finally:
            self._refuse_waiting()
            try:
                self._outbox.close()
            except sqlite3.Error as error:
                log.warning("outbox_not_closed", message=str(error))

    def _is_idle(self) -> bool:
        return self._courier.is_idle and not self._outbox.has_settled_to_write

    def _work_once(self) -> bool:
        """Bring, collect and take what there is; return whether there was any. What fails is done again later."""
        try:
            is_news = self._deliver()
            if self._take_requests():
                self._deliver()
                is_news = True
            elif self._is_idle():
                self._courier.watch()
            if self._courier.is_idle and self._outbox.has_settled_to_write:
                self._outbox.write_settled()
        except NodeUnreachable as error:
            if self._is_reachable:
                log.warning("node_unreachable", message=str(error))
            self._is_reachable = False
        except sqlite3.Error as error:
            log.error("outbox_not_written", message=str(error))
        else:
            if not self._is_reachable:
                log.info("node_reachable")
            self._is_reachable = True
            return is_news
        self._closing.wait(_LONGEST_PAUSE_SECONDS)
        return False

    def _deliver(self) -> bool:
        """Give the callers what is final now."""
        deliveries = [] if self._courier.is_idle else self._courier.go()
        for delivery in deliveries:
            self._under_way.end(delivery.transaction)
            request = self._unanswered.pop(delivery.transaction.hash, None)
            if request is not None:
                request.take(delivery)
        if deliveries:
            with self._changed:
                self._changed.notify_all()
        return bool(deliveries)

    def _take_requests(self) -> bool:
        """Sign all calls that came, and put them in the outbox; return whether there were any."""
        with self._changed:
            senders = {request.sender for request in self._requests}
        # Before they are taken: those who give up while the node is out of reach take their calls with them.
        nonces = self._courier.next_nonces(senders)
        with self._changed:
            ready = [request for request in self._requests if request.sender in nonces]
            self._requests = deque(request for request in self._requests if request.sender not in nonces)
            taken = [request for request in ready if request.done.set_running_or_notify_cancel()]
        for request in taken:
            for call in request.calls:
                signed = self._sign(call, nonces[call.sender])
                assert signed is not None, "it was asked for when it was submitted"
                nonces[call.sender] += 1
                request.transactions.append(signed)
        if not taken:
            return False
        try:
            self._courier.take([one for request in taken for one in request.transactions])
        except sqlite3.Error as error:
            for request in taken:
                request.done.set_exception(ChainUnreachable(f"the outbox could not be written: {error}"))
            # What is on disk decides.
            self._courier.read_again()
            for request in taken:
                for one in request.transactions:
                    if not self._courier.has(one):
                        self._under_way.end(one)
            raise
        for request in taken:
            self._unanswered |= dict.fromkeys((one.hash for one in request.transactions), request)
        return True

    def _refuse_waiting(self) -> None:
        self._closing.set()
        with self._changed:
            waiting = list(self._requests)
            self._requests.clear()
            self._changed.notify_all()
        failure = self._failure or ChainUnreachable("the chain is closed")
        for request in waiting:
            if request.done.set_running_or_notify_cancel():
                request.done.set_exception(failure)
        for request in self._unanswered.values():
            if not request.done.done():
                request.done.set_exception(failure)
