# SPDX-License-Identifier: EUPL-1.2
"""The contract on an eth-tester chain of its own, with its answers in words.

Every call is a signed transaction in a block of its own, at the second that the test names; addresses are 20 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import pytest
from eth.exceptions import Revert
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_keys.datatypes import PrivateKey as AccountKey
from eth_tester import PyEVMBackend

from kindpakket.chain.artifacts import load_artifacts
from kindpakket.hashes import keccak
from kindpakket.tickets.signing import Domain

GENESIS_AT = 1_795_000_000
"""When the chain starts: 19 November 2026."""

CHAIN_ID = 72910
"""The chain of the test vectors; deployed first by `DEPLOYER`, the contract has the address of the vectors too."""

HANDOVER_DELAY_SECONDS = 3 * 24 * 3600
OVERFLOW = 0x11
"""The code with which arithmetic panics. Source: docs.soliditylang.org, control structures, panics."""

_GAS = 12_000_000
_STRANGE_ERRORS = {
    bytes.fromhex("4e487b71"): ("Panic", ["uint256"]),
    bytes.fromhex("08c379a0"): ("Error", ["string"]),
}

Address = bytes


class Account(NamedTuple):
    """Who sends a call: the place of its key among ours, and its address."""

    place: int
    address: Address


# The last one is the account that every development chain knows: the first of the mnemonic "test test ... junk".
_KEYS = (
    *PyEVMBackend().account_keys[:7],
    AccountKey(bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")),
)
_ACCOUNTS = [Account(place, key.public_key.to_canonical_address()) for place, key in enumerate(_KEYS)]
ADMIN, ISSUER, SHOP_MANAGER, TREASURER, RELAYER, OUTSIDER, NEW_ADMIN, DEPLOYER = _ACCOUNTS


class Event(NamedTuple):
    """What the contract says happened: the event's name and all its fields by their names."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of a call that was not refused."""

    output: Any
    events: tuple[Event, ...]
    gas_used: int
    input: bytes


class Refused(Exception):
    """The contract refused: the error's name and its arguments in order."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@contextmanager
def refused(name: str, *arguments: Any) -> Iterator[None]:
    """Expect exactly this refusal, with exactly these arguments."""
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.name, caught.value.arguments) == (name, arguments)


def _type_of(parameter: dict[str, Any]) -> str:
    """Return the type of an ABI parameter as eth_abi writes it, structs as tuples."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type_of, parameter['components']))}){kind.removeprefix('tuple')}"


def _types(parameters: Sequence[dict[str, Any]]) -> list[str]:
    return [_type_of(parameter) for parameter in parameters]


def _named(parameter: dict[str, Any], value: Any) -> Any:
    """Give a decoded value its words: addresses as bytes, structs as dictionaries, arrays as lists."""
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        return [_named({**parameter, "type": kind[:-2]}, item) for item in value]
    if kind == "tuple":
        return {
            part["name"]: _named(part, item)
            for part, item in zip(parameter["components"], value, strict=True)
        }
    return bytes.fromhex(value[2:]) if kind == "address" else value


def _decoded(parameters: Sequence[dict[str, Any]], content: bytes) -> list[Any]:
    values = decode(_types(parameters), content)
    return [_named(parameter, value) for parameter, value in zip(parameters, values, strict=True)]


@cache
def _entries(kind: str) -> dict[str, dict[str, Any]]:
    """Return the functions, errors or events of the ABI by name. No name has two meanings in it."""
    entries = [entry for entry in load_artifacts()["abi"] if entry["type"] == kind]
    by_name = {entry["name"]: entry for entry in entries}
    assert len(by_name) == len(entries), "a name with two meanings"
    return by_name


def names_of(kind: str) -> set[str]:
    """Return the names of the ABI's `function`s, `error`s or `event`s."""
    return set(_entries(kind))


def verbs_that_change() -> dict[str, list[str]]:
    """Return the types of the words of every function of the ABI that can change something, by its name."""
    return {
        name: _types(entry["inputs"])
        for name, entry in _entries("function").items()
        if entry["stateMutability"] not in ("view", "pure")
    }


@cache
def selector(kind: str, name: str) -> bytes:
    """Return the first 32 bytes by which the ABI tells this function, error or event; calls and errors use four."""
    return keccak(f"{name}({','.join(_types(_entries(kind)[name]['inputs']))})".encode())


