# SPDX-License-Identifier: EUPL-1.2
"""Staff without pause: the desk issues, tops up, blocks and pays in; treasurer and approver pay the shops out."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from sqlalchemy.exc import DBAPIError

from kindpakket import staff
from kindpakket.demo import bank
from kindpakket.demo.api_client import Refused
from kindpakket.demo.seed import PAYOUT_IBAN
from kindpakket.registry.store import Registry
from kindpakket.settings import Settings
from kindpakket.units import day_of

from .files_of_bank import Bank
from .stage import STEP_SECONDS, Caller, Client, GivenUp, Stage
from .town import KnownVoucher, Town

TRIES_TO_SIGN_IN = 600
BATCHES_LOOKED_AT = 8
KEPT_VOUCHERS = 60


class StaffCaller(Caller):
    """A member of staff, who signs in again when the session is over."""

    def __init__(self, stage: Stage, name: str, settings: Settings) -> None:
        """Ask as this member, who is let in by whoever runs the server."""
        super().__init__(stage)
        self._name = name
        self._settings = settings

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask until it is answered; see `Caller.ask`."""
        # What was asked before the session was over counts: it may have been done.
        self.asked_again = 0
        while True:
            try:
                return self._ask(method, path, body)
            except Refused as refused:
                if refused.reason != "sign_in_required":
                    raise
                self._sign_in()

    def _sign_in(self) -> None:
        for _ in range(TRIES_TO_SIGN_IN):
            try:
                with contextlib.closing(Registry(self._settings.registry_address)) as registry:
                    now = self._stage.server.now()
                    link = staff.create_sign_in_link(registry, self._settings, name=self._name, now=now)
                code = link.partition("#code=")[2]
                self.token = self._client.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
                return
            except (OSError, Refused, DBAPIError):
                if self._stage.is_over:
                    break
                time.sleep(STEP_SECONDS)
        raise GivenUp(f"{self._name} cannot sign in")


