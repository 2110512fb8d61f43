"""Write clinic.csv, an invented table of hospital stays: `python sample_data/make_clinic.py`.

Every patient, name, hospital and number is made up here; README.md says what is built in and what follows from it.
Only `random.Random.random` is used as the source of chance (Python promises that its sequence never changes) and only
plain arithmetic on top of it, so that the file comes out byte for byte the same on every machine.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

SEED = 1896
PATIENTS = 6000
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2024, 12, 31)
COLUMNS = (
    *("patient_id", "name", "email", "phone", "birth_date", "sex", "zip", "hospital", "admission_date", "diagnosis"),
    *("n_medications", "length_of_stay", "haemoglobin", "creatinine", "smoker", "readmitted"),
)


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


GIVEN = words(
    "Abrivel Aldoss Amarwyn Anoulka Arvoss Belisk Benvick Brisault Caldorin Callume Cirelle Corvantine Dacielle "
    "Delwith Dorianth Edrune Éloïvane Elsperra Emrisk Fennoway Ferrovan Galdric Gwendith Hadrisse Halvorin Ilsabrune "
    "Iorvael Ismarane Jorundel Kestrelle Kirrimond Lavelune Liorvane Łucenna Maelisk Marrecque Mirellune Nadrisk "
    "Neriavel Oddovar Orianthe Osrimond Perrivane Quillane Rhosmerin Rovenelle Sabriune Sørindel Tamselle Tavimond "
    "Ulrisse Vannesque Vesperin Wendrisse Wyolanthe Yarosmund Ysolvane Zarindel Zeliorne Zubenelle"
)
SURNAME_START = words(
    "Alder Amber Bracken Cinder Clover Copper Dun Ember Fallow Flint Gorse Isen Juniper Kestrel Larch Marl Mire Nettle "
    "Oaken Plover Quill Quince Raven Rush Sedge Sorrel Tansy Teasel Thistle Umber Vetch Yarrow"
)
SURNAME_END = words(
    "bourne combe croft fell garth holt hythe keld loam mere quay ridge shaw sike stead thwaite wick wold"
)

HOSPITALS = {  # name -> share of stays, first three characters of the zip codes around it, effect on coming back
    "Quillmoor General": (0.34, "001", 0.0),
    "Harrowfen University": (0.27, "003", 0.25),
    "Tolverstead Regional": (0.18, "213", -0.15),
    "Isenbrook Community": (0.14, "269", -0.3),
    "Vellmark Cottage": (0.07, "343", 0.1),
}
ZIP_CODES = {area: [f"{area}{place:02d}" for place in range(1, 73, 6)] for _, area, _ in HOSPITALS.values()}


@dataclass(frozen=True)
class Disease:
    """One diagnosis: how common, at what age, how long, how many medicines, and how often people come back."""

    weight: float
    age: float
    stay: float
    medicines: float
    risk: float
    female: float = 0.5


COMMON = {
    "Heart failure": Disease(700, 74, 8, 9, 1.0),
    "Pneumonia": Disease(620, 68, 6, 6, 0.1),
    "Chronic obstructive lung disease": Disease(480, 69, 7, 8, 0.9, 0.45),
    "Type 2 diabetes": Disease(420, 62, 5, 7, 0.3),
    "Atrial fibrillation": Disease(400, 71, 4, 6, 0.2),
    "Gallstones": Disease(400, 52, 3, 3, -1.1, 0.65),
    "Hip fracture": Disease(380, 78, 11, 7, -0.1, 0.7),
    "Urinary tract infection": Disease(380, 66, 4, 5, 0.0, 0.7),
    "Stroke": Disease(360, 72, 10, 8, 0.3),
    "Myocardial infarction": Disease(340, 67, 6, 8, 0.3, 0.36),
    "Appendicitis": Disease(300, 36, 3, 1, -1.6),
    "Kidney failure": Disease(300, 68, 8, 9, 1.1, 0.44),
    "Sepsis": Disease(240, 68, 12, 9, 0.8),
    "Asthma": Disease(240, 42, 3, 4, -0.2, 0.6),
    "Depression": Disease(220, 45, 14, 3, 0.2, 0.62),
    "Alcohol dependence": Disease(160, 49, 8, 3, 0.8, 0.3),
    "Breast cancer": Disease(160, 61, 5, 5, 0.1, 0.99),
    "Colon cancer": Disease(150, 67, 9, 5, 0.3, 0.45),
    "Lung cancer": Disease(120, 67, 8, 7, 1.0, 0.42),
    "Opioid dependence": Disease(60, 38, 7, 3, 0.9, 0.35),
    "HIV infection": Disease(45, 44, 7, 6, 0.4, 0.25),
}
RARE = {  # exactly this many patients of the region
    "Huntington disease": (7, Disease(0, 48, 9, 5, 0.6)),
    "Wilson disease": (5, Disease(0, 31, 7, 5, 0.2)),
    "Fabry disease": (4, Disease(0, 43, 5, 6, 0.4, 0.3)),
    "Acute intermittent porphyria": (3, Disease(0, 35, 6, 4, 0.5, 0.8)),
    "Creutzfeldt-Jakob disease": (3, Disease(0, 66, 16, 6, 0.2)),
}
DISEASES = {**COMMON, **{name: disease for name, (_, disease) in RARE.items()}}


class Dice:
    """Draws, all made from one stream of uniform numbers."""

    def __init__(self, seed: int) -> None:
        self._uniform = Random(seed).random

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._uniform() < probability

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._uniform() * (high - low + 1))

    def normal(self) -> float:
        """Return a draw from the standard normal distribution."""
        return NormalDist().inv_cdf(max(self._uniform(), 1e-12))

    def one(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Return one option, by weight."""
        weights = weights or [1.0] * len(options)
        left = self._uniform() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        return [item for _, item in sorted(((self._uniform(), item) for item in items), key=lambda pair: pair[0])]