@cache
def _names_by_selector(kind: str, length: int) -> dict[bytes, str]:
    return {selector(kind, name)[:length]: name for name in _entries(kind)}


def read_refusal(revert: bytes) -> Refused:
    """Return the refusal that a revert's bytes spell."""
    name = _names_by_selector("error", 4).get(revert[:4])
    if name is not None:
        return Refused(name, tuple(_decoded(_entries("error")[name]["inputs"], revert[4:])))
    if revert[:4] in _STRANGE_ERRORS:
        strange_name, types = _STRANGE_ERRORS[revert[:4]]
        return Refused(strange_name, tuple(decode(types, revert[4:])))
    return Refused("", (revert,))


def _read_event(topics: Sequence[bytes], content: bytes) -> Event:
    name = _names_by_selector("event", 32)[topics[0]]
    parameters = _entries("event")[name]["inputs"]
    indexed = iter(topics[1:])
    plain = iter(_decoded([parameter for parameter in parameters if not parameter["indexed"]], content))
    fields = {
        parameter["name"]: _decoded([parameter], next(indexed))[0] if parameter["indexed"] else next(plain)
        for parameter in parameters
    }
    return Event(name, fields)


def parameters_of(verb: str) -> list[dict[str, Any]]:
    """Return the parameters of a verb, as the ABI has them."""
    parameters: list[dict[str, Any]] = _entries("function")[verb]["inputs"]
    return parameters


def input_of(verb: str, arguments: Sequence[Any]) -> bytes:
    """Return the input of a call of the contract."""
    return selector("function", verb)[:4] + encode(_types(_entries("function")[verb]["inputs"]), arguments)


def _answer(verb: str, output: bytes) -> Any:
    """Return what a verb answered: one value, or a tuple of none or several."""
    parameters = _entries("function")[verb]["outputs"]
    values = _decoded(parameters, output) if parameters else []
    return values[0] if len(values) == 1 else tuple(values)


def _output_of(computation: Any) -> bytes:
    """Return what an execution answered, or raise its refusal."""
    if computation.is_error:
        assert isinstance(computation.error, Revert), f"no refusal but a failure: {computation.error!r}"
        raise read_refusal(computation.output)
    output: bytes = computation.output
    return output


