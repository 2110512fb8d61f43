"""What is found in cells that point at a person, and what must never be."""

from __future__ import annotations

import random
import re
from functools import cache
from re import _parser as regex_parser

import numpy as np
import pandas as pd
import pytest
from stdnum import luhn as stdnum_luhn
from stdnum.cn import ric as cn_ric
from stdnum.mx import curp as mx_curp

from core.data import pii, pii_cells
from core.data.infer import suggest, suggest_schema
from core.data.pii_national import OFFICIAL
from core.data.pii_people import FIRST_NAMES
from core.data.prepare import facts_of
from core.data.schema import Kind, Role

ROWS = 80
DIRECT, KNOWN = Role.DIRECT_IDENTIFIER, Role.QUASI_IDENTIFIER


def one(cells, name="x"):
    """Suggest for one column beside a dull one, which takes the part of the target."""
    cells = list(cells)
    return suggest(pd.DataFrame({name: cells, "zz": (["u", "v"] * len(cells))[: len(cells)]}))[0]


def written(form, rng):
    """Return a random text of a regular expression."""
    groups: dict[int, str] = {}

    def write(nodes):
        text = ""
        for kind, value in nodes:
            match str(kind):
                case "LITERAL":
                    text += chr(value)
                case "IN":
                    options = []
                    for what, inner in value:
                        if str(what) == "RANGE":
                            options += [chr(c) for c in range(inner[0], inner[1] + 1)]
                        else:
                            options += list("0123456789") if str(what) == "CATEGORY" else [chr(inner)]
                    text += rng.choice(options)
                case "MAX_REPEAT":
                    text += "".join(write(value[2]) for _ in range(rng.randint(value[0], value[1])))
                case "SUBPATTERN":
                    groups[value[0]] = write(value[-1])
                    text += groups[value[0]]
                case "GROUPREF":
                    text += groups[value]
                case "BRANCH":
                    text += write(rng.choice(value[1]))
        return text

    while True:
        text = write(regex_parser.parse(form))
        if re.fullmatch(form, text):
            return text


@cache
def passing(official, count, seed=0):
    """Return random numbers of one kind that pass its check."""
    rng, found = random.Random(seed), []  # noqa: S311
    while len(found) < count:
        text = written(official.form, rng)
        if official.module == "cn.ric":  # too few counties exist to be hit by chance
            text = f"110101{rng.randint(1930, 2010)}0{rng.randint(1, 9)}1{rng.randint(0, 9)}{rng.randint(100, 999)}"
            text += cn_ric.calc_check_digit(text)
        if official.module == "mx.curp":
            text = f"BOXW{rng.randint(30, 99)}0{rng.randint(1, 9)}1{rng.randint(0, 9)}HNERXN0"
            text += mx_curp.calc_check_digit(text)
        if official.valid(text):
            found.append(text)
    return found


def cards(count):
    rng = random.Random(1)  # noqa: S311
    starts = [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("36", 14)]
    made = []
    for i in range(count):
        start, length = starts[i % len(starts)]
        body = start + "".join(rng.choice("0123456789") for _ in range(length - 1 - len(start)))
        made.append(body + stdnum_luhn.calc_check_digit(body))
    return made


R = np.random.default_rng(3)

