# SPDX-License-Identifier: EUPL-1.2
"""Backups over the API: kept by a phone, given out for the right proof, locked after five wrong ones.

given a phone that keeps a backup
├── when anyone asks with a wrong proof → refused with the tries left; at the fifth it is locked, for the right one too
├── when many guess at once → together they get no more than five tries
├── when another phone wants to keep one under the same id → refused
├── when it keeps as many as one phone may and wants one more → refused; each of those can still be changed
├── when the phone keeps the same again → the tries are not given back; a new PIN gives them back
├── when the right proof comes → the very bytes that were kept, and the tries are whole again
└── when the phone lost its vouchers → the backup is gone
"""

from __future__ import annotations

import hashlib
import secrets
import threading

import pytest

from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone
from kindpakket.registry.backups import MOST_OF_ONE_PHONE
from kindpakket.services import Services
from tests.ledger.databases import kept_in_registry
from tests.support import Town

from .moves import blank_phone, move

BACKUP_ID = "0f" * 16
PROOF = b"\x07" * 32
BLOB = "0x01" + "5a" * 60


def keep(phone: Phone, *, proof: bytes = PROOF, blob: str = BLOB, backup_id: str = BACKUP_ID) -> None:
    body = {"proofHash": f"0x{hashlib.sha256(proof).hexdigest()}", "blob": blob}
    assert phone.client.ask("PUT", f"/backups/{backup_id}", body) == {"backupId": backup_id}


def retrieve(town: Town, proof: bytes = PROOF, *, backup_id: str = BACKUP_ID) -> str:
    body = {"backupId": backup_id, "proof": f"0x{proof.hex()}"}
    return str(town.new_client().ask("POST", "/backup-retrievals", body)["blob"])


def guess_wrong(town: Town) -> Refused:
    with pytest.raises(Refused) as refused:
        retrieve(town, secrets.token_bytes(32))
    return refused.value


# ---------------------------------------------------------------- refusals


def test_save_refuses_who_is_not_a_phone(town: Town) -> None:
    till = town.new_till(town.shops[0])
    body = {"proofHash": "0x" + "00" * 32, "blob": BLOB}
    for token in ("", "00", "0" * 64, till.client.token, town.desk.token):
        caller = town.new_client()
        caller.token = token
        with pytest.raises(Refused, match="sign_in_required"):
            caller.ask("PUT", f"/backups/{BACKUP_ID}", body)


@pytest.mark.parametrize(
    ("backup_id", "changed"),
    [
        ("0F" * 16, {}),
        ("0f" * 15, {}),
        (BACKUP_ID, {"blob": "0x" + "5a" * 60}),
        (BACKUP_ID, {"blob": "0x" + "5a" * 62}),
        (BACKUP_ID, {"proofHash": "0x" + "5a" * 31}),
        (BACKUP_ID, {"seed": "0x00"}),
    ],
)
def test_save_refuses_another_form(town: Town, backup_id: str, changed: dict[str, str]) -> None:
    body = {"proofHash": "0x" + "00" * 32, "blob": BLOB} | changed
    with pytest.raises(Refused) as refused:
        town.new_phone().client.ask("PUT", f"/backups/{backup_id}", body)
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")


def test_save_refuses_the_id_of_another_phones_backup(town: Town) -> None:
    owner, thief = town.new_phone(), town.new_phone()
    keep(owner)
    with pytest.raises(Refused, match="backup_of_another_phone"):
        keep(thief, proof=b"\x08" * 32)
    assert retrieve(town) == BLOB


def test_save_refuses_one_backup_more_than_a_phone_may_keep_and_still_changes_each(town: Town) -> None:
    phone, another = town.new_phone(), town.new_phone()
    ids = [f"{number:032x}" for number in range(MOST_OF_ONE_PHONE)]
    for backup_id in ids:
        keep(phone, backup_id=backup_id)
    with pytest.raises(Refused) as refused:
        keep(phone)
    assert (refused.value.status, refused.value.reason) == (409, "too_many_backups")
    assert refused.value.content["most"] == MOST_OF_ONE_PHONE
    assert not refused.value.content["retry"], "the phone does not ask again by itself"
    other = "0x01" + "5b" * 60
    keep(phone, backup_id=ids[0], blob=other)
    assert retrieve(town, backup_id=ids[0]) == other
    keep(another)
    assert retrieve(town) == BLOB, "the phone that may not keep one more holds no place of it"


def test_retrieve_refuses_an_unknown_backup_and_slows_down_who_guesses(town: Town) -> None:
    reasons = []
    for guess in range(31):
        with pytest.raises(Refused) as refused:
            retrieve(town, backup_id=f"{guess:032x}")
        reasons.append(refused.value.reason)
    assert reasons == ["backup_unknown"] * 30 + ["rate_too_high"]


def test_retrieve_counts_wrong_proofs_down_and_locks_at_the_fifth(town: Town) -> None:
    keep(town.new_phone())
    for tries_left in (4, 3, 2, 1):
        refused = guess_wrong(town)
        assert (refused.status, refused.reason) == (403, "backup_proof_wrong")
        assert refused.content["triesLeft"] == tries_left
    assert guess_wrong(town).reason == "backup_locked"
    with pytest.raises(Refused, match="backup_locked"):
        retrieve(town)


def test_many_who_guess_at_once_get_no_more_than_five_tries(town: Town, services: Services) -> None:
    keep(town.new_phone())
    answers: list[str] = []

    def guess() -> None:
        answers.append(guess_wrong(town).reason)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["backup_locked"] * 8 + ["backup_proof_wrong"] * 4


def test_the_same_backup_again_gives_no_try_back(town: Town) -> None:
    phone = town.new_phone()
    keep(phone)
    guess_wrong(town)
    keep(phone)
    assert guess_wrong(town).content["triesLeft"] == 3


def test_a_backup_goes_with_its_phone(town: Town) -> None:
    old, new = town.new_phone(), blank_phone(town)
    keep(old)
    old.client.ask("POST", "/ticket-renewals", move(old, new, next(iter(old.next_numbers))))
    with pytest.raises(Refused, match="backup_unknown"):
        retrieve(town)
    keep(new, proof=b"\x09" * 32)
    assert retrieve(town, b"\x09" * 32) == BLOB


# ---------------------------------------------------------------- kept and given back


def test_a_backup_is_given_to_who_brings_the_proof_as_often_as_asked(town: Town) -> None:
    keep(town.new_phone())
    assert retrieve(town) == BLOB
    assert retrieve(town) == BLOB


def test_the_right_proof_gives_all_tries_back(town: Town) -> None:
    keep(town.new_phone())
    for _ in range(4):
        guess_wrong(town)
    assert retrieve(town) == BLOB
    assert guess_wrong(town).content["triesLeft"] == 4


def test_a_new_pin_opens_a_locked_backup_again(town: Town) -> None:
    phone = town.new_phone()
    keep(phone)
    for _ in range(5):
        guess_wrong(town)
    other = "0x01" + "5b" * 60
    keep(phone, proof=b"\x08" * 32, blob=other)
    assert retrieve(town, b"\x08" * 32) == other
    assert guess_wrong(town).reason == "backup_proof_wrong", "the former PIN is wrong now"


def test_the_register_keeps_no_proof(town: Town, services: Services) -> None:
    keep(town.new_phone())
    retrieve(town)
    kept = kept_in_registry(services.settings)
    assert PROOF not in kept
    assert hashlib.sha256(PROOF).digest() in kept, "the hash shows that we looked well"