class Fund:
    """A deployed contract and the chain under it."""

    def __init__(
        self, *, admin: Address = ADMIN.address, handover_delay_seconds: int = HANDOVER_DELAY_SECONDS
    ) -> None:
        """Start a chain and deploy the committed bytecode on it."""
        parameters = PyEVMBackend.generate_genesis_params({"timestamp": GENESIS_AT})
        wealth = {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}
        genesis = {account.address: wealth for account in _ACCOUNTS}
        self._chain = PyEVMBackend(genesis_parameters=parameters, genesis_state=genesis).chain
        self._chain.chain_id = CHAIN_ID
        self._read: tuple[Any, Any] | None = None
        self._chain.set_header_timestamp(GENESIS_AT + 1)
        self.address = self.deploy(admin=admin, handover_delay_seconds=handover_delay_seconds)

    # ------------------------------------------------------------ the chain

    @property
    def domain(self) -> Domain:
        """Where signatures for this contract count."""
        return Domain(chain_id=self._chain.chain_id, contract=self.address)

    @property
    def now_at(self) -> int:
        """The second at which the next call happens."""
        at: int = self._chain.header.timestamp
        return at

    def move_to(self, at: int) -> None:
        """Let the next call happen at this second."""
        assert at >= self.now_at, "time only moves on"
        self._chain.set_header_timestamp(at)

    def snapshot(self) -> Any:
        """Return a mark to which `restore` can return."""
        return self._chain.header

    def restore(self, mark: Any) -> None:
        """Undo all that happened since the mark."""
        self._chain.header = mark

    def deploy(
        self, *, admin: Address = ADMIN.address, handover_delay_seconds: int = HANDOVER_DELAY_SECONDS
    ) -> Address:
        """Deploy one more contract and return its address."""
        terms = encode(["address", "uint48"], [admin, handover_delay_seconds])
        return self.create(bytes.fromhex(load_artifacts()["bytecode"][2:]) + terms)

    def create(self, bytecode: bytes) -> Address:
        """Put any contract on the chain and return its address."""
        computation, _ = self._execute(b"", bytecode, DEPLOYER)
        address: Address = computation.msg.storage_address
        return address

    def fork(self, chain_id: int) -> None:
        """Let the chain go on under another number, as after a split of the network."""
        self._chain.chain_id = chain_id

    def code(self) -> bytes:
        """Return the contract's code as it stands on the chain."""
        code: bytes = self._chain.get_vm().state.get_code(self.address)
        return code

    def slot(self, place: int) -> int:
        """Return a word of the contract's storage as it stands on the chain."""
        header = self._chain.header
        if self._read is None or self._read[0] is not header:
            # To look at a state costs more than to read a slot of it.
            self._read = header, self._chain.get_vm().state
        word: int = self._read[1].get_storage(self.address, place)
        return word

    def put_slot(self, place: int, word: int) -> None:
        """Put a word into the contract's storage, to begin where no test could ever get by calls."""
        state = self._chain.get_vm().state
        state.set_storage(self.address, place, word)
        state.lock_changes()
        state.persist()
        self._chain.header = self._chain.header.copy(state_root=state.state_root)

    def send_to(self, contract: Address, content: bytes, *, by: Account = RELAYER) -> bytes:
        """Call another contract on the chain and return its raw answer."""
        computation, _ = self._execute(contract, content, by)
        output: bytes = computation.output
        return output

    def ask(self, to: Address, content: bytes, *, by: Account = RELAYER, wei: int = 0) -> bytes:
        """Ask any contract on the chain and return its raw answer; nothing stays changed.

        Raises:
            Refused: The contract refused.
        """
        state = self._chain.get_vm().state
        unsigned = self._unsigned(to, content, nonce=state.get_nonce(by.address), wei=wei)
        computation = state.apply_transaction(SpoofTransaction(unsigned, from_=by.address))
        return _output_of(computation)

    def _execute(self, to: Address, content: bytes, by: Account) -> tuple[Any, Any]:
        chain = self._chain
        unsigned = self._unsigned(to, content, nonce=chain.get_vm().state.get_nonce(by.address))
        _, receipt, computation = chain.apply_transaction(unsigned.as_signed_transaction(_KEYS[by.place]))
        block = chain.mine_block()
        chain.set_header_timestamp(block.header.timestamp + 1)
        _output_of(computation)
        return computation, receipt

    def _unsigned(self, to: Address, content: bytes, *, nonce: int, wei: int = 0) -> Any:
        return self._chain.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
            chain_id=self._chain.chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=1,
            max_fee_per_gas=10**10,
            gas=_GAS,
            to=to,
            value=wei,
            data=content,
            access_list=(),
        )

    # ------------------------------------------------------------ the contract

    def send(self, verb: str, *arguments: Any, by: Account = RELAYER) -> Outcome:
        """Call a verb of the contract.

        Raises:
            Refused: The contract refused.
        """
        content = input_of(verb, arguments)
        computation, receipt = self._execute(self.address, content, by)
        return Outcome(
            output=_answer(verb, computation.output),
            events=tuple(
                _read_event([topic.to_bytes(32, "big") for topic in topics], content)
                for _, topics, content in computation.get_log_entries()
            ),
            gas_used=receipt.gas_used,
            input=content,
        )

    def read(self, question: str, *arguments: Any) -> Any:
        """Ask the contract without changing anything; structs come as dictionaries."""
        return _answer(question, self.ask(self.address, input_of(question, arguments)))

    def role(self, name: str) -> bytes:
        """Return the 32 bytes that name a role, such as ISSUER_ROLE."""
        role: bytes = self.read(name)
        return role

    def programme(self, programme: int) -> dict[str, Any]:
        """Return a programme as it stands."""
        found: dict[str, Any] = self.read("getProgramme", programme)
        return found

    def voucher(self, voucher: int) -> dict[str, Any]:
        """Return a voucher as it stands."""
        found: dict[str, Any] = self.read("getVoucher", voucher)
        return found

    def shop_account(self, programme: int, shop: int) -> dict[str, Any]:
        """Return a shop's account in a programme as it stands."""
        found: dict[str, Any] = self.read("getShopAccount", programme, shop)
        return found

    def ticket_use(self, voucher: int, number: int) -> tuple[int, int]:
        """Return the shop that used a ticket (0: none) and what is left of the charge, euro cents."""
        found: tuple[int, int] = self.read("getTicketUse", voucher, number)
        return found
