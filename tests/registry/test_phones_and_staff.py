# SPDX-License-Identifier: EUPL-1.2
"""Phones and staff: who may read what, for how long."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from kindpakket.errors import BackupOfAnotherPhone, BackupUnknown, SignInCodeInvalid
from kindpakket.registry.phones import Retirement
from kindpakket.registry.staff import StaffSession
from kindpakket.registry.staff_log import COMMAND_LINE
from kindpakket.registry.store import Registry

PHONE, OTHER_PHONE = b"\x01" * 32, b"\x02" * 32
CODE, TOKEN = b"\x03" * 32, b"\x04" * 32

# ------------------------------------------------------------------ phones


def test_an_unknown_phone_reads_nothing(registry: Registry) -> None:
    assert registry.phones.vouchers_of(PHONE) == []


def test_a_phone_reads_the_vouchers_of_all_its_letters(registry: Registry) -> None:
    registry.phones.register(PHONE, [13, 12], at=1)
    registry.phones.register(PHONE, [20], at=1)
    registry.phones.register(PHONE, [12, 13], at=2)
    registry.phones.register(PHONE, [], at=1)
    assert registry.phones.vouchers_of(PHONE) == [12, 13, 20]


def test_a_voucher_that_moved_to_another_phone_is_not_read_by_the_former(registry: Registry) -> None:
    registry.phones.register(PHONE, [12, 13], at=2)
    registry.phones.register(OTHER_PHONE, [13], at=3)
    assert registry.phones.vouchers_of(PHONE) == [12]
    assert registry.phones.vouchers_of(OTHER_PHONE) == [13]


def test_a_phone_that_lost_its_last_voucher_is_retired_with_its_backups(registry: Registry) -> None:
    registry.phones.register(PHONE, [12, 13], at=1)
    registry.backups.save(
        "0" * 32, token_hash=PHONE, proof_hash=sha256(b"proof").digest(), blob=b"\x01" * 61, at=1
    )
    registry.phones.register(OTHER_PHONE, [13], at=2)
    assert registry.phones.retirement_of(PHONE) is None, "it still reads one"
    registry.phones.register(OTHER_PHONE, [12], at=3)
    assert registry.phones.retirement_of(PHONE) == Retirement(retired_at=3, because="moved")
    with pytest.raises(BackupUnknown):
        registry.backups.retrieve("0" * 32, proof=b"proof")
    registry.phones.register(PHONE, [12], at=4)
    assert registry.phones.retirement_of(PHONE) is None, "it reads one again"


def test_a_backup_is_one_phones_until_that_reads_nothing_any_more(registry: Registry) -> None:
    registry.phones.register(PHONE, [12], at=1)
    registry.phones.register(OTHER_PHONE, [13], at=1)
    proof_hash, blob = sha256(b"proof").digest(), b"\x02" * 61
    registry.backups.save("0" * 32, token_hash=PHONE, proof_hash=b"\x05" * 32, blob=b"\x01" * 61, at=1)
    with pytest.raises(BackupOfAnotherPhone):
        registry.backups.save("0" * 32, token_hash=OTHER_PHONE, proof_hash=proof_hash, blob=blob, at=2)
    registry.phones.register(OTHER_PHONE, [12], at=3)
    registry.backups.save("0" * 32, token_hash=OTHER_PHONE, proof_hash=proof_hash, blob=blob, at=4)
    assert registry.backups.retrieve("0" * 32, proof=b"proof") == blob


# ------------------------------------------------------------------ staff


def sign_in(registry: Registry, *, now: int = 100, code: bytes = CODE, token: bytes = TOKEN) -> StaffSession:
    return registry.staff.sign_in(code, token_hash=token, csrf="c", now=now, ends_at=now + 50)


@pytest.fixture
def code(registry: Registry) -> bytes:
    """A code for Demo that works until before 200."""
    registry.staff.create_sign_in_code(
        CODE,
        staff=registry.staff.ensure_member("Demo", roles=["issuer", "auditor"]),
        ends_at=200,
        by=COMMAND_LINE,
        at=50,
    )
    return CODE


def test_an_unknown_code_signs_nobody_in(registry: Registry) -> None:
    with pytest.raises(SignInCodeInvalid):
        sign_in(registry)


def test_a_code_works_until_before_its_end(registry: Registry, code: bytes) -> None:
    with pytest.raises(SignInCodeInvalid):
        sign_in(registry, now=200)
    assert registry.staff.session(TOKEN, now=200) is None
    assert sign_in(registry, now=199).name == "Demo"


def test_a_code_works_once(registry: Registry, code: bytes) -> None:
    sign_in(registry)
    with pytest.raises(SignInCodeInvalid):
        sign_in(registry, token=b"\x05" * 32)


def test_of_two_who_use_a_code_at_once_one_is_signed_in(registry: Registry, code: bytes) -> None:
    start = threading.Barrier(2)

    def try_code(token: bytes) -> bool:
        start.wait()
        try:
            sign_in(registry, token=token)
        except SignInCodeInvalid:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(try_code, [b"\x05" * 32, b"\x06" * 32])) == [False, True]


def test_a_session_lasts_until_before_its_end(registry: Registry, code: bytes) -> None:
    opened = sign_in(registry, now=100)
    assert opened == StaffSession(
        staff=1,
        name="Demo",
        roles=frozenset({"issuer", "auditor"}),
        ends_at=150,
        csrf="c",
        by_operator=True,
        has_work_account=False,
    )
    assert registry.staff.session(TOKEN, now=149) == opened
    assert registry.staff.session(TOKEN, now=150) is None
    assert registry.staff.session(b"\x05" * 32, now=149) is None


def test_an_ended_session_is_gone(registry: Registry, code: bytes) -> None:
    sign_in(registry, now=100)
    registry.staff.end_session(TOKEN)
    registry.staff.end_session(TOKEN)
    assert registry.staff.session(TOKEN, now=101) is None


def test_staff_of_one_name_are_one_and_keep_their_roles(registry: Registry) -> None:
    assert not registry.staff.anyone()
    demo = registry.staff.ensure_member("Demo", roles=["auditor"])
    assert registry.staff.anyone()
    assert registry.staff.ensure_member("Demo", roles=["issuer"]) == demo
    assert registry.staff.ensure_member("Anna", roles=["issuer"]) != demo
    registry.staff.create_sign_in_code(CODE, staff=demo, ends_at=200, by=COMMAND_LINE, at=50)
    assert sign_in(registry).roles == {"auditor"}