POSITIVE = {
    "e-mail": ([f"p{i}@example.org" for i in range(ROWS)], "e-mail", DIRECT, "certain"),
    "cards of six issuers": (cards(ROWS), "payment card", DIRECT, "certain"),
    "cards as numbers": ([float(c) for c in cards(ROWS)], "payment card", DIRECT, "certain"),
    "phones abroad": ([f"+4930{R.integers(10**6, 10**7)}" for _ in range(ROWS)], "phone", DIRECT, "likely"),
    "phones, America": ([f"({R.integers(201, 990)}) 555-{i:04d}" for i in range(ROWS)], "phone", DIRECT, "likely"),
    "phones, trunk zero": ([f"0171 {R.integers(10**6, 10**7)}" for _ in range(ROWS)], "phone", DIRECT, "likely"),
    "phones, France": ([f"01 42 {i % 90 + 10} 53 {i % 80 + 11}" for i in range(ROWS)], "phone", DIRECT, "likely"),
    "phones with 00": ([f"0044 20 7946 {i:04d}" for i in range(ROWS)], "phone", DIRECT, "likely"),
    "MAC": ([f"00:1b:44:11:{i:02x}:b7" for i in range(ROWS)], "MAC", DIRECT, "certain"),
    "IPv6": ([f"2001:db8::{i:x}" for i in range(1, ROWS)], "IP addresses", DIRECT, "certain"),
    "IPv4": ([f"203.0.113.{i}" for i in range(ROWS)], "IP addresses", DIRECT, "certain"),
    "places": ([f"{R.uniform(-60, 60):.5f}, {R.uniform(-170, 170):.5f}" for _ in range(ROWS)], "map", KNOWN, "likely"),
    "UK postcodes": ([f"SW{i % 9 + 1}A {i % 10}AA" for i in range(ROWS)], "British postal", KNOWN, "likely"),
    "births": (
        list(pd.Timestamp("1935-03-07") + pd.to_timedelta(R.integers(0, 25000, ROWS), unit="D")),
        "dates of birth",
        KNOWN,
        "likely",
    ),
    "names": (
        [f"{n.title()} Quux{chr(97 + i % 26)}" for i, n in enumerate(sorted(FIRST_NAMES)[:ROWS])],
        "names of people",
        DIRECT,
        "likely",
    ),
    "family name first": (
        [f"Quux{chr(97 + i % 26)}, {n.title()}" for i, n in enumerate(sorted(FIRST_NAMES)[:ROWS])],
        "names of people",
        DIRECT,
        "likely",
    ),
    "first names": ([n.title() for n in sorted(FIRST_NAMES)[:40]] * 2, "first names", DIRECT, "likely"),
}


@pytest.mark.parametrize("name", POSITIVE)
def test_cells_that_point_at_a_person_are_found_without_a_telling_name(name):
    cells, word, role, sure = POSITIVE[name]
    found = one(cells)
    assert found.role is role
    assert word in found.reason
    assert found.hints[0].sure == sure
    assert found.hints[0].share >= 0.9


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda o: o.called)
def test_official_numbers_are_found_by_their_own_form_and_check(official):
    found = one(passing(official, 12) * 2)
    assert found.role is DIRECT
    assert "% of the cells look like" in found.reason


@pytest.mark.parametrize("official", [o for o in OFFICIAL if o.topics], ids=lambda o: o.called)
def test_the_name_of_a_column_decides_between_numbers_of_one_form(official):
    found = one(passing(official, 8) * 2, official.topics[0])
    assert official.called in found.reason


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda o: o.called)
def test_random_numbers_of_the_form_pass_no_more_often_than_stated(official):
    # 2,000 draws: a share above the stated one by more than 3 standard errors (.03 at most) is a wrong statement.
    rng = random.Random(5)  # noqa: S311
    share = np.mean([official.valid(written(official.form, rng)) for _ in range(2000)])
    assert share <= official.chance + 0.02


def test_published_examples_of_numbers_pass_and_with_one_digit_changed_do_not():
    known = {
        "NHS": "943 476 5919",
        "Steuer-ID": "36 574 261 809",
        "pension": "15 070649 C 103",
        "NIR": "2 55 08 14 168 025 38",
        "DNI": "54362315K",
        "NIE": "X2482300W",
        "codice": "RCCMNL83S18D969H",
        "BSN": "111222333",
        "PESEL": "44051401359",
        "Swedish": "880320-0016",
        "Aadhaar": "2341 2341 2346",
        "CPF": "390.533.447-05",
    }
    for word, number in known.items():
        official = next(o for o in OFFICIAL if word in o.called)
        assert re.fullmatch(official.form, number), word
        assert official.valid(number), word
        place = max(i for i, c in enumerate(number[:-1]) if c.isdigit())
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert not official.valid(wrong), word