@dataclass(frozen=True)
class Patient:
    """What stays the same from one stay to the next."""

    patient_id: str
    name: str
    email: str
    phone: str
    born: date
    sex: str
    zip: str
    hospital: str
    frailty: float
    smokes: bool


def clipped(value: float, low: float, high: float) -> float:
    """Return the value, moved into the bounds that the schema publishes."""
    return min(max(value, low), high)


def make_patient(dice: Dice, number: int, diagnosis: str, admitted: date) -> Patient:
    """Invent one person who is admitted with this diagnosis on this day."""
    disease = DISEASES[diagnosis]
    hospital = dice.one(list(HOSPITALS), [share for share, _, _ in HOSPITALS.values()])
    area = HOSPITALS[hospital][1] if dice.chance(0.86) else dice.one(list(ZIP_CODES))
    age = clipped(disease.age + 13 * dice.normal(), 18.1, 99)
    surname = dice.one(SURNAME_START) + dice.one(SURNAME_END)
    mailbox = f"{surname.lower()}{number * 7919 % 90007}"  # a prime: no two patients share a mailbox
    old = age > 75
    sex = "other" if dice.chance(0.005) else "female" if dice.chance(disease.female) else "male"
    area_code = dice.one([2, 3, 4, 5, 6, 7, 8, 9]) * 100 + dice.whole(12, 98)
    lung = diagnosis in ("Chronic obstructive lung disease", "Lung cancer")
    return Patient(
        patient_id=f"P{number:05d}",
        name=f"{dice.one(GIVEN)} {surname}",
        email="" if dice.chance(0.13 if old else 0.04) else f"{mailbox}@example.{dice.one(['org', 'com'])}",
        phone="" if dice.chance(0.08) else f"{area_code}-555-01{dice.whole(0, 99):02d}",
        born=admitted - timedelta(days=int(age * 365.25)),
        sex=sex,
        zip="" if dice.chance(0.05) else dice.one(ZIP_CODES[area], [1 / (place + 1) for place in range(12)]),
        hospital=hospital,
        frailty=dice.normal(),
        smokes=dice.chance(0.62 if lung else 0.14 if old else 0.27),
    )


