# SPDX-License-Identifier: EUPL-1.2
"""A whole run, with all that goes wrong, and what is secret about it; for the test that searches for it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import text

from kindpakket.demo.api_client import ApiClient, Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.tickets import keys
from tests.console.authenticator import Authenticator
from tests.ledger.databases import connect, on_postgresql, settings_in
from tests.payout_runs.bank import OUR_IBAN, entry, payments_in, statement
from tests.shop_applications.conftest import TEXTS
from tests.support import SHOPS, Town, found_town

from .server import Server

BICYCLES = 3
HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"REF-GEHEIM-{row};1\n" for row in range(1, 7))
PASSPHRASE = "passphrase-of-this-test-only"


@dataclass
class Secrets:
    """What must not lie about: of each kind, every way in which it could be written."""

    written: dict[str, set[str]] = field(default_factory=dict)

    def text(self, kind: str, *secret: str) -> None:
        """Note texts."""
        for one in secret:
            plain = one.replace("-", "").replace(" ", "")
            for writing in (
                one,
                plain,
                quote(one, safe=""),
                base64.b64encode(one.encode()).decode().rstrip("="),
            ):
                self._note(kind, writing)

    def content(self, kind: str, *secret: bytes) -> None:
        """Note bytes."""
        for one in secret:
            encoded = base64.b64encode(one).decode().rstrip("=")
            for writing in (one.hex(), encoded, encoded.replace("+", "-").replace("/", "_")):
                self._note(kind, writing)
            self._note(kind, repr(one)[2:-1])

    def found_in(self, text: str, *, but: tuple[str, ...] = ()) -> set[str]:
        """The kinds of which something stands in a text."""
        lower = text.lower()
        return {
            kind
            for kind, writings in self.written.items()
            if kind not in but and any(one in lower for one in writings)
        }

    def _note(self, kind: str, writing: str) -> None:
        assert len(writing) >= 9, "anything shorter could be found by chance"
        self.written.setdefault(kind, set()).add(writing.lower())


class Client(ApiClient):
    """Asks as others do, and notes at which addresses."""

    addresses: list[str]

    @contextlib.contextmanager
    def noting_bugs(self) -> Iterator[list[str]]:
        """Note what is answered as a bug."""
        found: list[str] = []
        try:
            yield found
        except Refused as refusal:
            found += [refusal.reason] * (refusal.reason == "internal_error")
            raise

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask."""
        self.addresses.append(path)
        return super().ask(method, path, body)


@dataclass
class Run:
    """A server and what is secret about it."""

    server: Server
    secrets: Secrets
    addresses: list[str] = field(default_factory=list)

    def new_client(self) -> Client:
        """A caller, closed in the end."""
        client = Client(f"http://127.0.0.1:{self.server.port}")
        client.addresses = self.addresses
        self.server.clients.append(client)
        return client

    def sign_in(self, name: str) -> Client:
        """A signed-in member of staff."""
        code = self.server.new_sign_in_link(name).partition("#code=")[2]
        caller = self.new_client()
        caller.token = caller.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
        self.secrets.text("sign-in code", code)
        self.secrets.text("token", caller.token)
        return caller

    @contextlib.contextmanager
    def without(self, table: str) -> Iterator[None]:
        """Let a table of the registry be gone for a while."""

        def rename(before: str, after: str) -> None:
            with connect(settings_in(self.server.data_dir).registry_address) as connection:
                if not on_postgresql():
                    connection.execute(text("PRAGMA busy_timeout = 60000"))
                    connection.execute(text("PRAGMA legacy_alter_table = ON"))
                connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

        rename(table, f"gone_{table}")
        try:
            yield
        finally:
            rename(f"gone_{table}", table)


def visit(run: Run) -> httpx2.Client:
    """A browser without JavaScript."""
    client = httpx2.Client(base_url=run.server.url, follow_redirects=True, timeout=60)
    client.event_hooks["request"].append(lambda request: run.addresses.append(str(request.url)))
    return client