HARD = {
    "fnlwgt": R.integers(12_285, 1_484_705, 400),
    "price": R.uniform(1, 2000, 400).round(2),
    "year": R.integers(1950, 2024, 400),
    "count": R.integers(0, 50, 400),
    "amount of nine digits": R.integers(10**8, 10**9, 400),
    "amount of ten digits": R.integers(10**9, 10**10, 400),
    "amount of eleven digits": R.integers(10**10, 10**11, 400),
    "amount of twelve digits": R.integers(10**11, 10**12, 400),
    "amount of fifteen digits": R.integers(10**14, 10**15, 400),
    "amount of sixteen digits": R.integers(10**15, 9 * 10**15, 400),
    "seconds": 1_700_000_000 + R.integers(0, 10**7, 400),
    "milliseconds": 1_700_000_000_000 + R.integers(0, 10**10, 400),
    "microseconds": 1_700_000_000_000_000 + R.integers(0, 10**13, 400),
    "temperature": [f"{v:+.1f}" for v in R.uniform(-30, 40, 400)],
    "signed": [f"{v:+d}" for v in R.integers(-(10**7), 10**7, 400)],
    "grouped": [f"{v:,}".replace(",", ".") for v in R.integers(10**6, 10**9, 400)],
    "grouped by blanks": [f"{v:,}".replace(",", " ") for v in R.integers(10**6, 10**9, 400)],
    "in brackets": [f"({v})" for v in R.integers(10**6, 10**9, 400)],
    "clock": [f"{h:02d}:{m:02d}:{s:02d}" for h, m, s in zip(*R.integers(0, 24, (3, 400)), strict=True)],
    "day": pd.Timestamp("2019-01-01") + pd.to_timedelta(R.integers(0, 1500, 400), unit="D"),
    "moment": pd.Timestamp("1970-01-01") + pd.to_timedelta(R.integers(0, 1_500_000_000, 400), unit="s"),
    "month": [f"{y}-{m:02d}-01" for y, m in zip(R.integers(1950, 2020, 400), R.integers(1, 13, 400), strict=True)],
    "width": [f"{a}-{b}" for a, b in R.integers(10, 99, (400, 2))],
    "latitude alone": R.uniform(-60, 60, 400).round(6),
    "version": [f"{a}.{b}.{c}.{d}" for a, b, c, d in R.integers(0, 5, (400, 4))],
    "colour": [f"#{v:06x}" for v in R.integers(0, 2**24, 300)] + ["#ffffff"] * 100,
    "two words": [f"{a} {b}" for a, b in R.choice(["Garden", "Chair", "Blue", "Long", "Table", "Iron"], (400, 2))],
    "city": list(R.choice(["San Jose", "New York", "Fort Worth", "Los Angeles", "St. Louis", "Las Vegas"], 400)),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("called", ["x", "value"])
def test_ordinary_columns_are_no_numbers_of_people(name, called):
    found = one(list(HARD[name]), called)
    assert [h for h in found.hints if h.sure != "possible"] == []
    long = name.startswith("amount of") or name.endswith("seconds")
    assert found.role in ((KNOWN,) if long else (Role.FEATURE, Role.IGNORED))


CODES = {
    "hash": [f"{R.integers(0, 2**62):016x}{R.integers(0, 2**62):016x}" for _ in range(300)],
    "product codes": [f"{R.choice(list('ABCXYZ'))}{R.integers(10, 99)}-{R.integers(1000, 9999)}" for _ in range(300)],
    "parts 3-2-4": [f"{a:03d}-{b:02d}-{c:04d}" for a, b, c in zip(
        R.integers(0, 1000, 300), R.integers(0, 100, 300), R.integers(0, 10000, 300), strict=True)],
    "EAN": [f"40{R.integers(10**10, 10**11)}" for _ in range(300)],
    "ISBN": [f"978-3-{R.integers(10, 99)}-{R.integers(10**5, 10**6)}-{i % 10}" for i in range(300)],
    "CAS": [f"{R.integers(1000, 99999)}-{R.integers(10, 99)}-{i % 10}" for i in range(300)],
    "order numbers": [f"2024-{i:06d}" for i in range(300)],
    "seventeen letters": ["".join(R.choice(list("ABCDEFGH12345678"), 17)) for _ in range(300)],
    "companies": [f"Acme{chr(97 + i % 26)} {chr(65 + i // 26)}orks" for i in range(300)],
}  # fmt: skip


@pytest.mark.parametrize("name", CODES)
def test_codes_and_companies_are_not_taken_for_numbers_or_names_of_people(name):
    facts = facts_of(pd.Series(CODES[name]))
    assert [h for h in pii.hints("x", facts, Kind.CATEGORICAL) if h.sure != "possible"] == []


def test_adult_holds_no_direct_identifier_in_any_cell():
    frame = pd.read_csv("sample_data/adult.csv", dtype=str, keep_default_na=False, na_values=[""], nrows=3000)
    assert [s.hints for s in suggest(frame)] == [()] * frame.shape[1]


def test_one_card_number_among_three_codes_could_be_chance_and_decides_nothing():
    number = cards(1)[0]
    assert one([number, "1234567890123456", "9876543210987654"] * 30).role is Role.FEATURE


def test_some_addresses_among_other_cells_name_somebody_and_decide_the_role():
    found = one([f"p{i}@example.org" for i in range(6)] + ["none", "asked"] * 47)
    assert found.role is DIRECT
    assert "To be on the safe side" in found.reason
    assert "Some cells (6 %) look like e-mail addresses" in found.reason
    assert found.hints[0].sure == "possible"


def test_free_text_that_holds_addresses_says_so():
    cells = [f"please write to somebody{i}@example.org or call me again {i}" for i in range(30)]
    cells += [f"nothing to say about the case number {i} so far, really" for i in range(30)]
    found = one(cells)
    assert (found.kind, found.role) == (Kind.TEXT, Role.IGNORED)
    assert "50 % of the texts hold an e-mail address" in found.reason


def test_a_constant_first_of_the_month_or_a_clock_is_no_date_of_birth():
    day = pd.Series(pd.date_range("1940-01-01", periods=300, freq="83D"))
    assert one(day).role is KNOWN
    assert one(day.dt.to_period("M").dt.to_timestamp()).role is Role.FEATURE
    assert one(day + pd.Timedelta(hours=3)).role is Role.FEATURE


def test_postal_codes_by_cells_get_prefixes_as_their_hierarchy():
    cells = [f"K{i % 10}A 0B{i % 9 + 1}" for i in range(ROWS)]
    frame = pd.DataFrame({"x": cells, "zz": ["u", "v"] * (ROWS // 2)})
    assert suggest_schema(frame)["x"].hierarchy.kind == "prefix"
    assert one([c.replace(" ", "") for c in cells]).role is not KNOWN


def test_no_hint_quotes_a_cell():
    for cells, *_ in POSITIVE.values():
        for hint in one(cells).hints:
            assert not any(str(cell) in hint.reason for cell in cells if len(str(cell)) > 4)


def test_a_card_needs_an_issuer_and_a_bank_account_its_countrys_length():
    number = "9" + "0" * 14
    assert not pii_cells.card(pd.Series([number + stdnum_luhn.calc_check_digit(number)])).any()
    assert pii_cells.iban(pd.Series(["NL91ABNA0417164300", "GB29NWBK60161331926819"])).all()
    assert not pii_cells.iban(pd.Series(["GB29NWBK6016133192681", "ZZ91ABNA0417164300"])).any()


R9 = np.random.default_rng(9)


@pytest.mark.parametrize(("cells", "name"), [
    ([int(R9.integers(10**6, 10**7)) for _ in range(200)], "imsi"),  # short, but named
    ([f"a{i}@b.org" if i % 3 == 0 else "unknown" for i in range(90)], "contact"),
    ([f"Dr. Anna {chr(65 + i % 26)}{chr(97 + i // 26)}ller" for i in range(200)], "x"),
    ([f"Herr Prof. Hans {chr(65 + i % 26)}{chr(97 + i // 26)}ller" for i in range(200)], "x"),
])  # fmt: skip
def test_what_leaves_in_the_clear_beside_a_k_is_an_identifier_by_default(cells, name):
    assert one(cells, name).role is DIRECT


@pytest.mark.parametrize("cells", [
    [int(f"26201{R9.integers(10**9, 10**10)}") for _ in range(200)],  # numbers of devices
    [int(R9.integers(4 * 10**9, 5 * 10**9)) for _ in range(200)],
    [float(R9.integers(9 * 10**8, 10**9)) if i % 20 else None for i in range(400)],  # some are missing
])  # fmt: skip
def test_long_numbers_that_hardly_repeat_are_taken_to_be_known(cells):
    found = one(cells)
    assert found.role is KNOWN
    assert "nine digits or more" in found.reason


@pytest.mark.parametrize("cells", [
    [float(v) for v in R9.lognormal(10, 1, 200).round(2)],  # amounts
    [int(v) for v in R9.integers(10_000, 1_500_000, 200)],  # weights of a survey
    [int(v) for v in R9.integers(1_600_000_000, 1_600_000_050, 200)],  # seconds, which repeat
    [int(v) * 1_000_000 for v in R9.integers(100, 150, 200)],  # budgets
])  # fmt: skip
def test_amounts_and_moments_that_repeat_stay_features(cells):
    assert one(cells).role is Role.FEATURE


def test_days_written_as_numbers_over_many_years_are_known_to_others():
    births = [int(f"{R9.integers(1930, 2010)}{R9.integers(1, 13):02d}{R9.integers(1, 29):02d}") for _ in range(200)]
    found = one(births)
    assert found.role is KNOWN
    assert "YYYYMMDD" in found.reason
    recent = [int(f"2023{R9.integers(1, 13):02d}{R9.integers(1, 29):02d}") for _ in range(200)]
    assert one(recent).role is Role.FEATURE
