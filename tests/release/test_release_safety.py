"""Releases under stress: odd cells, failing steps, files in the way, somebody who checks a file again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.data.samples import SAMPLE_FOLDER
from core.data.schema import Column, Role
from core.data.table import Table
from core.errors import UserError
from core.privacy.guarantee import Guarantee
from core.release.certificate import CertificateError, release
from core.release.check import check_certificate
from core.release.text import read_back, write
from core.techniques.base import Protected, unchanged
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.tradeoff.recipe import Recipe
from core.tradeoff.study import parse_recipe, parse_study
from tests.tables import QI, C, F, N, S, T, people, schema_of

MASK = {"technique": "mask_identifiers"}
STUDY = parse_study({"study": {"name": "s", "effort": "glance"}})


def recipe(*steps) -> Recipe:
    return parse_recipe({"name": "r", "steps": list(steps)}, 1)[0]


def released(table, *steps, **how):
    return release(STUDY, table, recipe(*steps), measured=None, **how)


def frame_of(content: bytes) -> pd.DataFrame:
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return pd.DataFrame(rows, columns=header)


@pytest.mark.parametrize("cell", ["a\rb", "a\nb", "a\r\nb", 'say "a"', "a,b", "'=1", "=1", " a ", "\u2028", "a\tb"])
def test_cells_with_marks_of_the_format_come_back_as_they_were(cell):
    schema = schema_of(a=(C, QI), **{"n\rame": (C, F)})
    table = Table.build(pd.DataFrame({"a": [cell, "c", None], "n\rame": ["x", cell, "y"]}), schema)
    for ending in (".csv", ".tsv"):
        for safe in (False, True):
            written = write(table, schema, ending, safe)
            again = read_back(written, table, ending)
            meant = [f"'{cell}" if safe and cell.startswith("=") else cell, "c"]
            assert sorted(again.frame["a"].dropna()) == sorted(meant)
            assert sorted(again.frame["n\rame"]) == sorted([meant[0], "x", "y"])


def test_one_long_note_does_not_take_the_memory_of_all_rows():
    import tracemalloc

    table = Table.build(
        pd.DataFrame({"note": ["x" * 20_000, *(f"n{i}" for i in range(5_000))]}), schema_of(note=(T, F))
    )
    tracemalloc.start()
    write(table, table.schema)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # as texts of one width it would be 400 MB


def test_formulas_get_an_apostrophe_on_demand_and_numbers_never():
    frame = pd.DataFrame({"a": ["=1+1", "'=1+1", "x", "@y"], "n": [-1.0, 2, 3, 4], "+z": ["-", "b", "c", "d"]})
    table = Table.build(frame, schema_of(a=(C, F), n=(N, F), **{"+z": (C, F)}))
    plain, safe = (released(table, {"technique": "none"}, excel_safe=on) for on in (False, True))
    assert sorted(frame_of(plain.content)["a"]) == sorted(frame["a"])
    assert sorted(frame_of(safe.content)["a"]) == sorted(["'=1+1", "'=1+1", "x", "'@y"])
    assert "-1" in set(frame_of(safe.content)["n"])
    assert list(frame_of(safe.content)) == ["a", "n", "'+z"]
    for found, guarded in ((plain, False), (safe, True)):
        assert found.certificate["file"]["cells_that_spreadsheets_read_as_formulas"] == 4
        assert found.certificate["file"]["formulas_guarded"] is guarded


def test_the_same_fresh_generator_gives_the_same_release_and_its_steps_have_streams_of_their_own():
    steps = ({**MASK, "method": "pseudonym"}, {"technique": "noise_addition", "scale": 1.0})
    one, two, other = (released(people(), *steps, fresh=np.random.default_rng(seed)).content for seed in (1, 1, 2))
    assert one == two
    assert one != other
    alone = released(people(), steps[0], fresh=np.random.default_rng(1)).content
    assert sorted(frame_of(alone)["name"]) == sorted(frame_of(one)["name"])


def test_nothing_random_of_a_release_follows_from_the_study_seed():
    steps = ({**MASK, "method": "pseudonym"}, {"technique": "rank_swap", "share": 0.5})
    first, second = (released(people(), *steps) for _ in range(2))
    assert set(frame_of(first.content)["name"]).isdisjoint(frame_of(second.content)["name"])
    assert sorted(frame_of(first.content)["hours"]) == sorted(frame_of(second.content)["hours"])
    assert first.content != second.content


def test_under_drop_no_code_leaves_even_when_each_person_has_one_row():
    table = people()
    named = Table(table.frame, replace(table.schema, person_id="name"), {})
    found = released(named, MASK)
    assert "name" not in frame_of(found.content)
    assert {"column": "name", "why": "the recipe drops what names people, and codes in its place"} in (
        found.certificate["columns_not_released"]
    )
    coded = released(named, {**MASK, "method": "pseudonym"})
    assert "name" in frame_of(coded.content)


@dataclass(frozen=True, kw_only=True)
class Leaky(MondrianKAnonymity):
    """Fails with a cell in its message."""

    key = "leaky"

    def protect(self, members, facts, rng):
        raise KeyError(str(members.frame["name"].iloc[0]))


def test_a_failing_step_is_no_certificate_and_its_message_quotes_no_cell():
    with pytest.raises(CertificateError, match="a step of the recipe failed: KeyError") as caught:
        release(STUDY, people(), Recipe("l", (Leaky(k=3),), "rows"), measured=None)
    assert "Person" not in str(caught.value)
    assert caught.value.__cause__ is None


@dataclass(frozen=True, kw_only=True)
class Renaming(MondrianKAnonymity):
    """Calls a quasi-identifier a feature, so that nobody looks at it any more."""

    key = "renaming"

    def guarantee(self, schema, facts):
        return Guarantee(kind="k_anonymity", k=2)

    def protect(self, members, facts, rng):
        calmer = [replace(members.schema[name], role=Role.FEATURE) for name in members.schema.quasi_identifiers]
        table = members.with_columns({}, members.schema.changed(*calmer), {})
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)


def test_a_quasi_identifier_that_a_step_renames_still_counts():
    with pytest.raises(CertificateError, match="fewer than 2 people"):
        release(STUDY, people().drop(("name",)), Recipe("r", (Renaming(k=2),), "rows"), measured=None)


def test_l_and_t_are_verified_on_the_file_too():
    @dataclass(frozen=True, kw_only=True)
    class Uniform(Renaming):
        key = "uniform"

        def guarantee(self, schema, facts):
            return Guarantee(kind="k_anonymity", k=2, l=2.0)

        def protect(self, members, facts, rng):
            return Protected(table=members, source=np.arange(len(members)), recode=unchanged)

    frame = pd.DataFrame({"age": [1.0, 1, 2, 2], "ill": ["flu", "cold", "flu", "flu"]})
    table = Table.build(frame, schema_of(age=(N, QI), ill=(C, S)))
    with pytest.raises(CertificateError, match="1 of 2 classes are below l = 2"):
        release(STUDY, table, Recipe("u", (Uniform(k=2),), "rows"), measured=None)


# On disk


@pytest.fixture
def folder(tmp_path):
    table = people()
    table.frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.json").write_text(json.dumps(table.schema.to_json()))
    steps = '[{technique = "mask_identifiers"}, {technique = "mondrian_k_anonymity", k = 5, l = 2.0}]'
    (tmp_path / "study.toml").write_text(
        f'[study]\nname = "small"\ntable = "t.csv"\nschema = "s.json"\neffort = "glance"\nrows = 60\n'
        f'[[recipe]]\nname = "boxes"\nsteps = {steps}\n'
    )
    return tmp_path


def run(folder, output, *more):
    return main(
        ["release", str(folder / "study.toml"), "--recipe", "boxes", "--workers", "1", "-o", str(output), *more]
    )


@pytest.mark.parametrize("name", ["t.csv", "no-such-folder/../t.csv"])
def test_a_release_never_replaces_what_it_is_made_from(folder, capsys, name):
    (folder / "no-such-folder").mkdir()
    before = (folder / "t.csv").read_bytes()
    assert run(folder, folder / name) == 2
    assert "must not replace" in capsys.readouterr().err
    assert (folder / "t.csv").read_bytes() == before


def test_rows_do_not_stay_behind_when_the_certificate_cannot_be_written(folder, capsys):
    (folder / "out.csv.certificate.json").mkdir()
    assert run(folder, folder / "out.csv") == 2
    assert "must be writable" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_the_whole_table_is_released_although_a_sample_is_measured(folder, capsys):
    assert run(folder, folder / "out.csv") == 0
    certificate = json.loads((folder / "out.csv.certificate.json").read_text())
    assert certificate["rows"]["released"] == 160
    assert certificate["measured"]["statement"] == (
        "risks measured on 2 random halves of a random sample of 60 people of the table, not on this file"
    )
    assert "160 rows released" in capsys.readouterr().out


def test_a_released_file_can_be_checked_again_and_a_changed_one_is_found(folder, capsys):
    out = folder / "out.csv"
    assert run(folder, out) == 0
    assert main(["release", "--check", str(out)]) == 0
    assert "k = 5, l = 2 holds on age, job, zip" in capsys.readouterr().out
    out.write_bytes(out.read_bytes().replace(b"flu", b"flv", 1))
    assert main(["release", "--check", str(out)]) == 1
    assert "SHA-256" in capsys.readouterr().err


def test_a_certificate_that_was_written_for_rows_that_break_it_is_found_although_its_sum_agrees(folder, capsys):
    out = folder / "out.csv"
    assert run(folder, out) == 0
    beside = folder / "out.csv.certificate.json"
    content = b"".join(out.read_bytes().splitlines(keepends=True)[:-1])
    certificate = json.loads(beside.read_text())
    out.write_bytes(content)
    certificate["file"]["sha256"] = hashlib.sha256(content).hexdigest()
    certificate["guarantee"]["k"] = 60
    beside.write_text(json.dumps(certificate))
    wrong, told = check_certificate(out)
    assert "159 rows instead of 160" in wrong[0]
    assert "fewer than 60 people" in wrong[1]
    assert not any("holds" in line for line in told)


@pytest.mark.parametrize(
    "arguments",
    [["--check", "nowhere.csv"], [], ["x.toml", "--recipe", "r"], ["x.toml", "--check", "y.csv"]],
)
def test_half_a_request_ends_with_two(capsys, arguments):
    assert main(["release", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_what_rows_alone_cannot_show_is_not_claimed_to_have_been_checked(tmp_path):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "id": np.repeat([f"p{i}" for i in range(60)], 2),
            "age": np.repeat(rng.integers(20, 60, 60), 2).astype(float),
            "pay": rng.normal(10, 2, 120).round(1),
        }
    )
    schema = replace(schema_of(id=(T, Role.DIRECT_IDENTIFIER), age=(N, QI), pay=(N, S)), person_id="id")
    table = Table.build(frame, schema)
    found = released(table, MASK, {"technique": "mondrian_k_anonymity", "k": 5, "t": 0.5})
    (tmp_path / "o.csv").write_bytes(found.content)
    (tmp_path / "o.csv.certificate.json").write_text(json.dumps(found.certificate))
    wrong, told = check_certificate(tmp_path / "o.csv")
    assert wrong == []
    assert told[-1] == "not checked again: t, because the file does not say which rows are whose"
    assert "t = " not in told[1]


def test_a_column_of_another_kind_in_the_certificate_is_no_crash(tmp_path):
    found = released(people(), MASK)
    (tmp_path / "o.csv").write_bytes(found.content)
    (tmp_path / "o.csv.certificate.json").write_text("{}")
    with pytest.raises(UserError, match=r"middleground\.certificate/1"):
        check_certificate(tmp_path / "o.csv")


# Journeys on the ready tables

JOURNEYS = [
    ("adult.csv", "adult.schema.json", [{"technique": "mondrian_k_anonymity", "k": 20}], 20),
    ("adult.csv", "adult.schema.json", [{"technique": "generalise", "level": 2}], None),
    ("clinic.csv", "clinic.schema.json", [MASK, {"technique": "mondrian_k_anonymity", "k": 5}], 5),
    ("clinic.csv", "clinic.schema.json", [MASK, {"technique": "sequential_trees"}], None),
    ("clinic.csv", "clinic.schema.json", [{**MASK, "method": "partial"}], None),
]


def journey(folder: Path, table: str, schema: str, steps: list[dict], k: int | None) -> None:
    written = ", ".join("{" + ", ".join(f"{key} = {json.dumps(v)}" for key, v in step.items()) + "}" for step in steps)
    (folder / "study.toml").write_text(
        f'[study]\nname = "journey"\ntable = "{SAMPLE_FOLDER / table}"\nschema = "{SAMPLE_FOLDER / schema}"\n'
        f'effort = "glance"\nrows = 600\n[[recipe]]\nname = "boxes"\nrelease = "rows"\nsteps = [{written}]\n'
    )
    out = folder / "out.csv"
    assert run(folder, out) == 0
    text = (folder / "out.csv.certificate.json").read_text()
    certificate, frame = json.loads(text), pd.read_csv(out, dtype=str, keep_default_na=False)
    raw = pd.read_csv(SAMPLE_FOLDER / table, dtype=str, keep_default_na=False)
    roles = json.loads((SAMPLE_FOLDER / schema).read_text())["columns"]
    assert certificate["file"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert list(frame) == certificate["file"]["columns"] == [name for name in raw if name in set(frame)]
    assert len(frame) == certificate["file"]["rows"] == len(raw) - certificate["rows"]["suppressed"]
    known = [name for name in frame if roles[name]["role"] == "quasi_identifier"]
    if k is not None:
        assert certificate["guarantee"]["k"] == k
        assert frame.groupby(known).size().min() >= k
    for name in [name for name in raw if roles[name]["role"] == "direct_identifier"]:
        values = set(raw[name]) - {""}
        assert not values & set(frame.get(name, []))
        assert not [value for value in values if len(value) > 3 and value in text], name
    assert main(["release", "--check", str(out)]) == 0


@pytest.mark.slow
def test_the_clinic_is_released_certified_and_checked(tmp_path):
    journey(tmp_path, *JOURNEYS[2])


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in JOURNEYS if case is not JOURNEYS[2]], ids=lambda case: str(case[2]))
def test_every_family_is_released_certified_and_checked(tmp_path, case):
    journey(tmp_path, *case)


def test_a_renamed_column_schema_is_what_the_next_reader_needs():
    told = released(people(), MASK, {"technique": "generalise", "level": 1}).certificate["table_schema"]
    assert told["columns"]["age"] == {"kind": "categorical", "role": "quasi_identifier"}
    assert told["columns"]["illness"] == {"kind": "categorical", "role": "sensitive"}
    assert "categories" not in json.dumps(told)
    assert Column(name="age", kind=C, role=QI).to_json() == told["columns"]["age"]
