"""The protected table and its certificate: what leaves the room, and that it is what was promised."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import main
from core.data.schema import Column, Hierarchy, Role, Schema
from core.data.table import Table
from core.engine.local import InlineEngine
from core.errors import UserError
from core.privacy.guarantee import Guarantee
from core.release.certificate import CertificateError, release
from core.release.command import sentences
from core.release.measured import measure_point
from core.release.text import cell_texts, read_back, write
from core.techniques.base import Protected
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.tradeoff.recipe import Recipe
from core.tradeoff.study import parse_recipe, parse_study
from tests.tables import QI, C, D, F, N, S, T, people, schema_of


def study(**head):
    return parse_study({"study": {"name": "s", "table": "t", "schema": "s", "effort": "glance", **head},
                        "recipe": [{"name": "n", "technique": "none"}]})  # fmt: skip


def recipe(*steps: dict[str, Any], out: str | None = None) -> Recipe:
    return parse_recipe({"name": "r", "steps": list(steps), **({"release": out} if out else {})}, 1)[0]


def lines(content: bytes) -> tuple[list[str], list[list[str]]]:
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    return rows[0], rows[1:]


MASK = {"technique": "mask_identifiers"}
BOXES = {"technique": "mondrian_k_anonymity", "k": 10}


def test_the_file_holds_the_protected_rows_and_the_certificate_its_fingerprint():
    found = release(study(), people(), recipe(MASK, BOXES), measured=None, why="not asked for")
    header, rows = lines(found.content)
    assert header == ["age", "job", "zip", "born", "illness", "hours", "rich"]
    assert len(rows) == 160
    frame = pd.DataFrame(rows, columns=header)
    assert frame.groupby(["age", "job", "zip"]).size().min() >= 10
    told = found.certificate
    assert told["file"]["sha256"] == hashlib.sha256(found.content).hexdigest()
    assert told["guarantee"]["k"] == 10
    assert told["verification"]["k"] == frame.groupby(["age", "job", "zip"]).size().min()
    assert told["columns_not_released"] == [{"column": "name", "why": "the recipe leaves it out"}]
    assert told["measured"] == {"status": "not_measured", "reason": "not asked for"}
    json.dumps(told, allow_nan=False)


def test_cells_that_no_step_touched_say_what_the_table_said():
    table = people()
    header, rows = lines(release(study(), table, recipe(MASK, BOXES), measured=None).content)
    frame = pd.DataFrame(rows, columns=header)
    assert sorted(frame["hours"].astype(float)) == sorted(table.frame["hours"])
    assert not frame["hours"].str.contains(".", regex=False).any()
    assert sorted(frame["born"]) == sorted(str(day)[:10] for day in table.frame["born"])


def test_the_order_of_the_rows_tells_nothing_of_the_order_of_the_table():
    table = people()
    turned = table.take(np.arange(len(table))[::-1])
    first, second = (release(study(), t, recipe(MASK), measured=None).content for t in (table, turned))
    assert first == second


def test_names_that_nobody_masked_are_released_and_nothing_is_proved():
    found = release(study(), people(), recipe(BOXES), measured=None)
    assert "name" in lines(found.content)[0]
    assert found.certificate["guarantee"]["kind"] == "none"
    assert "Names leave with the rows (name)" in found.certificate["guarantee"]["assumptions"][0]


def test_ignored_columns_stay_inside():
    table = people()
    ignored = replace(table, schema=table.schema.changed(replace(table.schema["hours"], role=Role.IGNORED)))
    found = release(study(), ignored, recipe(MASK), measured=None)
    assert "hours" not in lines(found.content)[0]
    assert {"column": "hours", "why": "it has the role 'ignored'"} in found.certificate["columns_not_released"]


def test_codes_leave_only_when_every_code_is_another_one_and_are_fresh_in_every_release():
    table = people()
    coded = recipe({"technique": "mask_identifiers", "method": "pseudonym"})
    first, second = (lines(release(study(), table, coded, measured=None).content) for _ in range(2))
    assert first[0][0] == "name"
    codes = [{row[0] for row in side[1]} for side in (first, second)]
    assert len(codes[0]) == 160
    assert not codes[0] & codes[1]
    assert not codes[0] & set(table.frame["name"].astype(str))
    frame = table.frame.assign(name=["Ann", "Bob"] * 80)
    twice = Table.build(frame.astype({"name": object}), table.schema)
    found = release(study(), twice, coded, measured=None)
    assert "name" not in lines(found.content)[0]
    assert "codes repeat" in found.certificate["columns_not_released"][0]["why"]


def test_nothing_secret_and_no_name_is_in_the_certificate():
    table = people()
    found = release(study(), table, recipe({"technique": "mask_identifiers", "method": "partial"}), measured=None)
    text = json.dumps(found.certificate)
    assert not [name for name in table.frame["name"].astype(str) if name in text]
    assert "fingerprint" not in text


def test_rows_that_are_left_out_are_counted():
    found = release(
        study(), people(), recipe(MASK, {"technique": "full_domain_k_anonymity", "k": 10, "suppression_limit": 0.3}),
        measured=None,
    )  # fmt: skip
    rows = found.certificate["rows"]
    assert rows["released"] + rows["suppressed"] == 160
    assert len(lines(found.content)[1]) == rows["released"]
    assert rows["suppressed_share"] == rows["suppressed"] / 160


@dataclass(frozen=True, kw_only=True)
class Liar(MondrianKAnonymity):
    """Promise k and change nothing."""

    key = "liar"

    def protect(self, members, facts, rng):
        return Protected(table=members, source=np.arange(len(members)), recode=lambda table: table)


def test_an_output_that_breaks_its_own_guarantee_is_not_certified():
    with pytest.raises(CertificateError, match="break their own guarantee"):
        release(study(), people().drop(("name",)), Recipe("liar", (Liar(k=3),), "rows"), measured=None)


@dataclass(frozen=True, kw_only=True)
class Overlay(MondrianKAnonymity):
    """Two different labels that are printed alike, and a difference only the codes would show: the file decides."""

    key = "overlay"

    def guarantee(self, schema, facts):
        return Guarantee(kind="k_anonymity", k=2)

    def protect(self, members, facts, rng):
        cells = pd.Categorical.from_codes([0, 1] * (len(members) // 2), categories=pd.Index(["1", "1.0"], dtype=object))
        table = members.with_columns({"age": cells}, members.schema.changed(Column(name="age", kind=C, role=QI)), {})
        return Protected(table=table, source=np.arange(len(members)), recode=lambda t: t)


def test_what_counts_is_the_text_of_the_file():
    table = Table.build(pd.DataFrame({"age": [1.0, 1.0, 1.0, 1.0]}), schema_of(age=(N, QI)))
    found = release(study(), table, Recipe("o", (Overlay(k=2),), "rows"), measured=None)
    assert found.certificate["verification"]["k"] == 2
    with pytest.raises(CertificateError):
        release(study(), table.take(np.arange(2)), Recipe("o", (Overlay(k=2),), "rows"), measured=None)


def test_a_measured_violation_or_a_guarantee_broken_while_measuring_is_not_certified():
    point = {"status": "measured", "replicates": 2, "risks": {"membership": {"violation": True}}, "utility": {}}
    with pytest.raises(CertificateError, match="above what is proved possible: membership"):
        release(study(), people(), recipe(MASK, BOXES), measured=point)
    failed = {"status": "failed", "reason": "the release breaks its own guarantee: 1 of 3 classes ..."}
    with pytest.raises(CertificateError, match="breaks its own guarantee"):
        release(study(), people(), recipe(MASK, BOXES), measured=failed)


def test_measured_risks_are_those_of_a_sweep_and_say_what_they_were_measured_on():
    table, settled = people(), study()
    chosen = recipe(MASK, BOXES)
    point, _ = measure_point(settled, table, chosen, InlineEngine())
    told = release(settled, table, chosen, measured=point).certificate["measured"]
    assert told["statement"] == "risks measured on 2 random halves of the table, not on this file"
    assert told["risks"]["membership"]["status"] == "measured"
    from core.engine.jobs import run_study

    swept = run_study(replace(settled, recipes=(chosen,)), table, InlineEngine())
    same = next(p for p in swept["points"] if p["id"] == "r")
    for threat, risk in told["risks"].items():
        assert risk["value"] == same["risks"][threat].get("value")
    assert told["utility"]["accuracy"]["value"] == same["utility"]["accuracy"]["value"]


def test_a_recipe_without_rows_cannot_be_released():
    with pytest.raises(UserError, match="must release rows"):
        release(study(), people(), recipe({"technique": "dp_logistic_regression"}), measured=None)


def test_invented_rows_are_drawn_anew_and_said_to_be_nobodys():
    table = people()
    made = recipe(MASK, {"technique": "sequential_trees", "min_leaf": 20})
    first, second = (release(study(seed=3), table, made, measured=None) for _ in range(2))
    assert first.content != second.content
    assert first.certificate["rows"]["invented"] is True
    assert "k" not in first.certificate["verification"]


def test_people_are_counted_in_the_verification_although_their_ids_stay_inside():
    frame = pd.DataFrame({"id": ["a", "a", "b", "b", "c", "c"], "age": [1.0, 1, 1, 1, 2, 2], "w": [1.0, 2, 3, 4, 5, 6]})
    table = Table.build(
        frame, replace(schema_of(id=(T, Role.DIRECT_IDENTIFIER), age=(N, QI), w=(N, F)), person_id="id")
    )
    found = release(study(), table, recipe(MASK, {**BOXES, "k": 2}), measured=None)
    assert lines(found.content)[0] == ["age", "w"]
    assert found.certificate["verification"]["k"] == 3
    with pytest.raises(UserError):
        release(study(), table, recipe(MASK, {**BOXES, "k": 4}), measured=None)


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
            st.one_of(st.none(), TEXTS),
            st.one_of(st.none(), st.datetimes(min_value=pd.Timestamp(1900, 1, 1).to_pydatetime(),
                                               max_value=pd.Timestamp(2100, 1, 1).to_pydatetime())),
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_what_is_written_is_what_is_read(rows):
    frame = pd.DataFrame(rows, columns=["x", "y", "z"])
    frame["x"] = frame["x"].astype(float)
    frame["z"] = pd.to_datetime(frame["z"]).dt.floor("s")
    schema = schema_of(x=(N, QI), y=(C, S), z=(D, F))
    table = Table.build(frame, schema)
    written = write(table, schema)
    again = read_back(written, table)
    assert written.columns == ("x", "y", "z")
    sorted_rows = table.frame.iloc[written.order].reset_index(drop=True)
    assert np.array_equal(again.frame["x"], sorted_rows["x"] + 0.0, equal_nan=True)
    assert again.frame["z"].equals(sorted_rows["z"])
    # An empty text and a missing one are the same cell of a file.
    assert [v or None for v in again.frame["y"].astype(object).where(again.frame["y"].notna(), None)] == [
        v or None for v in sorted_rows["y"].astype(object).where(sorted_rows["y"].notna(), None)
    ]


def test_texts_of_cells():
    days = pd.Series(pd.to_datetime(["2020-01-02", None]))
    assert cell_texts(days).tolist() == ["2020-01-02", ""]
    moments = pd.Series(pd.to_datetime(["2020-01-02 03:04:05", "2020-01-02 00:00:00"]))
    assert cell_texts(moments).tolist() == ["2020-01-02T03:04:05", "2020-01-02T00:00:00"]


def test_cells_that_a_spreadsheet_takes_for_formulas_are_counted_and_left_true():
    table = Table.build(pd.DataFrame({"a": ["=1+1", "-", "x"], "n": [-1.0, 2, 3]}), schema_of(a=(C, F), n=(N, F)))
    written = write(table, table.schema)
    assert written.formulas == 2
    assert b"=1+1" in written.content


# The command line


@pytest.fixture
def folder(tmp_path):
    table = people()
    table.frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.json").write_text(json.dumps(table.schema.to_json()))
    (tmp_path / "study.toml").write_text(
        """
