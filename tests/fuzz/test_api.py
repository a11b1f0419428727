# SPDX-License-Identifier: EUPL-1.2
"""The whole API against nonsense, and against what its own description allows: `scripts/fuzz api` does more of it.

given a town in which something of everything happened
├── every operation, asked rightly and wrongly as who may and as each other kind of caller, answers as it is described
├── what schemathesis complains of all the same is explained
└── nothing is explained that there is not
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kindpakket.chain.tester import TesterChain
from kindpakket.main import create_app, services_on
from kindpakket.units import day_of
from tests.ledger.databases import settings_in
from tests.payout_runs.bank import OUR_IBAN
from tests.support import InProcess, found_town, sign_in
from tests.test_names import reasons

from .api import JSON_RPC, Report, fuzz
from .explained import read_explanations
from .lived_in import CALLERS, live_in

EXAMPLES = int(os.environ.get("KINDPAKKET_FUZZ_EXAMPLES", "2"))
SEED = os.environ.get("KINDPAKKET_FUZZ_SEED")
HOUSEHOLDS = "kenmerk;kinderen\nA-1;1\nA-2;2\nA-3;1\n"


@pytest.fixture(scope="module")
def report(keystore: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    chain = TesterChain()
    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(keystore, folder, dirs_exist_ok=True)
    settings = settings_in(folder, payout_iban=OUR_IBAN)
    with services_on(settings, chain, now=chain.now, follow=False) as services:
        app = create_app(services)
        with TestClient(app, raise_server_exceptions=False) as client:
            desk = InProcess(client)
            sign_in(services, desk)
            today = day_of(services.now())
            town = found_town(
                lambda: InProcess(client),
                desk,
                starts_on=(today - timedelta(days=10)).isoformat(),
                ends_on=(today + timedelta(days=30)).isoformat(),
                households=HOUSEHOLDS,
            )
            lived_in = live_in(services, town, desk)
            yield fuzz(app, lived_in, examples=EXAMPLES, seed=int(SEED) if SEED else None)
    chain.close()


@pytest.fixture
def operations(client: TestClient) -> set[str]:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    return {operation["operationId"] for found in paths.values() for operation in found.values()}


def test_every_answer_is_as_the_description_says_or_the_difference_is_explained(report: Report) -> None:
    explanations = read_explanations()
    print(f"asked: {dict(report.asked)}\nanswered: {dict(sorted(report.answered.items()))}")
    unexplained = [one for one in report.findings if not any(known.covers(one) for known in explanations)]
    print(f"complaints: {len(report.findings)}, not explained: {len(unexplained)}")
    summary = sorted({f"{one.check} {one.operation} {' '.join(one.reasons)}" for one in unexplained})
    assert not unexplained, "\n".join([*summary, *(f"\n{one.told}" for one in unexplained[:20])])


def test_every_kind_of_caller_asked(report: Report) -> None:
    assert set(report.asked) == set(CALLERS)
    assert min(report.asked.values()) > 50


def test_what_is_explained_is_about_operations_and_refusals_that_there_are(operations: set[str]) -> None:
    for explanation in read_explanations():
        assert set(explanation.operations) <= operations
        assert {one.partition(":")[0] for one in explanation.reasons} <= {*reasons(), JSON_RPC}
        assert explanation.because.endswith(".")