class Desk(Client):
    """An issuer who also pays in."""

    def __init__(self, stage: Stage, town: Town, settings: Settings, *, seed: int) -> None:
        """Nothing happens before `start`."""
        super().__init__(stage, "desk", seed=seed)
        self.caller.close()
        self.caller = StaffCaller(stage, "Daan", settings)
        self._town = town
        self._number = 0
        self._last_batch = 0
        self._known: list[KnownVoucher] = []
        self._blocked: list[KnownVoucher] = []

    def act(self) -> None:
        """Do one of what a desk does."""
        acts = [self._issue, self._issue, self._deposit]
        if self._known:
            acts += [self._top_up, self._top_up, self._block]
        if self._blocked:
            acts += [self._unblock, self._unblock]
        self.dice.choice(acts)()

    def issue(self, *, children: int) -> None:
        """Issue vouchers to a household, and pass its letter on."""
        self._number += 1
        cents = self.dice.randint(50_00, 300_00)
        reference = f"T-{self._number}"
        key = f"issue {reference}"
        self.sends(key, "issue")
        path = f"/programmes/{self._town.programme}/household-imports?amountCents={cents}"
        batch = None
        try:
            batch = self.caller.ask("POST", path, f"kenmerk;kinderen\n{reference};{children}\n")["batch"]
        except Refused as refused:
            if refused.reason == "unallocated_too_low":
                self.book.was_told(key, "refused", why=refused.reason)
                self._deposit()
                return
            if refused.reason != "import_unfinished":
                self.expect_reason(refused, *(["csv_invalid"] if self.caller.asked_again else []))
            batch = refused.content.get("batch")
        household = self._household(reference, children)
        vouchers = [one["voucher"] for one in household["vouchers"]]
        self.book.was_told(key, "done", facts=[(voucher, cents) for voucher in vouchers])
        self._known += [KnownVoucher(household["household"], voucher) for voucher in vouchers]
        self._known = self._known[-KEPT_VOUCHERS:]
        letter = self._letter(reference, batch)
        if letter is not None:
            self._town.letters.put(letter)

    def _issue(self) -> None:
        self.issue(children=self.dice.randint(1, 3))

    def _household(self, reference: str, children: int) -> dict[str, Any]:
        """Return a household once all of its vouchers are given out."""
        found: dict[str, Any] = {}

        def is_whole() -> bool:
            asked = {"programme": self._town.programme, "rowReference": reference}
            try:
                found.update(self.caller.ask("POST", "/household-lookups", asked))
            except Refused as refused:
                if refused.reason != "household_unknown":
                    raise
                return False
            return len(found["vouchers"]) >= children

        self.wait_until(is_whole, f"the vouchers of {reference}")
        return found

    def _letter(self, reference: str, batch: int | None) -> dict[str, Any] | None:
        """Return a household's letter; None when its code was forgotten meanwhile, because the clock jumped."""
        batches = [batch] if batch else range(self._last_batch + 1, self._last_batch + 1 + BATCHES_LOOKED_AT)
        for one in batches:
            try:
                letters = self.caller.ask("POST", f"/letter-batches/{one}/disclosures")["letters"]
            except Refused as refused:
                self.expect_reason(refused, "letters_already_shown", "batch_unknown")
                continue
            if letters and letters[0]["rowReference"] == reference:
                self._last_batch = one
                self.caller.ask("POST", f"/letter-batches/{one}/confirmations")
                found: dict[str, Any] = letters[0]
                return found
        return None

    def _deposit(self) -> None:
        self._number += 1
        cents = self.dice.randint(1, 500_00)
        key = f"deposit {self._number}"
        self.sends(key, "deposit", (self._town.programme, cents))
        order = {"amountCents": cents, "paymentReference": key}
        try:
            self.caller.ask("POST", f"/programmes/{self._town.programme}/deposits", order)
        except Refused as refused:
            self.expect_reason(refused, *(["payment_already_recorded"] if self.caller.asked_again else []))
        self.book.was_told(key, "done")

    def _top_up(self) -> None:
        known = self.dice.choice(self._known)
        path = f"/households/{known.household}/vouchers/{known.voucher}/top-ups"
        count = len(self.caller.ask("GET", path)["topUps"])
        cents = self.dice.randint(1, 50_00)
        self._number += 1
        key = f"top up {known.voucher} {self._number}"
        order = {"amountCents": cents, "reason": "cost", "topUpCount": count}
        self.sends(key, "top up", (known.voucher, cents))
        try:
            self.caller.ask("POST", path, order)
        except Refused as refused:
            if refused.reason == "unallocated_too_low":
                self.book.was_told(key, "refused", why=refused.reason)
                return
            asked_again = ["voucher_changed"] if self.caller.asked_again else []
            self.expect_reason(refused, "top_up_unfinished", *asked_again)
        made: list[dict[str, Any]] = []

        def is_decided() -> bool:
            made[:] = self.caller.ask("GET", path)["topUps"]
            return len(made) == count or all(one["doneAt"] is not None for one in made)

        self.wait_until(is_decided, key)
        is_done = len(made) == count + 1 and made[0]["amountCents"] == cents
        self.book.was_told(key, "done" if is_done else "refused")

    def _block(self) -> None:
        known = self.dice.choice(self._known)
        if known in self._blocked:
            return
        self._number += 1
        key = f"block {known.voucher} {self._number}"
        self.sends(key, "block", (known.voucher,))
        self._do(key, "PUT", self._path_of_block(known), {"reason": "request"}, "voucher_blocked")
        self._blocked.append(known)

    def _unblock(self) -> None:
        known = self._blocked.pop(self.dice.randrange(len(self._blocked)))
        self._number += 1
        key = f"unblock {known.voucher} {self._number}"
        self.sends(key, "unblock", (known.voucher,))
        self._do(key, "DELETE", self._path_of_block(known), None, "voucher_not_blocked")

    def _do(self, key: str, method: str, path: str, body: object, done_already: str) -> None:
        """Do what is refused when it is done already, which only a repeated request may be told."""
        try:
            self.caller.ask(method, path, body)
        except Refused as refused:
            self.expect_reason(refused, *([done_already] if self.caller.asked_again else []))
        self.book.was_told(key, "done")

    def _path_of_block(self, known: KnownVoucher) -> str:
        return f"/households/{known.household}/vouchers/{known.voucher}/block"


