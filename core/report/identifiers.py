"""Which of the 18 kinds of identifier of the HIPAA Safe Harbor the columns seem to hold, by name, kind and role.

Source: 45 CFR 164.514(b)(2)(i), letters (A) to (R). Only names, kinds and roles of columns are read, never a cell: what
is not seen here may still be there, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.words import items, mapping, plain
from core.data.pii_names import has_topic, names_id, words_of

PRESENT, NOT_SEEN, CANNOT_TELL = "present", "not seen", "cannot tell"

KINDS: dict[str, str] = {
    "A": "Names",
    "B": "Places smaller than a state: street, city, county, postal code, map coordinates",
    "C": "Dates other than years about a person (birth, admission, death), and ages over 89",
    "D": "Telephone numbers",
    "E": "Fax numbers",
    "F": "E-mail addresses",
    "G": "Social security numbers",
    "H": "Medical record numbers",
    "I": "Health plan beneficiary numbers",
    "J": "Account numbers",
    "K": "Certificate and license numbers",
    "L": "Vehicle identifiers, number plates included",
    "M": "Device identifiers and serial numbers",
    "N": "Web addresses (URLs)",
    "O": "Internet (IP) addresses",
    "P": "Biometric identifiers, finger and voice prints included",
    "Q": "Full-face photographs and the like",
    "R": "Any other unique number, characteristic or code",
}

_TOPICS = {"A": ("person name",), "B": ("address", "postal code"), "C": ("birth",), "F": ("e-mail",)}
_WORDS = {
    "B": "city|town|village|municipality|county|district|precinct|neighborhood|neighbourhood|borough|latitude|longitude"
    "|lat|lon|lng|location|ort|wohnort|geburtsort|stadt|gemeinde|kreis|landkreis|ville|commune|departement|ciudad"
    "|municipio|provincia|geocode|coordinates",
    "C": "date|death|admission|discharge|admitted|discharged|datum|fecha",
    "E": "fax|telefax",
    "G": "ssn|social security|social security number|sozialversicherungsnummer|securite sociale",
    "H": "mrn|medical record|medical record number|patient number|patientennummer|patientennr|patient id|patientid",
    "I": "medicare|medicaid|health plan|beneficiary|member number|insurance number|insurance id|policy number"
    "|versichertennummer|versicherungsnummer|nhs|nhs number|mbi",
    "J": "account|account number|iban|kontonummer|card number|credit card|kreditkarte|numero de compte|customer number"
    "|kundennummer|kundennr|account id",
    "K": "passport|passport number|reisepass|driver license|driver s license|drivers license|driving licence"
    "|fuhrerschein|ausweis|personalausweis|certificate|license number|licence number|dni|nie|national id|license",
    "L": "license plate|licence plate|number plate|kennzeichen|vin|vehicle id|matricula|plate",
    "M": "imei|imsi|iccid|mac address|device id|deviceid|device|serial|serial number|serialnumber|idfa|gaid"
    "|advertising id|cookie id",
    "N": "url|urls|website|web address|homepage|facebook|instagram|linkedin|profile url",
    "O": "ip|ip address|ipaddress|ipv4|ipv6",
    "P": "fingerprint|finger print|voice print|voiceprint|retina|iris scan|biometric|biometrics|face id|faceid|genome",
    "Q": "photo|photograph|picture|selfie|portrait|face image|headshot|foto",
}
_PHRASES = {letter: tuple(words.split("|")) for letter, words in _WORDS.items()}
_AGES = frozenset(("age", "alter", "edad", "yob", "birthyear", "geburtsjahr"))
_UNIQUE = ("direct_identifier", "person_id")


def fields_of(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the columns that a result lists: name, kind and role of each; none when it lists none."""
    return [mapping(field) for field in items(mapping(result.get("table")).get("fields"))]


