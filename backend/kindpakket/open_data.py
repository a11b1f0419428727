# SPDX-License-Identifier: EUPL-1.2
"""Open data: the weekly figures of all programmes as tables, described for machines and for catalogues.

Source: Frictionless Data Package 1.0 (tabular-data-package); DCAT-AP-NL 3.0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from .categories import CATEGORIES
from .csv_tables import without_formula
from .services import Services
from .units import format_plain_euros
from .weekly_figures import WeeklyFigures, list_weekly_figures

LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
WEEKS = "weken"
GROUPS = "soorten-en-winkels"

_PROGRAMME_FIELDS: list[dict[str, Any]] = [
    {"name": "programme", "type": "integer", "description": "Nummer van de regeling"},
    {"name": "programme_name", "type": "string", "description": "Naam van de regeling"},
    {"name": "first_on", "type": "date", "description": "Eerste dag, een maandag"},
    {"name": "last_on", "type": "date", "description": "Laatste dag, een zondag"},
]
_AMOUNT_FIELDS: list[dict[str, Any]] = [
    {
        "name": "payment_count",
        "type": "integer",
        "description": "Aantal betalingen",
        "constraints": {"minimum": 5, "required": True},
    },
    {
        "name": "paid",
        "type": "number",
        "description": "Wat is betaald in euro, voor er iets is teruggeboekt",
        "decimalChar": ".",
        "bareNumber": True,
        "constraints": {"required": True},
    },
]
FIELDS: dict[str, list[dict[str, Any]]] = {
    WEEKS: [
        *_PROGRAMME_FIELDS,
        {
            "name": "week_count",
            "type": "integer",
            "description": "Aantal weken; weken met minder dan 5 betalingen horen bij de week erna",
            "constraints": {"minimum": 1, "required": True},
        },
        *_AMOUNT_FIELDS,
    ],
    GROUPS: [
        *_PROGRAMME_FIELDS,
        {
            "name": "category",
            "type": "integer",
            "description": "Nummer van de soort; leeg: andere soorten samen",
        },
        {
            "name": "category_name",
            "type": "string",
            "description": "Naam van de soort; leeg: andere soorten samen",
        },
        {
            "name": "shop",
            "type": "integer",
            "description": "Nummer van de winkel; leeg: andere winkels samen",
        },
        {
            "name": "shop_name",
            "type": "string",
            "description": "Naam van de winkel; leeg: andere winkels samen",
        },
        *_AMOUNT_FIELDS,
    ],
}
TITLES = {WEEKS: "Betalingen per week", GROUPS: "Betalingen per vier weken, per soort en per winkel"}
DESCRIPTION = (
    "Betalingen met het Kindpakket in hele weken die om zijn, voor er iets is teruggeboekt. "
    "Elk getal gaat over 5 of meer betalingen; wat minder heeft, staat samen met iets anders."
)


def write_tables(services: Services) -> dict[str, str]:
    """Return each table as CSV by its name: UTF-8, commas, amounts in euros with a point."""
    figures = list_weekly_figures(services)
    names = {shop.shop: shop.name for shop in services.registry.shops.shops()}
    return {
        WEEKS: _write(WEEKS, _week_rows(figures)),
        GROUPS: _write(GROUPS, _group_rows(figures, names)),
    }


def describe_package(services: Services) -> dict[str, Any]:
    """Return the tables' description as a data package; paths are beside it."""
    return {
        "profile": "tabular-data-package",
        "name": "kindpakket",
        "id": f"{services.settings.base_url}/open-data",
        "title": f"Kindpakket {services.settings.municipality}",
        "description": DESCRIPTION,
        "homepage": f"{services.settings.base_url}/open-data",
        "licenses": [{"name": "CC0-1.0", "path": LICENCE, "title": "CC0 1.0"}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": name,
                "path": f"{name}.csv",
                "title": TITLES[name],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True, "header": True},
                "schema": {"fields": fields, "missingValues": [""]},
            }
            for name, fields in FIELDS.items()
        ],
    }


def describe_for_catalogues(services: Services) -> dict[str, Any]:
    """Return the record of the data set for catalogues, as JSON-LD that needs no other file to be read."""
    home = f"{services.settings.base_url}/open-data"
    language = {"@id": "http://publications.europa.eu/resource/authority/language/NLD"}
    municipality = {
        "@id": f"{services.settings.base_url}/#gemeente",
        "@type": "foaf:Agent",
        "foaf:name": {"@value": f"Gemeente {services.settings.municipality}", "@language": "nl"},
    }
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{home}#gegevens",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{home}#gegevens",
        "dct:title": {"@value": f"Kindpakket {services.settings.municipality}", "@language": "nl"},
        "dct:description": {"@value": DESCRIPTION, "@language": "nl"},
        "dct:publisher": municipality,
        "dct:creator": {"@id": municipality["@id"]},
        "dct:language": language,
        "dct:accessRights": {"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"},
        "dct:accrualPeriodicity": {
            "@id": "http://publications.europa.eu/resource/authority/frequency/WEEKLY"
        },
        "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/SOCI"},
        "dcat:keyword": [
            {"@value": word, "@language": "nl"} for word in ("kindpakket", "armoede", "kinderen", "tegoed")
        ],
        "dcat:landingPage": {"@id": home, "@type": "foaf:Document"},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": f"Gemeente {services.settings.municipality}",
            "vcard:hasTelephone": {"@id": f"tel:{services.settings.phone.replace(' ', '')}"},
        },
        "dcat:distribution": [
            {
                "@id": f"{home}/{name}.csv#bestand",
                "@type": "dcat:Distribution",
                "dct:title": {"@value": TITLES[name], "@language": "nl"},
                "dcat:accessURL": {"@id": home},
                "dcat:downloadURL": {"@id": f"{home}/{name}.csv"},
                "dct:license": {"@id": LICENCE},
                "dct:language": language,
                "dct:format": {"@id": "http://publications.europa.eu/resource/authority/file-type/CSV"},
                "dcat:mediaType": {"@id": "http://www.iana.org/assignments/media-types/text/csv"},
                "dct:conformsTo": {"@id": f"{home}/datapackage.json"},
            }
            for name in FIELDS
        ],
    }


def _week_rows(figures: Iterable[WeeklyFigures]) -> Iterable[Sequence[object]]:
    for one in figures:
        for run in one.runs:
            yield (
                *(one.programme.programme, one.programme.name, run.first_on, run.last_on, run.week_count),
                *(run.count, format_plain_euros(run.redeemed_cents, language="en")),
            )


def _group_rows(figures: Iterable[WeeklyFigures], names: dict[int, str]) -> Iterable[Sequence[object]]:
    for one in figures:
        for stretch in one.stretches:
            for group in stretch.groups:
                category, shop = group.category, group.shop
                yield (
                    *(one.programme.programme, one.programme.name, stretch.first_on, stretch.last_on),
                    "" if category is None else category,
                    "" if category is None else _dutch(category),
                    "" if shop is None else shop,
                    "" if shop is None else names.get(shop, f"{shop}"),
                    *(group.count, format_plain_euros(group.redeemed_cents, language="en")),
                )


def _dutch(category: int) -> str:
    return CATEGORIES.get(category, ("", f"soort {category}"))[1]


def _write(name: str, rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([field["name"] for field in FIELDS[name]])
    writer.writerows([without_formula(f"{cell}") for cell in row] for row in rows)
    return written.getvalue()
