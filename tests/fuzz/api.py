# SPDX-License-Identifier: EUPL-1.2
"""Schemathesis asks every operation of the API, rightly and wrongly, as every kind of caller, and looks at the answers.

It makes requests from the description that the API gives of itself, and holds each answer against that description:
status, form, headers, no 5xx, wrong data refused, right data not refused for its form, tokens not ignored.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from fastapi import FastAPI
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.failures import Failure, FailureGroup

from kindpakket.api.access import GuessLimit
from kindpakket.shop_applications import ApplicationLimit

from .explained import Finding
from .lived_in import CALLERS, EVERY_ROLE, NOBODY, OWNER, PHONE, LivedIn

WHOSE = {"phone": PHONE, "till": OWNER, "staff": EVERY_ROLE}
#: An open answer that only its caller ends; tests/api/test_news.py reads it.
NEVER_ENDS = "followBudget"
JSON_RPC = "json_rpc"
"""What errors within an answer of JSON-RPC are called before their codes."""
TICKET_KEYS = [f"0x{place:040x}" for place in range(1, 257)]


@dataclass
class Report:
    """What was asked and answered, and what schemathesis complains of."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def fuzz(app: FastAPI, lived_in: LivedIn, *, examples: int, seed: int | None = None) -> Report:
    """Ask each operation so many times rightly and wrongly as who may, and once as each other kind of caller.

    Without a seed the same is asked each time.
    """
    report = Report()
    api: FastAPI = next(route.app for route in app.routes if getattr(route, "path", "") == "/api/v1")
    schema = schemathesis.openapi.from_dict(_describe(api))
    schema.app = app

    def ask(case: Case, *callers: str) -> None:
        for caller in callers:
            if (_name(case.operation), caller) == (NEVER_ENDS, PHONE):
                continue
            # What limits guessing is tested elsewhere; here it would hide all else after thirty requests.
            api.state.guess_limit = GuessLimit()
            api.state.application_limit = ApplicationLimit()
            _ask(case, caller, lived_in.tokens[caller], report)

    for found in schema.get_all_operations():
        operation = found.ok()
        rightly = _who_may(operation)
        others = [caller for caller in CALLERS if caller != rightly]
        right = _as_known(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), lived_in.known)
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        _run(right, lambda case, rightly=rightly: ask(case, rightly), examples=examples, seed=seed)
        _run(wrong, lambda case, rightly=rightly: ask(case, rightly), examples=examples, seed=seed)
        _run(right, lambda case, others=others: ask(case, *others), examples=1, seed=seed)
    return report


def _describe(api: FastAPI) -> dict[str, Any]:
    """Return the API's own description, in which ticket keys are always the same 256: to make them up takes minutes."""
    description = copy.deepcopy(api.openapi())
    for message in ("VoucherActivation", "Renewal"):
        description["components"]["schemas"][message]["properties"]["ticketKeys"]["enum"] = [TICKET_KEYS]
    return description


def _name(operation: APIOperation) -> str:
    return str(operation.definition.raw["operationId"])


def _who_may(operation: APIOperation) -> str:
    schemes = [scheme for one in operation.definition.raw.get("security", []) for scheme in one]
    return WHOSE[schemes[0]] if schemes else NOBODY


def _as_known(cases: st.SearchStrategy[Case], known: dict[str, list[Any]]) -> st.SearchStrategy[Case]:
    """Let three of four requests be about something that exists: of numbers made up none does."""

    @st.composite
    def draw_known(draw: st.DrawFn) -> Case:
        case = draw(cases)
        parameters = case.path_parameters or {}
        if draw(st.integers(0, 3)) < 3:
            for name in sorted(set(parameters) & set(known)):
                parameters[name] = draw(st.sampled_from(known[name]))
        case.body = _whole(case.body)
        if isinstance(case.body, dict):
            for name in sorted(set(case.body) & set(known)):
                if draw(st.integers(0, 3)) < 3:
                    case.body[name] = draw(st.sampled_from(known[name]))
        if isinstance(case.body, str) and draw(st.integers(0, 3)) < 3:
            case.body = draw(st.sampled_from(known[_name(case.operation)]))
        return case

    return draw_known()


def _whole(content: Any) -> Any:
    """Write 3.0 as 3: to JSON Schema both are integers, and here only the second is (docs/api.md)."""
    match content:
        case dict():
            return {name: _whole(value) for name, value in content.items()}
        case list():
            return [_whole(value) for value in content]
        case float() if content.is_integer():
            return int(content)
        case _:
            return content


def _run(
    cases: st.SearchStrategy[Case], ask: Callable[[Case], None], *, examples: int, seed: int | None
) -> None:
    settings = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=seed is None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run = hypothesis.given(case=cases)(lambda case: ask(case))
    if seed is not None:
        run = hypothesis.seed(seed)(run)
    try:
        settings(run)()
    except hypothesis.errors.Unsatisfiable:
        # There is nothing wrong to ask where nothing is asked for.
        return


def _ask(case: Case, caller: str, token: str, report: Report) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = case.call(headers=headers)
    report.asked[caller] += 1
    report.answered[response.status_code] += 1
    try:
        case.validate_response(response, headers=headers, transport_kwargs={"headers": headers})
    except FailureGroup as group:
        for failure in group.exceptions:
            report.findings.append(_finding(failure, case, caller, response))


def _finding(failure: Exception, case: Case, caller: str, response: Response) -> Finding:
    assert isinstance(failure, Failure)
    told = (
        f"{type(failure).__name__} as {caller}: {case.method} {case.formatted_path} {case.query}\n"
        f"{str(case.body)[:300]}\n{failure.message}\n{response.status_code} {response.text[:600]}"
    )
    return Finding(
        check=type(failure).__name__,
        operation=_name(case.operation),
        caller=caller,
        reasons=_reasons_of(response),
        told=told,
    )


def _reasons_of(response: Response) -> tuple[str, ...]:
    """Return the reason of a refusal; of a request of the wrong form one for each fault, with its place.

    An error of JSON-RPC is one by its code.
    """
    try:
        problem = json.loads(response.text)
    except ValueError:
        return ()
    if isinstance(problem, dict) and "error" in problem:
        return (f"{JSON_RPC}:{problem['error']['code']}",)
    reason = problem.get("reason") if isinstance(problem, dict) else None
    if reason == "request_invalid":
        return tuple(f"{reason}:{fault['at']}" for fault in problem["errors"])
    return (reason,) if reason else ()
