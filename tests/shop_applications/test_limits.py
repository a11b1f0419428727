# SPDX-License-Identifier: EUPL-1.2
"""How much strangers may send, and that those who send nothing of use take nothing from others.

Given forms that are refused, however many: others may still apply
Given as many applications as are taken in at once: the next must wait, and supplements need not
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


def fill(limit: ApplicationLimit) -> None:
    """Have as many applications kept as are taken in."""
    for number in range(IN_ALL):
        with limit.apply(address_of(number)):
            pass


def test_forms_that_are_refused_take_no_place_from_others() -> None:
    limit = ApplicationLimit()
    for number in range(2 * IN_ALL):
        with pytest.raises(RequestInvalid), limit.apply(address_of(number)):
            raise RequestInvalid(errors=[])
    with limit.apply("192.0.2.7"):
        pass


def test_one_application_more_than_are_taken_in_must_wait_and_a_supplement_need_not() -> None:
    limit = ApplicationLimit()
    fill(limit)
    with pytest.raises(RateTooHigh), limit.apply("192.0.2.7"):
        pytest.fail("it is not taken in")
    limit.count("192.0.2.7")
    with limit.guess("192.0.2.7"):
        pass


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
