# SPDX-License-Identifier: EUPL-1.2
"""docs/api.md is true: its examples are run against a server, its figures are those of the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from kindpakket import errors
from kindpakket.api import access, models, news
from kindpakket.csv_tables import MAX_ROWS
from kindpakket.demo.people import Till, expiry
from kindpakket.main import ROOT
from kindpakket.settings import Settings
from tests.support import Town
from tests.test_names import subclasses

from .server import Server

GUIDE = (ROOT / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```\n```json\n(.*?)```", GUIDE, re.DOTALL)
SAME = {"result", "reason", "retry", "status", "type", "households", "vouchers", "batch", "role"}
"""What an answer must have as the guide tells it; of the rest only that it is there."""


def test_each_example_is_answered_as_the_guide_tells(served: Server, town: Town, tmp_path: Path) -> None:
    assert len(EXAMPLES) == GUIDE.count("```sh") == 9
    phone, paired = town.new_phone(), town.new_till(town.shops[0])
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=500, expires_at=expiry(town.now()))
    path, charge = paired.charge(shown, amount_cents=100, category=3)
    (tmp_path / "charge.json").write_text(json.dumps(charge))
    environment = os.environ | {
        "KINDPAKKET": served.url,
        "SIGN_IN_CODE": served.new_sign_in_link().partition("#code=")[2],
        "STAFF": town.desk.token,
        "PROGRAMME": f"{town.programme}",
        "PAIRING_CODE": town.desk.ask("POST", f"/shops/{town.shops[1]}/pairing-codes")["pairingCode"],
        "TILL_ADDRESS": Till(town.new_client(), town.domain).address,
        "TILL": paired.client.token,
        "TICKET_ID": path.rpartition("/")[2],
    }
    for command, told in EXAMPLES:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=True,
        )
        assert_as_told(json.loads(told), json.loads(done.stdout), command)


def assert_as_told(told: Any, answered: Any, where: str) -> None:
    """Whether an answer has what the guide tells of it."""
    if isinstance(told, dict):
        assert set(told) <= set(answered), where
        for name, value in told.items():
            if name in SAME:
                assert answered[name] == value, (name, where)
            assert_as_told(value, answered[name], where)
    elif isinstance(told, list):
        assert answered, where
        assert_as_told(told[0], answered[0], where)
    else:
        assert told is None or type(told) is type(answered), where


def test_each_status_of_an_error_is_in_the_guide() -> None:
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", GUIDE, re.MULTILINE)}
    named = [*subclasses(errors.Refusal), *subclasses(errors.Failure)]
    assert told == {error.status for error in named}


def test_the_limits_in_the_guide_are_those_of_the_code() -> None:
    told = GUIDE.partition("## Limits")[2].partition("## Versions")[0]
    most_bytes = Settings.model_fields["max_body_bytes"].default
    vouchers = models.Activation.model_json_schema()["properties"]["vouchers"]["maxItems"]
    guesses = access.GUESSES_OF_ONE.amount
    for said in (
        f"at most {most_bytes:,} bytes",
        f"at most {MAX_ROWS:,} rows",
        f"at most {vouchers} vouchers",
        f"{guesses} wrong guesses a minute",
        f"at most {news.ANSWERS_OF_A_PHONE} open answers",
    ):
        assert said in told, said