[study]
name = "small"
table = "t.csv"
schema = "s.json"
effort = "glance"
[[recipe]]
name = "boxes"
steps = [{technique = "mask_identifiers"}, {technique = "mondrian_k_anonymity", k = [5, 10]}]
[[recipe]]
name = "private"
technique = "dp_logistic_regression"
[[recipe]]
name = "huge"
technique = "mondrian_k_anonymity"
k = 5000
"""
    )
    return tmp_path


def run(folder, *arguments):
    return main(["release", str(folder / "study.toml"), *arguments, "--workers", "1"])


def test_the_command_writes_rows_and_certificate(folder, capsys):
    out = folder / "out.csv"
    assert run(folder, "--recipe", "boxes", "--point", "boxes[k=5]", "-o", str(out)) == 0
    certificate = json.loads((folder / "out.csv.certificate.json").read_text())
    assert certificate["schema"] == "middleground.certificate/1"
    assert certificate["file"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert certificate["measured"]["replicates"] == 2
    told = capsys.readouterr().out
    assert "proved and verified on the written file: k = 5" in told
    assert "not on this file" in told
    frame = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert frame.groupby(["age", "job", "zip"]).size().min() >= 5
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith(("out", "."))) == [
        "out.csv", "out.csv.certificate.json"]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--recipe", "boxes"), "boxes[k=5], boxes[k=10]"),
        (("--recipe", "boxes", "--point", "boxes[k=7]"), "must have the point"),
        (("--recipe", "nobody"), "must have the recipe"),
        (("--recipe", "private"), "must release rows"),
        (("--recipe", "huge"), "5,000"),
    ],
)
def test_bad_requests_end_with_two_and_leave_nothing(folder, capsys, arguments, words):
    assert run(folder, *arguments, "-o", str(folder / "out.csv")) == 2
    assert words in capsys.readouterr().err
    assert not [p for p in folder.iterdir() if "out" in p.name]


def test_another_kind_of_file_is_refused_before_anything_is_computed(folder, capsys):
    assert run(folder, "--recipe", "boxes", "--point", "boxes[k=5]", "-o", str(folder / "out.xls")) == 2
    assert "csv or tsv" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_told(folder, capsys):
    assert run(folder, "--recipe", "boxes", "--point", "boxes[k=5]", "-o", str(folder / "no" / "out.csv")) == 2
    assert "must be writable" in capsys.readouterr().err


def test_an_output_that_cannot_be_certified_ends_with_one_and_leaves_nothing(folder, capsys, monkeypatch):
    monkeypatch.setattr(MondrianKAnonymity, "protect", Liar.protect)
    assert run(folder, "--recipe", "boxes", "--point", "boxes[k=5]", "-o", str(folder / "out.csv")) == 1
    assert "not certified" in capsys.readouterr().err
    assert not [p for p in folder.iterdir() if "out" in p.name]


def test_a_table_without_a_target_is_released_and_the_risks_are_not_measured(tmp_path):
    frame = pd.DataFrame({"age": np.arange(60) % 20, "job": ["a", "b"] * 30})
    frame.to_csv(tmp_path / "t.csv", index=False)
    hierarchy = Hierarchy(kind="intervals", widths=(5, 10))
    age = Column(name="age", kind=N, role=QI, bounds=(0, 100), hierarchy=hierarchy)
    schema = Schema((age, Column(name="job", kind=C, role=QI)))
    (tmp_path / "s.json").write_text(json.dumps(schema.to_json()))
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "a"\ntable = "t.csv"\nschema = "s.json"\n[[recipe]]\nname = "f"\n'
        'technique = "full_domain_k_anonymity"\nk = 6\n'
    )
    assert run(tmp_path, "--recipe", "f", "-o", str(tmp_path / "out.tsv")) == 0
    certificate = json.loads((tmp_path / "out.tsv.certificate.json").read_text())
    assert certificate["measured"]["status"] == "not_measured"
    assert "target" in certificate["measured"]["reason"]
    frame = pd.read_csv(tmp_path / "out.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert frame.groupby(["age", "job"]).size().min() >= 6


def test_a_class_with_one_value_and_gaps_has_its_l_and_a_warning_beside_it():
    """Counting a gap as a value is what the literature does; whoever signs must see what that leaves open."""
    rows = [
        {"age": float(age), "ill": value} for age in (20, 70) for value in ("hiv" if age < 50 else "flu", None) * 20
    ]
    schema = Schema((Column(name="age", kind=N, role=QI, bounds=(0, 99)), Column(name="ill", kind=C, role=S)))
    table = Table.build(pd.DataFrame(rows), schema)
    found = release(study(), table, recipe({"technique": "mondrian_k_anonymity", "k": 5, "l": 2}, out="rows"),
                    measured=None).certificate  # fmt: skip
    assert found["guarantee"]["l"] == 2.0
    assert found["verification"]["different_values_that_are_not_missing"] == {"ill": 1}
    assert any("A missing value counts as one of the values" in line for line in found["guarantee"]["assumptions"])
    told = sentences(found, "t.csv", "c.json")
    assert any(line.startswith("careful:") and "1 different value of ill" in line for line in told)
