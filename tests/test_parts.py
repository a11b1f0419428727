# SPDX-License-Identifier: EUPL-1.2
"""What is shipped says of all its parts whose they are: bill of materials, licences, publiccode.yml.

`scripts/test` also lets reuse judge every file and CycloneDX's schema the bill of materials.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket.chain.artifacts import load_artifacts
from sbom_lib.parts import bill_of_materials

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def materials() -> dict[str, Any]:
    return bill_of_materials()


@pytest.fixture(scope="module")
def publiccode() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text("utf-8"))
    return read


def test_the_bill_of_materials_names_every_package_that_runs_the_server(materials: dict[str, Any]) -> None:
    named = {(one["name"], one.get("version")) for one in materials["components"]}
    pins = re.findall(r"^([a-z][\w.-]*)==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert len(pins) > 50
    assert set(pins) <= named
    assert {name for name, _ in named} >= {
        "@foundry-rs/anvil-linux-amd64",
        "@openzeppelin/contracts",
        "lit",
        "zxing-wasm",
        "backend/kindpakket/bank/schemas/pain.001.001.09.xsd",
        *(f"contracts/{name}" for name in load_artifacts()["sources"]),
    }


def test_the_bill_of_materials_has_a_licence_and_a_hash_of_each_part(materials: dict[str, Any]) -> None:
    references = [one["bom-ref"] for one in materials["components"]]
    assert len(references) == len(set(references))
    for part in materials["components"]:
        for file in part.get("components", [part]):
            assert file["hashes"], file["name"]
            for licence in file["licenses"]:
                told = licence.get("expression") or licence["license"]["name"]
                assert told and told != "not told", file["name"]


def test_each_licence_that_is_named_has_its_text() -> None:
    told = tomllib.loads((ROOT / "REUSE.toml").read_text("utf-8"))["annotations"]
    named = {part for one in told for part in one["SPDX-License-Identifier"].split(" AND ")}
    assert named == {file.stem for file in (ROOT / "LICENSES").glob("*.txt")}
    assert (ROOT / "LICENSE").read_text("utf-8") == (ROOT / "LICENSES" / "EUPL-1.2.txt").read_text("utf-8")


def test_publiccode_has_what_the_standard_asks_for(publiccode: dict[str, Any]) -> None:
    """Source: the publiccode.yml standard 0.4, its mandatory keys and their limits."""
    assert publiccode["publiccodeYmlVersion"] == "0.4"
    assert set(publiccode) >= {
        "name",
        "url",
        "platforms",
        "categories",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    }
    assert publiccode["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert publiccode["maintenance"]["contacts"], "who is of a community can be asked"
    assert set(publiccode["description"]) == {"en", "nl"}
    for language, told in publiccode["description"].items():
        assert len(told["shortDescription"]) <= 150, language
        assert 150 <= len(told["longDescription"]) <= 10_000, language
        assert all(len(feature) <= 100 for feature in told["features"]), language


def test_publiccode_says_the_same_as_the_package(publiccode: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert publiccode["legal"]["license"] == project["license"]
    assert publiccode["softwareVersion"] == project["version"]
    texts = {
        file.suffixes[0][1:] for file in (ROOT / "backend/kindpakket/static/text").glob("citizen.*.json")
    }
    assert set(publiccode["localisation"]["availableLanguages"]) == texts
