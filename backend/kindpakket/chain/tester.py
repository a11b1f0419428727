# SPDX-License-Identifier: EUPL-1.2
"""The chain for unit tests: eth-tester's chain in this process, with a clock that tests move. Nothing is kept.

Each call is a block of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import rlp
from eth.vm.forks.prague import PragueVM
from eth_tester import PyEVMBackend

from .client import CallReverted, Head, Log, Receipt, Submission, Trouble
from .evidence import SealedBlock, check
from .rpc import Call, RpcError
from .transactions import Signer

START_AT = 1_795_000_000
"""When the chain begins unless told otherwise: 18 November 2026, 12:06:40 in Amsterdam."""

_NOBODY = b"\0" * 20
_BLOCK_GAS = 10**11


class _Rules(PragueVM):
    """The rules of the chains that we run: no fees, and a second may have more than one block."""

    @staticmethod
    def create_header_from_parent(parent_header: Any, **header_params: Any) -> Any:
        """Make the next header, with no base fee."""
        return PragueVM.create_header_from_parent(parent_header, **header_params).copy(base_fee_per_gas=0)

    @classmethod
    def validate_header(cls, header: Any, parent_header: Any) -> None:
        """Take our own headers as they are."""


class TesterChain:
    """A chain in memory. See `kindpakket.chain.client.Chain` for what each method promises."""

    def __init__(self, *, started_at: int = START_AT) -> None:
        """Begin with an empty chain at `started_at`, epoch seconds."""
        parameters = PyEVMBackend.generate_genesis_params({"timestamp": started_at, "gas_limit": _BLOCK_GAS})
        self._chain = PyEVMBackend(genesis_parameters=parameters, vm_configuration=((0, _Rules),)).chain
        self._now = started_at
        self._signers: dict[str, Signer] = {}
        self._changed = threading.Condition(threading.RLock())
        first = self._chain.get_canonical_block_header_by_number(0)
        self._heads = [Head(number=0, hash=first.hash, at=started_at)]
        self._logs: list[tuple[Log, ...]] = [()]
        self._inputs: dict[bytes, bytes] = {}

    def travel_to(self, at: int) -> None:
        """Move the clock to `at`, epoch seconds. It never goes back."""
        with self._changed:
            assert at >= self._now, "time only moves on"
            self._now = at

    @property
    def chain_id(self) -> int:
        """The chain's number, part of what is signed."""
        return int(self._chain.chain_id)

    def add_signer(self, private_key: bytes) -> str:
        """Let this account send; return its address."""
        signer = Signer(private_key)
        self._signers[signer.address] = signer
        return signer.address

    def call(self, *, to: str, input: bytes, sender: str | None = None) -> bytes:  # noqa: A002
        """Ask a contract without changing anything, at the time that a call sent now would have."""
        contract = bytes.fromhex(to[2:])
        with self._changed:
            code = self._chain.get_vm().state.get_code(contract)
            return self._run(
                code, at=contract, input=input, sender=bytes.fromhex(sender[2:]) if sender else _NOBODY
            )

    def run(self, programs: Sequence[bytes]) -> list[bytes]:
        """Run programs that are nowhere on the chain, one after the other."""
        with self._changed:
            return [self._run(program, at=_NOBODY, input=b"", sender=_NOBODY) for program in programs]

    def send(self, submission: Submission) -> Receipt:
        """Put a call on the chain in a block of its own."""
        with self._changed:
            receipt = self._execute(submission)
            self._changed.notify_all()
        return receipt

    def send_all(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Put calls on the chain in this order."""
        return [self.send(submission) for submission in submissions]

    def head(self) -> Head:
        """Return the newest block."""
        return self._heads[-1]

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""
        return self._heads[number].hash

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order."""
        return [head.hash for head in self._heads[first_block : last_block + 1]]

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a block as it is hashed."""
        if not 0 <= number < len(self._heads):
            raise LookupError(f"there is no block {number}")
        with self._changed:
            header = self._chain.get_canonical_block_header_by_number(number)
            block = self._chain.get_block_by_header(header)
            receipts = block.get_receipts(self._chain.chaindb)
        return check(
            SealedBlock(
                number=number,
                hash=header.hash,
                header=rlp.encode(header),
                receipts=tuple(receipt.encode() for receipt in receipts),
                log_counts=tuple(len(receipt.logs) for receipt in receipts),
                inputs=tuple(bytes(transaction.data) for transaction in block.transactions),
            )
        )

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included), in order."""
        return [
            log for logs in self._logs[first_block : last_block + 1] for log in logs if log.address == address
        ]

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when there is none."""
        return self._inputs.get(transaction_hash)

    def ask_node(self, calls: Sequence[Call]) -> list[Any]:
        """Return which chain it is and how long; there is no node that would answer more."""
        known = {"eth_chainId": hex(self.chain_id), "eth_blockNumber": hex(self.head().number)}
        unknown = RpcError({"code": -32601, "message": "there is no node"})
        return [known.get(call.method, unknown) for call in calls]

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        """Wait until there is a block above this number, or the time is over; return the newest either way."""
        with self._changed:
            self._changed.wait_for(lambda: self.head().number > above, timeout_seconds)
            return self.head()

    def now(self) -> int:
        """Return the time that the clock was moved to, epoch seconds."""
        return self._now

    def trouble(self) -> Trouble:
        """Return why nothing is executed: nothing is known of here."""
        return ""

    def close(self) -> None:
        """Do nothing; the chain goes with the object."""

    def _run(self, code: bytes, *, at: bytes, input: bytes, sender: bytes) -> bytes:  # noqa: A002
        vm = self._chain.get_vm(self._chain.header.copy(timestamp=self._now))
        computation = vm.execute_bytecode(
            origin=sender, gas_price=0, gas=_BLOCK_GAS, to=at, sender=sender, value=0, data=input, code=code
        )
        if computation.is_error:
            raise CallReverted(computation.output)
        return bytes(computation.output)

    def _execute(self, submission: Submission) -> Receipt:
        signer = self._signers.get(submission.sender)
        if signer is None:
            raise ValueError(f"{submission.sender} is not one of the chain's signers")
        vm = self._chain.get_vm()
        signed = signer.sign(
            submission,
            nonce=vm.state.get_nonce(bytes.fromhex(submission.sender[2:])),
            chain_id=self.chain_id,
        )
        self._chain.header = self._chain.header.copy(timestamp=self._now)
        _, receipt, computation = self._chain.apply_transaction(
            vm.get_transaction_builder().decode(signed.raw)
        )
        block = self._chain.mine_block(blob_gas_used=0)
        logs = tuple(
            Log(
                address=f"0x{entry.address.hex()}",
                topics=tuple(topic.to_bytes(32, "big") for topic in entry.topics),
                data=bytes(entry.data),
                block=block.number,
                log_index=place,
                at=self._now,
                transaction_hash=signed.hash,
            )
            for place, entry in enumerate(receipt.logs)
        )
        self._logs.append(logs)
        self._inputs[signed.hash] = submission.input
        self._heads.append(Head(number=block.number, hash=block.hash, at=self._now))
        return Receipt(
            transaction_hash=signed.hash,
            block=block.number,
            at=self._now,
            succeeded=not computation.is_error,
            gas_used=receipt.gas_used,
            logs=logs,
            contract=None if submission.to else f"0x{computation.msg.storage_address.hex()}",
        )