def roles_of(fields: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many columns have each role.

    >>> roles_of([{"role": "target"}, {"role": "feature"}, {"role": "feature"}, {"role": "Kiel"}])
    {'feature': 2, 'target': 1}
    """
    found = [str(field.get("role")) for field in fields]
    return {role: found.count(role) for role in ROLES if role in found}


ROLES: dict[str, str] = {
    "person_id": "id of a person",
    "direct_identifier": "direct identifier",
    "quasi_identifier": "quasi-identifier",
    "sensitive": "sensitive",
    "feature": "other input",
    "target": "what is predicted",
    "ignored": "ignored, never released",
}


def leaving(fields: Sequence[Mapping[str, Any]], recipe: Sequence[Any]) -> list[Mapping[str, Any]]:
    """Return the columns that leave under a recipe: neither ignored nor dropped by one of its steps.

    >>> leaving([{"name": "a", "role": "feature"}, {"name": "b"}], [{"technique": "drop_columns",
    ...     "parameters": {"columns": ["a"]}}])
    [{'name': 'b'}]
    """
    gone: set[str] = set()
    named = False
    for step in map(mapping, recipe):
        settings = mapping(step.get("parameters"))
        if step.get("technique") == "drop_columns":
            gone |= {str(name) for name in items(settings.get("columns"))}
        # Pseudonyms, shortened and moved cells still are codes and dates of a person; only dropping removes them.
        named = named or (step.get("technique") == "mask_identifiers" and settings.get("method") == "drop")
    return [
        field
        for field in fields
        if field.get("role") != "ignored"
        and str(field.get("name")) not in gone
        and not (named and field.get("role") in _UNIQUE)
    ]


def letters_of(field: Mapping[str, Any]) -> set[str]:
    """Return the kinds of identifier that a column seems to hold.

    >>> sorted(letters_of({"name": "Home phone/fax", "kind": "categorical"}))
    ['D', 'E']
    >>> sorted(letters_of({"name": "education", "kind": "categorical"}))
    []
    """
    name, role = plain(field.get("name")), field.get("role")
    words = words_of(name)
    joined = f" {' '.join(words)} "
    found = {letter for letter, topics in _TOPICS.items() if any(has_topic(name, topic) for topic in topics)}
    found |= {letter for letter, phrases in _PHRASES.items() if any(f" {phrase} " in joined for phrase in phrases)}
    if (has_topic(name, "phone") and "E" not in found) or {"phone", "telephone", "tel"} & set(words):
        found.add("D")
    if field.get("kind") == "date":
        found.add("C")
    elif _is_age(name):
        found.discard("C")  # a year alone is allowed, and an age below 90: only the cells tell
    unnamed = has_topic(name, "national id") or has_topic(name, "account") or names_id(name) or role in _UNIQUE
    if unnamed and not found - {"C"}:
        found.add("R")
    return found


def _is_age(name: str) -> bool:
    words = set(words_of(name))
    return bool(_AGES & words) or ("year" in words and has_topic(name, "birth"))


def _unreadable(field: Mapping[str, Any]) -> bool:
    """Say whether a name has no word that our lists, which are of Latin letters, could know ("x17", another script)."""
    name = plain(field.get("name"))
    return not letters_of(field) and not any(re.search("[a-z]{3}", word) for word in words_of(name))


def safe_harbor(fields: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each of the 18 kinds with its status and the columns that it was seen in.

    Parameters
    ----------
    fields : sequence of mapping
        The columns that leave. Without any list of columns nothing can be told.

    Returns
    -------
    list of dict
        `letter`, `status` (present, not seen, cannot tell), `columns` (names). Free text, and a column whose name says
        nothing, can hold every kind, and an age can be over 89, so none of them allows "not seen".

    Examples
    --------
    >>> found = safe_harbor([{"name": "e-mail", "kind": "categorical"}, {"name": "age", "kind": "numeric"}])
    >>> [(kind["letter"], kind["status"]) for kind in found if kind["status"] != "not seen"]
    [('C', 'cannot tell'), ('F', 'present')]
    """
    holders: dict[str, list[str]] = {letter: [] for letter in KINDS}
    for field in fields:
        for letter in letters_of(field):
            holders[letter].append(plain(field.get("name")))
    text = [plain(field.get("name")) for field in fields if field.get("kind") == "text" or _unreadable(field)]
    ages = [plain(field.get("name")) for field in fields if _is_age(plain(field.get("name")))]
    told = []
    for letter, names in holders.items():
        doubt = [] if names else [*text, *(ages if letter == "C" else [])]
        status = PRESENT if names else CANNOT_TELL if doubt or not fields else NOT_SEEN
        told.append({"letter": letter, "status": status, "columns": names or doubt})
    return told


def columns_outside(fields: Sequence[Mapping[str, Any]], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many columns have each role, and which kinds of identifier leave, without a column's name.

    Parameters
    ----------
    chosen : mapping
        The point that was chosen, whose recipe may drop columns; empty when none is.

    Examples
    --------
    >>> columns_outside([{"name": "age", "role": "feature"}], {})["identifier_kinds"][2]
    {'letter': 'C', 'status': 'cannot tell', 'columns': 1}
    """
    if not fields:
        return {}
    found = safe_harbor(leaving(fields, items(chosen.get("recipe"))))
    return {
        "roles": roles_of(fields),
        "identifier_kinds": [{**kind, "columns": len(kind["columns"])} for kind in found],
    }
