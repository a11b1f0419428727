# SPDX-License-Identifier: EUPL-1.2
"""Open data: tables that nobody's payment can be worked out of, with descriptions that machines accept.

Given an address of no table: a page says that there is none
Given no week that is over
  the tables have their columns and no row, and the description is valid
Given weeks that are over
  anyone gets them from any site, without signing in
  the tables are valid by their description, by Frictionless' own library, and say what the API says
  the record for catalogues is read by an RDF library and has what DCAT-AP-NL wants of a data set
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package, system
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF
from sqlalchemy import update
from starlette.testclient import TestClient

from kindpakket.open_data import GROUPS, LICENCE, WEEKS, write_tables
from kindpakket.registry import tables as registry_tables
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.payout_runs.conftest import Shopping

from .test_reports import three_weeks

__all__ = ["three_weeks"]

FILES = (f"{WEEKS}.csv", f"{GROUPS}.csv", "datapackage.json", "dcat.jsonld")
OTHER_SITE = {"origin": "https://elders.example"}


def rows_of(client: TestClient, name: str) -> list[dict[str, str]]:
    """The rows of a table by column."""
    return list(csv.DictReader(io.StringIO(client.get(f"/open-data/{name}.csv").text)))


def validate(client: TestClient, folder: Path) -> Any:
    """What Frictionless says of the package, its files laid beside it."""
    for name in FILES[:3]:
        (folder / name).write_bytes(client.get(f"/open-data/{name}").content)
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    with system.use_context(trusted=True):
        return Package.from_descriptor(descriptor, basepath=str(folder)).validate()


@pytest.mark.parametrize("path", ["x.csv", "weken", "..%2fweken.csv", "datapackage"])
def test_an_address_of_no_table_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(f"/open-data/{path}")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"].startswith("text/html")


def test_before_a_week_is_over_the_tables_are_empty_and_valid(
    client: TestClient, earned: Shopping, tmp_path: Path
) -> None:
    assert rows_of(client, WEEKS) == rows_of(client, GROUPS) == []
    assert validate(client, tmp_path).valid


@pytest.mark.parametrize("name", FILES)
def test_anyone_gets_a_file_from_any_site(client: TestClient, earned: Shopping, name: str) -> None:
    answer = client.get(f"/open-data/{name}", headers=OTHER_SITE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    page = client.get("/open-data")
    assert f'href="/open-data/{name}"' in page.text


def test_the_tables_are_valid_and_say_what_the_api_says(
    client: TestClient, three_weeks: Shopping, tmp_path: Path
) -> None:
    report = validate(client, tmp_path)
    assert report.valid, report.flatten(["title", "note"])
    told = client.get(f"/api/v1/weekly-figures/{three_weeks.town.programme}", headers=OTHER_SITE)
    assert told.headers["access-control-allow-origin"] == "*"
    weeks = rows_of(client, WEEKS)
    assert [(row["first_on"], int(row["payment_count"])) for row in weeks] == [
        (one["firstOn"], one["count"]) for one in told.json()["weeks"]
    ]
    assert [row["paid"] for row in weeks] == ["60.00", "19.99"]
    (group,) = rows_of(client, GROUPS)
    assert (group["category"], group["shop"], group["paid"]) == ("", "", "79.99")


def test_a_table_with_a_figure_of_four_payments_would_not_be_valid(
    client: TestClient, three_weeks: Shopping, tmp_path: Path
) -> None:
    assert validate(client, tmp_path).valid
    file = tmp_path / f"{WEEKS}.csv"
    file.write_text(file.read_text("utf-8").replace(",5,19.99", ",4,19.99"), "utf-8")
    descriptor = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    with system.use_context(trusted=True):
        assert not Package.from_descriptor(descriptor, basepath=str(tmp_path)).validate().valid


# The library's reader of JSON-LD uses what the library itself calls old.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning")
def test_the_record_for_catalogues_has_what_is_wanted_of_a_data_set(
    services: Services, client: TestClient, earned: Shopping
) -> None:
    graph = Graph().parse(data=client.get("/open-data/dcat.jsonld").text, format="json-ld")
    (dataset,) = graph.subjects(RDF.type, DCAT.Dataset)
    for wanted in (
        *(DCTERMS.title, DCTERMS.description, DCTERMS.identifier, DCTERMS.publisher, DCTERMS.creator),
        *(DCTERMS.accessRights, DCAT.theme, DCAT.contactPoint),
    ):
        assert graph.value(dataset, wanted) is not None, wanted
    publisher = graph.value(dataset, DCTERMS.publisher)
    assert str(graph.value(publisher, FOAF.name)) == f"Gemeente {services.settings.municipality}"
    distributions = list(graph.objects(dataset, DCAT.distribution))
    assert len(distributions) == 2
    for one in distributions:
        assert graph.value(one, DCTERMS.license) == URIRef(LICENCE)
        assert graph.value(one, DCAT.accessURL) is not None
        path = str(graph.value(one, DCAT.downloadURL)).removeprefix(services.settings.base_url)
        assert client.get(path).status_code == 200


def test_a_name_is_no_formula(services: Services, three_weeks: Shopping) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(update(registry_tables.programme_text).values(name="=1+1"))
    assert ",'=1+1," in write_tables(services)[WEEKS]
