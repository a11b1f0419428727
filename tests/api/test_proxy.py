# SPDX-License-Identifier: EUPL-1.2
"""From where a request came: its own address, or what the one proxy says that we trust.

Given no proxy is set: what a request says of itself does not count
Given a proxy is set
  when it passes requests on: each visitor is counted apart
  when another address says so: it does not count
Given a proxy that is no address, or everyone: there is no such setting
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from kindpakket.cli import server_config
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.settings import Settings
from tests.ledger.databases import settings_in

PROXY = "10.0.0.7"


def guess(services: Services, *, proxy: str, came_from: str) -> list[int]:
    """Guess 31 times from an address, each time in the name of another one; return the statuses."""
    settings = settings_in(services.settings.data_dir, proxy=proxy)
    config = server_config(create_app(services), settings, host="127.0.0.1", port=0)
    config.load()
    client = TestClient(config.loaded_app, client=(came_from, 50_000))
    return [
        client.post(
            "/api/v1/staff-sessions",
            json={"signInCode": "x"},
            headers={"x-forwarded-for": f"198.51.100.{number}"},
        ).status_code
        for number in range(31)
    ]


def test_visitors_behind_the_proxy_are_counted_apart(services: Services) -> None:
    assert 429 not in guess(services, proxy=PROXY, came_from=PROXY)


@pytest.mark.parametrize("proxy", ["", PROXY], ids=["no proxy", "another one is the proxy"])
def test_what_others_say_of_their_address_does_not_count(services: Services, proxy: str) -> None:
    assert guess(services, proxy=proxy, came_from="127.0.0.1")[-1] == 429


@pytest.mark.parametrize("written", ["*", "proxy.example.test", "10.0.0.0/8", "10.0.0.7, 10.0.0.8"])
def test_a_proxy_is_one_address(written: str) -> None:
    with pytest.raises(ValidationError):
        Settings(proxy=written)
    assert Settings(proxy="2001:db8::7").proxy == "2001:db8::7"