def make_stay(dice: Dice, patient: Patient, diagnosis: str, admitted: date, earlier: int) -> tuple[list[str], bool]:
    """Return one row of the table, and whether this person is admitted again within 90 days."""
    disease = DISEASES[diagnosis]
    age = (admitted - patient.born).days / 365.25
    ill = 0.8 * patient.frailty + 0.6 * dice.normal()
    medicines = round(clipped(disease.medicines + 1.8 * ill + (age - 65) / 18 + 1.4 * dice.normal(), 0, 30))
    stay = round(clipped(disease.stay * math.exp(0.35 * ill + 0.35 * dice.normal()), 1, 90))
    haemoglobin = clipped((12.9 if patient.sex == "female" else 14.1) - 0.9 * ill + 1.0 * dice.normal(), 4, 20)
    kidneys = 1.0 if diagnosis == "Kidney failure" else 0.0
    creatinine = clipped(math.exp(-0.1 + kidneys + 0.16 * ill + (age - 65) / 160 + 0.25 * dice.normal()), 0.2, 15)
    score = (
        *(-1.75, 1.15 * disease.risk, 0.75 * ill, 0.03 * (age - 65), 0.12 * (medicines - 6), 0.6 * earlier),
        *(0.05 * clipped(stay - 6, -5, 15), 0.25 * (13 - haemoglobin), HOSPITALS[patient.hospital][2]),
        *(0.7 if patient.smokes else 0.0, 0.9 if age > 80 and stay > 9 else 0.0),  # the last: two things together
    )
    back = dice.chance(1 / (1 + math.exp(-0.75 * sum(score))))
    no_blood = dice.chance(0.22 if stay <= 2 else 0.05)
    unasked = dice.chance(0.14 if patient.smokes else 0.05)
    row = [patient.patient_id, patient.name, patient.email, patient.phone, patient.born.isoformat(), patient.sex]
    row += [patient.zip, patient.hospital, admitted.isoformat(), diagnosis, str(medicines), str(stay)]
    row += ["" if no_blood else f"{haemoglobin:.1f}", "" if no_blood or dice.chance(0.02) else f"{creatinine:.2f}"]
    row += ["" if unasked else "yes" if patient.smokes else "no", "yes" if back else "no"]
    return row, back


def make_rows(seed: int = SEED, patients: int = PATIENTS) -> list[list[str]]:
    """Return all stays, oldest first.

    Somebody who comes back within 90 days goes to one of the five hospitals, inside the period, one time in five; only
    then is the next stay in the table. So whoever has a later row has `readmitted = yes` in the earlier one.
    """
    dice = Dice(seed)
    rare = [name for name, (count, _) in RARE.items() for _ in range(count)]
    weights = [disease.weight for disease in COMMON.values()]
    first = dice.shuffled(rare + [dice.one(list(COMMON), weights) for _ in range(patients - len(rare))])
    numbers = dice.shuffled(range(1, patients + 1))
    days = (LAST_DAY - FIRST_DAY).days
    rows: list[list[str]] = []
    for number, diagnosis in zip(numbers, first, strict=True):
        admitted, earlier = FIRST_DAY + timedelta(days=dice.whole(0, days)), 0
        patient = make_patient(dice, number, diagnosis, admitted)
        while True:
            row, back = make_stay(dice, patient, diagnosis, admitted, earlier)
            rows.append(row)
            admitted += timedelta(days=int(row[COLUMNS.index("length_of_stay")]) + dice.whole(1, 90))
            if not back or admitted > LAST_DAY or not dice.chance(0.2):
                break
            earlier += 1
            if diagnosis in COMMON and dice.chance(0.3):
                diagnosis = dice.one(list(COMMON), weights)
    return sorted(rows, key=lambda row: (row[COLUMNS.index("admission_date")], row[0]))


def as_csv(rows: list[list[str]]) -> bytes:
    """Return the file's bytes: UTF-8, commas, one header line, line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


if __name__ == "__main__":
    Path(__file__).with_name("clinic.csv").write_bytes(as_csv(make_rows()))
