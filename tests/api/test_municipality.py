# SPDX-License-Identifier: EUPL-1.2
"""The municipality over the API: sign-in, files whole or not at all, shops in and out, tills."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Till
from kindpakket.services import Services
from tests.support import InProcess, Town, new_sign_in_code

STAFF_ONLY = [
    ("POST", "/programmes", {}),
    ("POST", "/programmes/1/deposits", {}),
    ("GET", "/programmes/1/report", None),
    ("POST", "/programmes/1/household-imports", "kenmerk;kinderen\nX;1\n"),
    ("POST", "/programmes/1/shop-imports", "naam;categorie;iban\n"),
    ("PUT", "/programmes/1/shops/1", {"categories": [3]}),
    ("DELETE", "/programmes/1/shops/1?because=closed", None),
    ("POST", "/letter-batches/1/disclosures", None),
    ("POST", "/shops/1/pairing-codes", None),
]


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("method, path, body", STAFF_ONLY)
def test_what_is_for_staff_is_refused_to_all_others(town: Town, method: str, path: str, body: object) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    for token in ("", "guess", phone.client.token, till.client.token):
        caller = town.new_client()
        caller.token = token
        with pytest.raises(Refused) as refused:
            caller.ask(method, path, body)
        assert (refused.value.status, refused.value.reason) == (401, "sign_in_required")


def test_a_sign_in_code_works_once(services: Services, town: Town) -> None:
    code = new_sign_in_code(services, name="Bram")
    assert town.new_client().ask("POST", "/staff-sessions", {"signInCode": code})["name"] == "Bram"
    with pytest.raises(Refused, match="sign_in_code_invalid"):
        town.new_client().ask("POST", "/staff-sessions", {"signInCode": code})


def test_a_repeated_deposit_is_refused_and_booked_once(town: Town) -> None:
    deposit = {"amountCents": 500, "paymentReference": "afschrift 12"}
    path = f"/programmes/{town.programme}/deposits"
    before = town.desk.ask("GET", f"/programmes/{town.programme}/report")["depositedCents"]
    town.desk.ask("POST", path, deposit)
    with pytest.raises(Refused, match="payment_already_recorded"):
        town.desk.ask("POST", path, deposit)
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report")["depositedCents"] == before + 500


def test_a_reference_that_looks_the_same_is_the_same_payment(town: Town) -> None:
    path = f"/programmes/{town.programme}/deposits"
    town.desk.ask("POST", path, {"amountCents": 500, "paymentReference": "rek é 12"})
    for reference in ("rek  é 12", "rek e\u0301 12", " rek\u00a0é\t12 "):
        with pytest.raises(Refused, match="payment_already_recorded"):
            town.desk.ask("POST", path, {"amountCents": 500, "paymentReference": reference})
    for reference in ("rek é\u200b 12", "\u00ad"):
        with pytest.raises(Refused, match="request_invalid"):
            town.desk.ask("POST", path, {"amountCents": 500, "paymentReference": reference})


@pytest.mark.parametrize(
    "member, value",
    [
        ("endsOn", "9999-12-31"),
        ("startsOn", "0001-01-01"),
        ("categories", [0]),
        ("categories", [7]),
        ("categories", []),
    ],
)
def test_a_programme_with_impossible_terms_is_refused(town: Town, member: str, value: object) -> None:
    terms = {
        "name": "Kort",
        "startsOn": "2026-01-01",
        "endsOn": "2026-12-31",
        "categories": [1],
        "maxRedemptionCents": 100,
        "policyText": "",
    }
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", "/programmes", terms | {member: value})
    assert refused.value.reason == "request_invalid"
    assert refused.value.content["errors"][0]["at"].startswith(member)


def test_a_mistyped_query_parameter_is_refused_and_runs_nothing(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=30000&dryrun=true"
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    assert refused.value.content["errors"] == [{"at": "dryrun", "message": "There is no such parameter"}]
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report")["voucherCount"] == 6


def test_a_query_parameter_that_stands_twice_is_refused_and_runs_nothing(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=30000&dryRun=true&dryRun=false"
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    assert refused.value.content["errors"] == [{"at": "dryRun", "message": "Stands more than once"}]
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report")["voucherCount"] == 6


@pytest.mark.parametrize(
    "members, at",
    [
        ('"amountCents": 1, "amountCents": 500', "amountCents"),
        ('"amountCents": 500, "amountCents": 500', "amountCents"),
        ('"amountCents": 1, "amount\\u0043ents": 500', "amountCents"),
        ('"amountCents": NaN, "amountCents": 500', "body"),
    ],
)
def test_a_member_that_stands_twice_is_refused_and_records_nothing(
    town: Town, client: TestClient, members: str, at: str
) -> None:
    report = f"/programmes/{town.programme}/report"
    before = town.desk.ask("GET", report)
    answer = client.post(
        f"/api/v1/programmes/{town.programme}/deposits",
        content=f'{{{members}, "paymentReference": "twice"}}',
        headers={"authorization": f"Bearer {town.desk.token}", "content-type": "application/json"},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [fault["at"] for fault in answer.json()["errors"]] == [at]
    assert town.desk.ask("GET", report) == before


# ---------------------------------------------------------------- files


def faults_of(
    town: Town, text: str, *, kind: str = "household", query: str = "?amountCents=30000"
) -> list[tuple[int, str]]:
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", f"/programmes/{town.programme}/{kind}-imports{query}", text)
    assert (refused.value.status, refused.value.reason) == (400, "csv_invalid")
    for fault in refused.value.content["errors"]:
        assert fault["found"] and fault["expected"]
    return [(fault["line"], fault["column"]) for fault in refused.value.content["errors"]]


def test_a_household_file_with_bad_rows_names_each_and_imports_nothing(town: Town) -> None:
    before = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    rows = [
        "B-1;2;",
        "B-2;0;",
        "B-3;twee;",
        "B-1;1;",
        ";1;",
        "B-4;1;-5",
        "B-5;1",
        "A-1;1;",
        "B-6;21;",
        "B-7;1;200000",
    ]
    text = "\n".join(["kenmerk;kinderen;bedrag", *rows])
    assert faults_of(town, text) == [
        (3, "children"),
        (4, "children"),
        (5, "reference"),
        (6, "reference"),
        (7, "amount"),
        (8, ""),
        (9, "reference"),
        (10, "children"),
        (11, "amount"),
    ]
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report") == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "kenmerk;kinderen\n",
        "naam;leeftijd\nx;1\n",
        "kenmerk;kenmerk;kinderen\na;b;1\n",
        "kenmerk\n\0;1\n",
    ],
)
def test_a_household_file_of_another_kind_is_refused(town: Town, text: str) -> None:
    assert faults_of(town, text)


def test_a_household_line_without_any_amount_is_a_fault(town: Town) -> None:
    assert faults_of(town, "kenmerk;kinderen\nB-1;1\n", query="") == [(2, "amount")]


def test_a_household_file_that_is_no_text_is_refused(town: Town) -> None:
    assert isinstance(town.desk, InProcess)
    answer = town.desk.client.post(
        f"/api/v1/programmes/{town.programme}/household-imports",
        content=b"kenmerk;kinderen\n\xff\xfe;1\n",
        headers={"Authorization": f"Bearer {town.desk.token}"},
    )
    assert (answer.status_code, answer.json()["errors"][0]["line"]) == (400, 2)


def test_a_household_file_for_more_money_than_there_is_issues_nothing(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        town.desk.ask(
            "POST",
            f"/programmes/{town.programme}/household-imports",
            "kenmerk;kinderen;bedrag\nB-1;20;9999\n",
        )
    assert refused.value.reason == "unallocated_too_low"


def test_a_dry_run_counts_and_issues_nothing(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=30000&dryRun=true"
    counted = town.desk.ask("POST", path, "reference,children\nB-1,2\nB-2,3\n")
    assert counted == {"batch": None, "households": 2, "vouchers": 5, "amountCents": 150_000}
    assert town.desk.ask("GET", f"/programmes/{town.programme}/report")["voucherCount"] == 6


def test_children_and_amounts_are_read_as_people_write_them(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports"
    text = '﻿Kenmerk,Kinderen,Bedrag\nB-1,2,"37,45"\nB-2,,€ 100\n\n'
    issued = town.desk.ask("POST", path, text)
    assert (issued["households"], issued["vouchers"], issued["amountCents"]) == (2, 3, 2 * 3745 + 10_000)


def test_a_shop_file_with_bad_rows_names_each_and_registers_nothing(town: Town) -> None:
    before = town.desk.ask("GET", "/shops")
    text = (
        "naam;categorie;iban\n"
        "Nieuw;sport;NL90INGB0009000000\n"
        "Fout;sport;NL91INGB0009000000\n"
        "Andere;school;NL90INGB0009000000\n"
        "Fietsen Jansen;fietsen;NL90INGB0009000000\n"
        ";sport;NL90INGB0009000000\n"
    )
    assert faults_of(town, text, kind="shop", query="") == [
        (3, "iban"),
        (4, "category"),
        (5, "name"),
        (6, "name"),
    ]
    assert town.desk.ask("GET", "/shops") == before


# ---------------------------------------------------------------- shops and tills


def test_a_removed_shop_leaves_the_list_and_comes_back(town: Town) -> None:
    shop = town.shops[0]
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{shop}?because=closed")
    assert shop not in [one["shop"] for one in town.desk.ask("GET", "/shops")["shops"]]
    with pytest.raises(Refused, match="shop_not_allowed"):
        town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{shop}?because=closed")
    town.desk.ask("PUT", f"/programmes/{town.programme}/shops/{shop}", {"categories": [3]})
    assert shop in [one["shop"] for one in town.desk.ask("GET", "/shops")["shops"]]


def test_a_shop_may_not_get_a_category_that_the_programme_lacks(town: Town) -> None:
    with pytest.raises(Refused, match="category_not_allowed"):
        town.desk.ask("PUT", f"/programmes/{town.programme}/shops/{town.shops[0]}", {"categories": [5]})
    with pytest.raises(Refused, match="shop_unknown"):
        town.desk.ask("PUT", f"/programmes/{town.programme}/shops/999", {"categories": [3]})


def test_the_public_list_of_shops_has_no_bank_accounts(town: Town) -> None:
    assert "INGB" not in str(town.new_client().ask("GET", "/shops"))


def test_a_pairing_code_works_for_one_till_and_for_its_retry(town: Town) -> None:
    code = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    till = Till(town.new_client(), town.domain)
    first = till.pair(code.lower())
    again = till.pair(code)
    assert first["shop"] == again["shop"] == town.shops[0]
    assert till.client.ask("GET", "/tills/me")["categories"] == [3]
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair(code)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair(wrong)


def test_a_used_pairing_code_gives_no_new_token_after_ten_minutes(town: Town, chain: TesterChain) -> None:
    code = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    till = Till(town.new_client(), town.domain)
    till.pair(code)
    chain.travel_to(town.now() + 599)
    till.pair(code)
    chain.travel_to(town.now() + 1)
    with pytest.raises(Refused, match="pairing_code_invalid"):
        till.pair(code)


def test_a_wrong_pairing_code_is_refused_and_guesses_are_slowed(town: Town) -> None:
    reasons = []
    for guess in range(32):
        with pytest.raises(Refused) as refused:
            Till(town.new_client(), town.domain).pair(f"AAAA-AA{guess:02d}-A")
        reasons.append(refused.value.reason)
    assert reasons == ["pairing_code_invalid"] * 30 + ["rate_too_high"] * 2
