# SPDX-License-Identifier: EUPL-1.2
"""How much strangers may send, and that those who send nothing of use take nothing from others.

Given forms that are refused, however many: others may still apply
Given as many applications as are taken in at once
  who sent one of those must wait, and supplements need not
  an address that sent none today may send one, and then must wait too; what was refused of it is none
Given as many as are taken in at the most: everybody must wait, and supplements need not
Given an address of IPv6: all that one line can have are one
"""

from __future__ import annotations

import pytest

from kindpakket.errors import ApplicationUnknown, RateTooHigh, RequestInvalid
from kindpakket.shop_applications import ApplicationLimit, limits

IN_ALL = limits._KEPT_IN_ALL.amount
OF_ONE = limits._SENT_FROM_ONE_ADDRESS.amount


def address_of(number: int) -> str:
    """An address of its own for so many forms as one address may send."""
    return f"10.0.{number // OF_ONE}.1"


def fill(limit: ApplicationLimit, count: int = IN_ALL) -> None:
    """Have so many applications kept; as many as are taken in unless told otherwise."""
    for number in range(count):
        with limit.apply(address_of(number)):
            pass


def test_forms_that_are_refused_take_no_place_from_others() -> None:
    limit = ApplicationLimit()
    for number in range(2 * IN_ALL):
        with pytest.raises(RequestInvalid), limit.apply(address_of(number)):
            raise RequestInvalid(errors=[])
    with limit.apply("192.0.2.7"):
        pass


def must_wait(limit: ApplicationLimit, address: str) -> int:
    """How long this address is told to wait."""
    with pytest.raises(RateTooHigh) as refused, limit.apply(address):
        pytest.fail("it is not taken in")
    return refused.value.retry_after_seconds


def test_when_many_applied_who_did_must_wait_and_a_supplement_need_not() -> None:
    limit = ApplicationLimit()
    limit.count("192.0.2.7")
    with limit.apply("192.0.2.7"):
        pass
    fill(limit, IN_ALL - 1)
    assert must_wait(limit, "192.0.2.7") == 3600
    limit.count("192.0.2.7")
    with limit.guess("192.0.2.7"):
        pass


def test_when_many_applied_an_address_that_did_not_today_may_once() -> None:
    limit = ApplicationLimit()
    fill(limit)
    for address in ("192.0.2.7", "2001:db8:1::1"):
        with pytest.raises(RequestInvalid), limit.apply(address):
            raise RequestInvalid(errors=[])
        with limit.apply(address):
            pass
        assert must_wait(limit, address) == 3600
    assert must_wait(limit, "2001:db8:1:ffff::1") == 3600, "the same line"


def test_one_application_more_than_are_taken_in_at_the_most_must_wait_wherever_it_is_from() -> None:
    limit = ApplicationLimit()
    fill(limit)
    for number in range(limits._KEPT_AT_THE_MOST.amount - IN_ALL):
        with limit.apply(f"10.{1 + number // 250}.{number % 250}.1"):
            pass
    assert must_wait(limit, "192.0.2.7") == 3600
    limit.count("192.0.2.7")


def test_all_addresses_that_a_line_of_ipv6_can_have_send_as_one() -> None:
    limit = ApplicationLimit()
    for number in range(OF_ONE):
        limit.count(f"2001:db8:1:{number:x}::1")
    with pytest.raises(RateTooHigh):
        limit.count("2001:db8:1:ffff::1")
    limit.count("2001:db8:2::1")


def test_all_addresses_that_a_line_of_ipv6_can_have_guess_as_one() -> None:
    limit = ApplicationLimit()
    for number in range(limits._WRONG_CODES.amount):
        with pytest.raises(ApplicationUnknown), limit.guess(f"2001:db8:1:{number:x}::1"):
            raise ApplicationUnknown
    with pytest.raises(RateTooHigh), limit.guess("2001:db8:1:ffff::1"):
        pytest.fail("it is not tried")
