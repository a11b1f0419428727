# SPDX-License-Identifier: EUPL-1.2
"""What Kindpakket is made of, from what the repository pins: packages, vendored files, the contract's sources.

Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Component = dict[str, Any]


def bill_of_materials() -> dict[str, Any]:
    """Return it; the same for the same repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ours = {
        "type": "application",
        "bom-ref": "kindpakket",
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"expression": project["license"]}],
    }
    components = [*python_packages(), *node_packages(), *vendored_files(), *contract_sources()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": ours},
        "components": components,
        "dependencies": [{"ref": "kindpakket", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def python_packages() -> list[Component]:
    """What runs the server: requirements.txt, with the hashes of each package's files and its licence."""
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    found = []
    for name, version, told in re.findall(r"^([a-z][\w.-]*)==(\S+) (.*(?:\n .*)*)", lock, re.MULTILINE):
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", told)
        purl = f"pkg:pypi/{name}@{version}"
        found.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "licenses": _licences_of(name),
                "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
            }
        )
    return found


def node_packages() -> list[Component]:
    """What npm brings to run the server or to compile the contract: contracts/package-lock.json."""
    lock = json.loads((ROOT / "contracts" / "package-lock.json").read_text("utf-8"))
    found = []
    for place, package in lock["packages"].items():
        if not place or (package.get("dev") and not place.endswith("/@openzeppelin/contracts")):
            continue
        name = place.removeprefix("node_modules/")
        algorithm, _, digest = package["integrity"].partition("-")
        assert algorithm == "sha512"
        purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
        found.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": package["version"],
                "purl": purl,
                "licenses": [{"expression": package["license"]}],
                "hashes": [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}],
            }
        )
    return found


def vendored_files() -> list[Component]:
    """What browsers get of others, a package with its files: vendor.json; the schema of ISO 20022."""
    folder = ROOT / "backend" / "kindpakket" / "static" / "vendor"
    packages: dict[str, Component] = {}
    for file in json.loads((folder / "vendor.json").read_text("utf-8")):
        purl = f"pkg:npm/{file['name'].replace('@', '%40')}@{file['version']}"
        package = packages.setdefault(
            purl,
            {
                "type": "library",
                "bom-ref": purl,
                "name": file["name"],
                "version": file["version"],
                "purl": purl,
                "licenses": [{"expression": file["licence"]}],
                "components": [],
            },
        )
        path = folder / file["file"]
        package["components"].append(_file(path, licence=file["licence"]))
    schema = ROOT / "backend" / "kindpakket" / "bank" / "schemas" / "pain.001.001.09.xsd"
    return [*packages.values(), _file(schema, licence="LicenseRef-ISO-20022")]


def contract_sources() -> list[Component]:
    """What the committed bytecode was compiled from, by the checksums that it was committed with."""
    artifacts = json.loads((ROOT / "contracts" / "artifacts.json").read_text("utf-8"))
    return [
        {
            "type": "file",
            "bom-ref": f"file:contracts/{name}",
            "name": f"contracts/{name}",
            "licenses": [{"expression": "EUPL-1.2"}],
            "hashes": [{"alg": "SHA-256", "content": checksum}],
        }
        for name, checksum in sorted(artifacts["sources"].items())
    ]


def _file(path: Path, *, licence: str) -> Component:
    name = path.relative_to(ROOT).as_posix()
    return {
        "type": "file",
        "bom-ref": f"file:{name}",
        "name": name,
        "licenses": [{"expression": licence}],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
    }


def _licences_of(name: str) -> list[dict[str, Any]]:
    """Return what an installed package says of its licence: an expression, or names."""
    told = distribution(name).metadata.json
    if expression := told.get("license_expression"):
        return [{"expression": expression}]
    classified = [
        one.rpartition(" :: ")[2] for one in told.get("classifier", []) if one.startswith("License ::")
    ]
    names = classified or [str(told.get("license", "not told")).strip().splitlines()[0][:100]]
    return [{"license": {"name": one}} for one in names]
