"""What a column's name says about a person: words and short phrases in English, German, French and Spanish."""

from __future__ import annotations

import re
import unicodedata

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
    "|matricula|ip|ip address|ipaddress|imei|imsi|msisdn|iccid|mac address|device id|deviceid|device"
    "|cookie id|idfa|gaid|advertising id|serial|serial number|serialnumber|facebook|instagram",
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
