# SPDX-License-Identifier: EUPL-1.2
"""Nothing secret is written down where it does not belong: a whole run, with all that goes wrong, and then a search.

Given a server of its own, that logs all it can, its passphrase in a file
  when families, tills, shops and staff do what they do, also by passkey, also wrongly
  when what they send is malformed, and when what they need fails: a table that is gone, a chain that is dead
  then no seed, key, code, PIN's proof, token, account, address, backup or ticket is in
    what the server printed, its ledger, its chain's journal, its log of staff, or the address of any request
  and the registry has no secret that opens anything: hashes of them, and what is sealed
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.bank.accounts import mask_iban
from kindpakket.chain.keystore import open_keystore
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Asks, Phone, expiry
from kindpakket.tickets import keys
from tests.api.moves import blank_phone, move
from tests.ledger.databases import kept_in_registry, settings_in
from tests.payout_runs.bank import OUR_IBAN
from tests.shop_applications.conftest import TEXTS
from tests.support import Town

from .leaks import (
    BICYCLES,
    PASSPHRASE,
    Client,
    Run,
    Secrets,
    apply_as_shop,
    found,
    pay,
    pay_out,
    send_what_is_wrong,
    sign_in_by_page,
    visit,
)
from .server import Server

#: What breaks when one is gone: imports, applications, activations, signing in, backups, pairing, payouts.
TABLES = (
    "merchant",
    "shop_application",
    "ticket_key",
    "staff_session",
    "backup",
    "till",
    "payout_transfer",
    "letter",
)
#: What may be in the registry, and nowhere else.
PERSONAL = ("account", "holder", "e-mail", "reference", "form's text", "backup")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A server that logs all it can."""
    folder = tmp_path_factory.mktemp("leaks")
    file = folder / "passphrase"
    file.write_text(PASSPHRASE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINDPAKKET_KEYSTORE_PASSPHRASE_FILE", str(file))
        patch.setenv("KINDPAKKET_PAYOUT_IBAN", OUR_IBAN)
        server = Server(folder / "data", arguments=("--verbose",))
        try:
            server.start()
            yield Run(server, Secrets())
        finally:
            server.end()


def let_things_fail(run: Run, town: Town) -> int:
    """Do all of it again while a table is gone, and while the chain is dead; return how many bugs were answered."""
    desk = town.desk
    assert isinstance(desk, Client)
    phone = Phone(run.new_client(), town.domain)
    letter = town.letters.pop(0)
    activation = phone.activation(letter["code"])
    held, till = town.new_phone(), town.new_till(town.shops[0])
    run.secrets.text("token", held.client.token, till.client.token, keys.access_token(phone.seed))
    run.secrets.content("seed", phone.seed, held.seed)
    next_phone = blank_phone(town)
    run.secrets.content("seed", next_phone.seed)
    (voucher,) = held.next_numbers
    shown = held.show_code(voucher, max_cents=2000, expires_at=expiry(town.now(), seconds=1800))
    run.secrets.text("ticket", shown)
    pairing = desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    path, charge = till.charge(shown, amount_cents=100, category=BICYCLES)
    iban = "FR1420041010050500013M02606"
    applying = {
        **TEXTS,
        "categories": [6],
        "agreesToRules": True,
        "iban": iban,
        "kvk": "11112222",
        "name": "Nog een",
    }
    imported = "naam;categorie;iban\nDerde winkel;fietsen;FR1420041010050500013M02606\n"
    blob = b"\1" + secrets.token_bytes(60)
    tries: list[tuple[Asks, str, str, object]] = [
        (desk, "POST", f"/programmes/{town.programme}/shop-imports", imported),
        (run.new_client(), "POST", "/shop-applications", applying),
        (run.new_client(), "POST", "/activations", activation),
        (run.new_client(), "POST", "/staff-sessions", {"signInCode": "wrong-" + secrets.token_urlsafe(32)}),
        (
            run.new_client(),
            "POST",
            "/tills",
            {"pairingCode": pairing, "till": f"0x{'5' * 40}", "name": "Kassa 9"},
        ),
        (
            held.client,
            "PUT",
            f"/backups/{'1' * 32}",
            {"proofHash": f"0x{'2' * 64}", "blob": f"0x{blob.hex()}"},
        ),
    ]
    run.secrets.text("account", iban)
    run.secrets.text("pairing code", pairing)
    run.secrets.content("backup", blob)
    bugs = 0
    for table in TABLES:
        with run.without(table):
            for caller, method, address, body in [*tries, (till.client, "PUT", path, charge)]:
                # The server closes the connection after a bug, so each is asked on one of its own.
                asking = run.new_client()
                asking.token = caller.token
                with contextlib.suppress(Refused), asking.noting_bugs() as found:
                    asking.ask(method, address, body)
                bugs += len(found)
            with visit(run) as client:
                client.post(
                    "/winkel-aanmelden", data={**TEXTS, "iban": iban, "consent": "yes", "categories": "6"}
                )
                client.post("/gemeente/aanmelden", data={"code": "wrong-" + pairing})
    run.server.kill_chain()
    till.client.ask("PUT", path, charge)
    held.client.ask("POST", "/ticket-renewals", move(held, next_phone, voucher))
    return bugs


def test_nothing_secret_is_written_down_where_it_does_not_belong(run: Run) -> None:
    run.secrets.text("passphrase", PASSPHRASE)
    town, approver = found(run)
    _, _, shown, _ = pay(run, town)
    pay_out(run, town, approver)
    apply_as_shop(run, town, approver)
    log_of_staff = sign_in_by_page(run)
    send_what_is_wrong(run, town, shown)
    bugs = let_things_fail(run, town)
    with visit(run) as client:
        log_of_staff += client.get("/gemeente/logboek").text
    assert bugs > len(TABLES) // 2, "tables are needed"
    assert run.server.stop() == 0
    opened = open_keystore(run.server.data_dir / "keystore", passphrase=PASSPHRASE)
    accounts = (opened.issuer, opened.treasurer, opened.shop_manager, opened.relayer)
    run.secrets.content("role's key", *accounts, opened.admin or b"", opened.sealing)
    assert set(run.secrets.written) >= {
        "seed",
        "letter",
        "token",
        "account",
        "ticket",
        "role's key",
        "backup",
        "proof",
    }

    printed = run.server.log()
    assert "Traceback" in printed and "answered" in printed, "it logged all that it could"
    assert run.secrets.found_in(printed) == set()
    assert run.secrets.found_in(" ".join(run.addresses)) == set()
    # The log of staff tells of accounts what tells them apart, and no more.
    assert run.secrets.found_in(log_of_staff) == set()
    assert mask_iban("BE68539007547034") in log_of_staff
    for file in sorted(run.server.data_dir.rglob("*")):
        if file.is_file():
            allowed = PERSONAL if is_registry(file) else ()
            assert (file.name, run.secrets.found_in(read(file), but=allowed)) == (file.name, set())
    kept = both_ways(kept_in_registry(settings_in(run.server.data_dir)))
    assert run.secrets.found_in(kept, but=PERSONAL) == set()

    # And whatever would lie about would be found.
    for kind, writings in run.secrets.written.items():
        for writing in writings:
            assert kind in run.secrets.found_in(f"{printed} {writing.upper()}"), kind


def is_registry(file: Path) -> bool:
    """Whether personal data may be in a file. What opens something may not, but what is encrypted on a phone."""
    return file.name.startswith("registry.db")


def read(file: Path) -> str:
    """A file as one text: as it is, and its bytes as digits, where a secret would be found in either."""
    return both_ways(file.read_bytes())


def both_ways(content: bytes) -> str:
    """Bytes as they are, and as digits."""
    return f"{content.decode('latin-1')} {content.hex()}"


def test_a_passphrase_in_a_file_is_in_no_environment_and_no_list_of_processes(run: Run) -> None:
    copy = run.server.data_dir.with_name("copy")
    # The keys are all it takes; the rest is made anew.
    shutil.copytree(
        run.server.data_dir, copy, ignore=shutil.ignore_patterns("chain", "deployment.json", "*.db*")
    )
    server = Server(copy)
    try:
        server.start()
        assert server.process is not None
        for number in (server.process.pid, *children_of(server.process.pid)):
            for name in ("environ", "cmdline"):
                assert PASSPHRASE.encode() not in Path(f"/proc/{number}/{name}").read_bytes()
    finally:
        server.end()


def children_of(number: int) -> list[int]:
    """The processes that a process started: the chain's."""
    found = [
        int(one)
        for file in Path(f"/proc/{number}/task").glob("*/children")
        for one in file.read_text().split()
    ]
    assert found, "the server runs a chain process"
    return found
