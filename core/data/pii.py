"""What a column may say about a person: patterns in its cells, and words in its name (en, de, fr, es).

Both are hints for somebody who then decides, never a proof: a column in which nothing is found may still be telling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from core.data.prepare import full
from core.data.table import Labels

PATTERN_NAMES = {
    "e-mail": "e-mail addresses",
    "IBAN": "bank account numbers (IBAN, check digits right)",
    "card": "payment card numbers (check digit right)",
    "IP": "IP addresses",
    "URL": "web addresses",
    "US social security": "US social security numbers",
    "UUID": "record ids (UUID)",
    "phone": "phone numbers",
}
"""The patterns that are searched in cells, in this order, and what to call what they find."""

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_REGEX = {
    "e-mail": r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]{2,}",
    "IP": rf"(?:{_OCTET}\.){{3}}{_OCTET}|(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{{2,39}}(?<!\d\d:\d\d)",
    "URL": r"(?:(?:https?|ftp)://|www\.)[^\s/]\S*",
    "US social security": r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}",
    "postal code": r"[A-Za-z0-9][A-Za-z0-9 \-]{1,9}",
    "UUID": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
}
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_DATE = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?:\d{2})?)(?:[T ].*)?"
_CARD = r"\d(?:[ -]?\d){12,18}"
_IBAN = r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}"
_PHONE_CHARACTERS = r"\+?[\d\s().\-/]{6,24}"
_NAME_WORD = r"[^\W\d_][^\W\d_'’.\-]*(?:['’\-][^\W\d_]+)*\.?"
_NAME = rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{0,4}}"


def matches(texts: pd.Series[Any], pattern: str) -> Labels:
    """Say for each text whether all of it has a pattern.

    Parameters
    ----------
    texts : series of text, without missing values
    pattern : str
        One of `PATTERN_NAMES`, or "name" for the shape of a person's name.

    Returns
    -------
    array of bool, shape (texts,)

    Examples
    --------
    >>> matches(pd.Series(["a@b.org", "a b"]), "e-mail").tolist()
    [True, False]
    """
    cells = texts.str.strip()
    if pattern in _CHECKED:
        return _CHECKED[pattern](cells)
    return full(cells, _NAME if pattern == "name" else _REGEX[pattern])


def luhn(texts: pd.Series[Any]) -> Labels:
    """Say which texts are 13 to 19 digits (blanks and hyphens between them) that pass the Luhn check of payment cards.

    Source: ISO/IEC 7812-1, annex B.

    >>> luhn(pd.Series(["4111 1111 1111 1111", "4111 1111 1111 1112"])).tolist()
    [True, False]
    """
    good = full(texts, _CARD)
    for place in np.flatnonzero(good):
        digits = [int(d) for d in str(texts.iloc[place]) if d.isdigit()][::-1]
        total = sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
        good[place] = total % 10 == 0 and any(digits)
    return good


def iban(texts: pd.Series[Any]) -> Labels:
    """Say which texts are international bank account numbers with right check digits.

    The four leading characters go to the end, letters become 10 to 35, and the number leaves 1 modulo 97.
    Source: ISO 13616-1.

    >>> iban(pd.Series(["DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"])).tolist()
    [True, False]
    """
    upper = texts.str.upper()
    good = full(upper, _IBAN)
    for place in np.flatnonzero(good):
        code = re.sub(r"\s", "", str(upper.iloc[place]))
        good[place] = int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1
    return good


def phone(texts: pd.Series[Any], named: bool = False) -> Labels:
    """Say which texts look like phone numbers: 7 to 15 digits (ITU-T E.164) and the usual marks between them.

    Without a name that says so, bare digits are not enough: a plus, a bracket or two separators are asked for.

    >>> phone(pd.Series(["+49 30 901820", "(020) 7946 0000", "5551234"])).tolist()
    [True, True, False]
    """
    good = full(texts, _PHONE_CHARACTERS)
    some = texts[good]
    fits = some.str.count(r"\d").between(7, 15).to_numpy(dtype=bool) & ~full(some, _DATE)
    if not named:
        fits &= full(some, r"\+.*|.*\(.*|.*\d[\s./-]+.*\d[\s./-]+\d.*")
    good[np.flatnonzero(good)[~fits]] = False
    return good


def _address(texts: pd.Series[Any]) -> Labels:
    """IP addresses, but not times of day."""
    return full(texts, _REGEX["IP"]) & ~full(texts, _CLOCK)


_CHECKED: dict[str, Callable[[pd.Series[Any]], Labels]] = {"card": luhn, "IBAN": iban, "phone": phone, "IP": _address}


_PERSON = (
    "person people patient customer client user member subject participant student pupil employee worker"
    " staff applicant respondent passenger donor resident citizen individual household kunde kunden"
    " patienten personen mitarbeiter nutzer teilnehmer schueler schuler personne utilisateur employe"
    " cliente paciente persona usuario empleado"
)
_SINGLE = (
    "patientid personid customerid clientid userid memberid subjectid participantid studentid employeeid"
    " pid uid userkey kundennummer kundennr patientennummer patientennr personalnummer personalnr"
    " mitarbeiternummer matrikelnummer mitgliedsnummer kundenid patientenid"
)
_ID = "id ids nr no num number nummer key code uid identifier kennung numero"
_WORDS = {
    "person name": "full name|first name|firstname|forename|given name|middle name|last name|lastname|surname"
    "|family name|maiden name|fullname|vorname|nachname|familienname|geburtsname|nom de famille|prenom"
    "|apellido|apellidos|nombres",
    "e-mail": "email|e mail|mail|emailaddress|correo|courriel",
    "phone": "phone|telephone|tel|mobile|cell phone|cellphone|fax|telefon|telefonnummer|handy|mobil|telefono|movil"
    "|portable|phone number|phonenumber",
    "address": "street|address|street address|house number|strasse|hausnummer|adresse|anschrift|rue|direccion|calle"
    "|domicilio",
    "account": "username|user name|login|screen name|nickname|benutzername|license plate|licence plate|number plate"
    "|kennzeichen|iban|account number|kontonummer|card number|credit card|kreditkarte|numero de compte"
    "|matricula|ip|ip address|ipaddress|imei|mac address|device id|cookie id|facebook|instagram",
    "national id": "ssn|social security|social security number|passport|passport number|reisepass|national id|nino|nhs"
    "|nhs number|national insurance|personalausweis|ausweis|steuer id|steuernummer|steuerid|tax id|tin"
    "|dni|nie|nif|curp|insee|nir|securite sociale|sozialversicherungsnummer|versicherungsnummer"
    "|versichertennummer|driver license|driver s license|drivers license|driving licence|fuhrerschein"
    "|medical record|mrn|medicare|medicaid|cpf|pesel|bsn|ahv|aadhaar",
    "birth": "birth|dob|birthdate|birthday|birthyear|date of birth|yob|born|geburtsdatum|geburtstag|geburtsjahr"
    "|geburt|geboren|naissance|date naissance|nacimiento|fecha nacimiento",
    "postal code": "zip|zipcode|postcode|postal|postalcode|plz|postleitzahl|code postal|codepostal|cp|codigo postal"
    "|zip3|zip5",
    "sensitive": "diagnosis|diagnoses|disease|illness|disorder|religion|religious|faith|union|trade union|salary"
    "|salaries|wage|wages|income|earnings|disability|hiv|aids|cancer|mental health|sexual orientation"
    "|orientation|sexuality|political|politics|party|conviction|convictions|criminal|offence|offense"
    "|genotype|genetic|debt|icd|icd10|pregnant|pregnancy|drug use|krankheit|diagnose|erkrankung"
    "|gewerkschaft|gehalt|lohn|einkommen|konfession|behinderung|partei|schulden|vorstrafen|maladie"
    "|diagnostic|salaire|revenu|revenus|syndicat|handicap|parti|orientation sexuelle|enfermedad"
    "|diagnostico|salario|ingresos|ingreso|sindicato|sueldo|discapacidad|partido|deuda",
    "quasi": "age|age group|sex|gender|race|ethnicity|ethnic|marital|marital status|maritalstatus|education|degree"
    "|occupation|job|job title|jobtitle|profession|workclass|employer|country|nationality|citizenship"
    "|city|town|village|municipality|county|district|state|province|region|neighborhood|neighbourhood"
    "|borough|location|latitude|longitude|lat|lon|lng|hospital|clinic|school|language|mother tongue"
    "|death date|date of death|ethnie|alter|geschlecht|familienstand|bildung|ausbildung|schulabschluss"
    "|beruf|land|staatsangehorigkeit|staatsangehoerigkeit|nationalitat|nationalitaet|herkunft|ort|wohnort"
    "|geburtsort|stadt|gemeinde|kreis|landkreis|bundesland|krankenhaus|klinik|schule|sprache|arbeitgeber"
    "|ethnische herkunft|sexe|genre|etat civil|situation familiale|diplome|metier|emploi|pays|nationalite"
    "|ville|commune|departement|hopital|ecole|langue|edad|sexo|genero|raza|etnia|estado civil|educacion"
    "|estudios|ocupacion|profesion|trabajo|pais|nacionalidad|ciudad|municipio|provincia|escuela|idioma",
}
TOPICS = {topic: frozenset(words.split("|")) for topic, words in _WORDS.items()}
"""Words and short phrases in column names, by what they point at; accents folded, lower case."""

_PERSONS, _IDS = frozenset(_PERSON.split()), frozenset(_ID.split())
_OTHERS = "doctor physician nurse arzt medecin medico owner contact guest tenant author teacher"
_NAMED = frozenset(_OTHERS.split())
_WHOLE_NAMES = frozenset(
    [
        "name",
        "nom",
        "nombre",
        "namen",
        "names",
        "nom prenom",
        "nom complet",
        "nombre completo",
        "display name",
        "legal name",
    ]
)
_SINGLE_IDS = frozenset(_SINGLE.split())
TARGETS = (
    "target|label|outcome|y|response|dependent variable|zielvariable|zielgroesse|zielgrosse|cible|objetivo",
    "class|klasse|classe|clase",
    "churn|churned|default|defaulted|default payment|readmitted|readmission|attrition|survived|fraud|approved|is fraud"
    "|abwanderung|ausfall|kundigung|kuendigung",
    "income|salary|einkommen|gehalt|revenu|salaire|salario|ingresos",
)
"""Names of a target, the clearest first."""


def words_of(name: str) -> tuple[str, ...]:
    """Split a column's name into words without case and accents.

    >>> words_of("PatientID"), words_of("Prénom (de l'élève)"), words_of("marital-status")
    (('patient', 'id'), ('prenom', 'de', 'l', 'eleve'), ('marital', 'status'))
    """
    split = re.sub(r"(?<=[a-zß-ÿ0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("ß", "ss")
    plain = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", plain.lower()))


def has_topic(name: str, topic: str) -> bool:
    """Say whether a column's name holds a word or phrase of one of the `TOPICS`.

    >>> has_topic("native-country", "quasi"), has_topic("agency", "quasi")
    (True, False)
    """
    words = words_of(name)
    joined = f" {' '.join(words)} "
    if topic == "person name" and (" ".join(words) in _WHOLE_NAMES or _someones_name(words)):
        return True
    return any(f" {phrase} " in joined for phrase in TOPICS[topic])


def _someones_name(words: tuple[str, ...]) -> bool:
    return any(w in _PERSONS or w in _NAMED for w in words) and any(
        w in ("name", "names", "nom", "nombre") for w in words
    )


def names_person_id(name: str) -> bool:
    """Say whether a column's name is that of a person's number (patient_id, KundenNr, user id ...).

    >>> names_person_id("Patient-ID"), names_person_id("order_id"), names_person_id("patient")
    (True, False, False)
    """
    words = words_of(name)
    return any(w in _SINGLE_IDS for w in words) or (
        len(words) <= 3 and any(w in _PERSONS for w in words) and (words[-1] in _IDS or words[0] == "id")
    )


def names_id(name: str) -> bool:
    """Say whether a column's name is that of any kind of id.

    >>> names_id("visit_id"), names_id("uuid"), names_id("width"), names_id("education-num")
    (True, True, False, False)
    """
    words = words_of(name)
    strong = {"id", "ids", "uid", "uuid", "guid", "identifier", "kennung", "key", "nr", "nummer"}
    return (bool(words) and (words[-1] in strong or words[0] in {"id", "uuid", "guid"})) or names_person_id(name)


def target_rank(name: str) -> int | None:
    """Return how clearly a name is that of a target (0 the clearest), None when it is not."""
    words = words_of(name)
    joined = " ".join(words)
    for rank, phrases in enumerate(TARGETS):
        for phrase in phrases.split("|"):
            alone = phrase in ("y", "label", "response", "outcome") or rank == 1
            if joined == phrase or (not alone and f" {phrase} " in f" {joined} "):
                return rank
    return None