def csrf_on(page: httpx2.Response) -> str:
    """The hidden text of the forms of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.url
    return found[1]


def refused(caller: Client, method: str, path: str, body: object = None) -> str:
    """Ask for what is refused or fails; return the reason."""
    with pytest.raises(Refused) as refusal:
        caller.ask(method, path, body)
    return refusal.value.reason


# ---------------------------------------------------------------- what people do


def found(run: Run) -> tuple[Town, Client]:
    """A town with its staff; the second is who approves."""
    desk = run.new_client()
    code = run.server.sign_in_code()
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
    run.secrets.text("token", desk.token)
    approver = run.sign_in("Bram")
    town = found_town(
        run.new_client, desk, starts_on="2020-01-01", ends_on="2099-12-31", households=HOUSEHOLDS
    )
    for letter in town.letters:
        run.secrets.text("letter", letter["code"])
    run.secrets.text("account", *re.findall(r"NL\d\d\w{4}\d{10}", SHOPS), OUR_IBAN)
    run.secrets.text("reference", *re.findall(r"REF-GEHEIM-\d", HOUSEHOLDS))
    return town, approver


def pay(run: Run, town: Town) -> tuple[Phone, Till, str, dict[str, Any]]:
    """Open a letter, pay, be refused, give back, keep a backup, move; return the code and its charge too."""
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    shown = phone.show_code(voucher, max_cents=2000, expires_at=expiry(town.now()))
    path, charge = till.charge(shown, amount_cents=1500, category=BICYCLES)
    paid = till.client.ask("PUT", path, charge)["redemption"]
    assert refused(till.client, "PUT", path, charge | {"amountCents": 2500}) != "internal_error"
    unknown = phone.show_code(voucher, max_cents=2000, expires_at=60)
    with pytest.raises(Refused):
        till.redeem(unknown, amount_cents=1500, category=BICYCLES)
    till.refund(paid["redemptionId"], amount_cents=500, remaining_cents=1500)
    proof, blob = secrets.token_bytes(32), b"\1" + secrets.token_bytes(60)
    backup = secrets.token_hex(16)
    body = {"proofHash": f"0x{hashlib.sha256(proof).hexdigest()}", "blob": f"0x{blob.hex()}"}
    phone.client.ask("PUT", f"/backups/{backup}", body)
    retrieval = {"backupId": backup, "proof": f"0x{proof.hex()}"}
    run.new_client().ask("POST", "/backup-retrievals", retrieval)
    refused(run.new_client(), "POST", "/backup-retrievals", {**retrieval, "proof": "0x" + "00" * 32})
    for one in (shown, unknown):
        run.secrets.text("ticket", one, one.removeprefix("KP1:"))
    run.secrets.content("backup", blob, blob[13:45])
    run.secrets.content("proof", proof)
    run.secrets.text("token", phone.client.token, till.client.token)
    run.secrets.content("seed", phone.seed)
    run.secrets.content("till's key", till.key.secret)
    run.secrets.content("holder's key", keys.holder_key(phone.seed, voucher=voucher).secret)
    run.secrets.content(
        "ticket's key", *(keys.ticket_key(phone.seed, voucher=voucher, number=n).secret for n in (0, 1))
    )
    return phone, till, shown, charge


def pay_out(run: Run, town: Town, approver: Client) -> None:
    """Prepare, approve, read a statement with a return and one with a fault, propose another account."""
    desk = town.desk
    desk.ask("POST", "/payout-runs", {"programme": town.programme})
    approver.ask("POST", "/payout-runs/1/approvals")
    assert isinstance(desk, Client)
    headers = {"Authorization": f"Bearer {desk.token}"}
    with visit(run) as client:
        file = client.get("/api/v1/payout-runs/1/files/1", headers=headers)
        (asked,) = payments_in(file.content)
        for content in (
            statement(entry(asked.end_to_end_id, asked.amount)),
            statement(entry(asked.end_to_end_id, asked.amount, returned="AC04")),
            statement(entry(asked.end_to_end_id, asked.amount), iban="NL02ABNA0123456789"),
            statement(entry(asked.end_to_end_id, asked.amount))[:-20],
            b'<!DOCTYPE x [<!ENTITY e "NL02ABNA0123456789">]><Document>&e;</Document>',
        ):
            client.post(
                "/api/v1/bank-statements",
                content=content,
                headers={**headers, "Content-Type": "application/xml"},
            )
    proposal = {"name": "Jansen Geheim", "iban": "NL02ABNA0123456789"}
    desk.ask("POST", "/payout-runs/1/transfers/1/proposals", proposal)
    run.secrets.text("account", proposal["iban"])
    run.secrets.text("holder", proposal["name"])


def apply_as_shop(run: Run, town: Town, approver: Client) -> None:
    """Apply as a shop, by the page and over the API, wrongly too, and change an account."""
    categories = {"categories": [6], "agreesToRules": True}
    order = {**TEXTS, **categories, "kvk": "87654321", "iban": "DE89370400440532013000"}
    code = run.new_client().ask("POST", "/shop-applications", order)["referenceCode"]
    run.new_client().ask("POST", "/shop-application-lookups", {"referenceCode": code})
    refused(run.new_client(), "POST", "/shop-applications", order | {"iban": "DE89370400440532013001"})
    with visit(run) as client:
        client.post("/winkel-aanmelden", data={**TEXTS, "iban": "DE89370400440532013002", "consent": "yes"})
    (application,) = approver.ask("GET", "/shop-applications")["applications"]
    question = {"version": application["version"], "missing": ["iban"], "note": "Welke rekening is het?"}
    town.desk.ask("POST", f"/shop-applications/{application['application']}/questions", question)
    shop = town.shops[1]
    change = {"name": "Sport Geheim", "iban": "BE68539007547034", "because": "mistake"}
    town.desk.ask("POST", f"/shops/{shop}/account-changes", change)
    approver.ask("POST", f"/shops/{shop}/account-changes/1/approvals")
    run.secrets.text(
        "account", order["iban"], "DE89370400440532013001", "DE89370400440532013002", change["iban"]
    )
    run.secrets.text("holder", change["name"], TEXTS["holder"])
    run.secrets.text("e-mail", TEXTS["email"])
    run.secrets.text("reference code", code)


def sign_in_by_page(run: Run) -> str:
    """Sign in by link and by passkey, wrongly too; return the page of the log of staff."""
    device = Authenticator(origin=run.server.url)
    code = run.server.new_sign_in_link("Carla").partition("#code=")[2]
    with visit(run) as client:
        for typed in (code[:-1] + "x", code, code):
            page = client.post("/gemeente/aanmelden", data={"code": typed})
        page = client.get("/gemeente/mijn-aanmelding")
        csrf = csrf_on(page)
        run.secrets.text("form's text", csrf)
        run.secrets.text("token", client.cookies["kindpakket_gemeente"])
        asked = client.post("/gemeente/mijn-aanmelding/vraag", data={"csrf": csrf}).json()
        client.post(
            "/gemeente/mijn-aanmelding",
            data={"csrf": csrf, "credential": device.make(asked), "name": "Laptop"},
        )
        client.post("/gemeente/afmelden", data={"csrf": csrf})
    with visit(run) as client:
        asked = client.post("/gemeente/aanmelden/passkey/vraag").json()
        answer = device.sign(asked)
        for credential in (answer[:-4], answer, answer):
            page = client.post("/gemeente/aanmelden/passkey", data={"credential": credential})
        page = client.get("/gemeente/logboek")
        assert page.status_code == 200, "the passkey let them in"
        run.secrets.text("token", client.cookies["kindpakket_gemeente"])
        run.secrets.text("passkey", json.loads(answer)["response"]["signature"])
    run.secrets.text("sign-in code", code)
    return page.text


# ---------------------------------------------------------------- what goes wrong


def send_what_is_wrong(run: Run, town: Town, shown: str) -> None:
    """Messages of the wrong form, with secrets in the wrong places: 400, 401, 404, 405, 409."""
    desk, letter = town.desk, town.letters[0]["code"]
    assert isinstance(desk, Client)
    stranger = run.new_client()
    for token in ("", "x" * 43, "é" * 9, desk.token[:-1], letter):
        stranger.token = quote(token) if not token.isascii() else token
        for method, path in (("GET", "/payout-runs"), ("GET", "/budgets/me"), ("GET", "/tills/me")):
            assert refused(stranger, method, path) in ("sign_in_required", "not_found")
    stranger.token = ""
    for body in (
        {"letterId": letter},
        {"letterId": {"code": letter}},
        {"signInCode": [letter]},
        {"pairingCode": letter, "till": letter, "name": letter},
        [letter],
        letter,
    ):
        for path in ("/letter-lookups", "/activations", "/staff-sessions", "/tills", "/backup-retrievals"):
            assert refused(stranger, "POST", path, body) != "internal_error"
    till = town.new_till(town.shops[0])
    run.secrets.text("token", till.client.token)
    for body in (
        {"ticket": shown},
        {"ticket": shown + shown},
        {"ticket": [shown]},
        {"ticket": shown, "amountCents": shown},
    ):
        assert refused(till.client, "PUT", "/redemptions/0x" + "00" * 32, body) == "request_invalid"
    for table in (
        SHOPS.replace("fietsen", "raketten"),
        SHOPS.replace("NL90", "NL91"),
        "\0" + SHOPS,
    ):
        assert refused(desk, "POST", f"/programmes/{town.programme}/shop-imports", table) != "internal_error"
    assert refused(desk, "DELETE", "/backup-retrievals") == "method_not_allowed"