class Payouts(Client):
    """A treasurer who prepares, an approver who approves, and their bank, which pays."""

    def __init__(self, stage: Stage, settings: Settings, the_bank: Bank, *, seed: int) -> None:
        """Nothing happens before `start`."""
        super().__init__(stage, "payouts", seed=seed)
        self.caller.close()
        self.caller = StaffCaller(stage, "Anna", settings)
        self._approver = StaffCaller(stage, "Bram", settings)
        self._bank = the_bank

    def close(self) -> None:
        """Close what both ask with, and the notes."""
        self._approver.close()
        super().close()

    def act(self) -> None:
        """Pay out what shops are owed, if anything."""
        try:
            run = self.caller.ask("POST", "/payout-runs", {})["run"]
        except Refused as refused:
            self.expect_reason(refused, "nothing_owed", "payout_run_open")
            if refused.reason == "nothing_owed":
                time.sleep(STEP_SECONDS)
                return
            run = refused.content["run"]
        key = f"run {run}"
        self.sends(key, "settle")
        self._approver.on_again = self.caller.on_again
        try:
            self._approver.ask("POST", f"/payout-runs/{run}/approvals")
        except Refused as refused:
            self.expect_reason(refused, "payout_unfinished", "payout_run_decided", "payout_run_outdated")
            if refused.reason == "payout_run_outdated":
                self._cancel(run)
                self.book.was_told(key, "refused", why=refused.reason)
                return
        stands = self._settled(run)
        facts = [
            (one["programme"], one["shop"], one["amountCents"], one["paymentReference"])
            for transfer in stands["transfers"]
            for one in transfer["settlements"]
            if one["block"] is not None
        ]
        self.book.was_told(key, "done", facts=facts)
        self._pay(stands, sum(int(fact[2]) for fact in facts))

    def _cancel(self, run: int) -> None:
        try:
            self.caller.ask("DELETE", f"/payout-runs/{run}")
        except Refused as refused:
            self.expect_reason(refused, *(["payout_run_decided"] if self.caller.asked_again else []))

    def _settled(self, run: int) -> dict[str, Any]:
        stands: dict[str, Any] = {}

        def is_settled() -> bool:
            stands.update(self.caller.ask("GET", f"/payout-runs/{run}"))
            return stands["state"] in ("settled", "done")

        self.wait_until(is_settled, f"payout run {run}")
        return stands

    def _pay(self, run: dict[str, Any], settled_cents: int) -> None:
        """Let the bank pay each file that may leave, and read its statement."""
        paid_cents = 0
        for file in run["files"]:
            if file["canLeave"]:
                path = f"/payout-runs/{run['run']}/files/{file['file']}"
                content = self._bank.fetch(self.caller, path)
                paid_cents += self._bank.pay(content, run=run["run"])
        if paid_cents != settled_cents:
            self.stage.found(
                f"run {run['run']} settled {settled_cents} and the bank's files pay {paid_cents}"
            )
        sent = [one for one in run["transfers"] if one["payments"][-1]["state"] != "withdrawn"]
        if sent:
            on = day_of(self.stage.server.now())
            statement = bank.statement(run | {"transfers": sent}, iban=PAYOUT_IBAN, on=on)
            read = self.caller.ask("POST", "/bank-statements", statement)
            if len(read["booked"]) + read["knownCount"] != len(sent) or read["unmatched"]:
                self.stage.found(f"the statement of run {run['run']} was read as {read}")
