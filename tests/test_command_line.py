"""The command line: listings, measure, run, report, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from tests.tables import people

ROOT = Path(__file__).parent.parent


@pytest.fixture
def study(tmp_path):
    table = people(200)
    table.frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.json").write_text(json.dumps(table.schema.to_json()))
    path = tmp_path / "study.toml"
    path.write_text(
        '[study]\nname = "small"\ntable = "t.csv"\nschema = "s.json"\nmodel = "logistic_regression"\n'
        'effort = "glance"\nseed = 2\n\n[[recipe]]\nname = "k"\ntechnique = "mondrian_k_anonymity"\nk = [5, 9000]\n\n'
        '[[requirement]]\nname = "floor"\nmetric = "accuracy"\nat_least = 0.6\nowner = "product"\n'
    )
    return path


@pytest.mark.parametrize("command", ["techniques", "attacks", "models", "metrics"])
def test_listings_describe_every_entry(command, capsys):
    assert main([command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows
    for row in rows:
        assert {"key", "title", "family", "parameters"} <= set(row)
        for parameter in row["parameters"]:
            assert {"name", "kind", "low", "high", "log", "unit", "default", "help"} <= set(parameter)
    assert main([command]) == 0
    assert rows[0]["key"] in capsys.readouterr().out


def test_run_writes_the_result_and_measured_and_skipped_points(study, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert main(["run", str(study), "--workers", "1", "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert [point["id"] for point in result["points"]] == ["none", "constant", "k[k=5]", "k[k=9000]"]
    assert result["points"][-1]["status"] == "skipped"
    printed = capsys.readouterr().out
    assert "k[k=5]" in printed
    assert "skipped" in printed
    for form in ("html", "md", "csv", "pdf", "json"):
        target = tmp_path / f"report.{form}"
        assert main(["report", str(out), "--format", form, "--audience", "team", "-o", str(target)]) == 0
        assert target.stat().st_size > 200


def test_a_report_tells_the_decision_and_outsiders_read_texts_only_when_asked_to(tmp_path):
    from tests.report.decided import decided
    from tests.result_example import example

    for name, held in (("r.json", example()), ("d.json", decided())):
        (tmp_path / name).write_text(json.dumps(held))
    told = {}
    for name, more in (("plain", []), ("texts", ["--free-text"])):
        out = tmp_path / f"{name}.md"
        command = ["report", str(tmp_path / "r.json"), "--format", "md", "--audience", "external", "-o", str(out)]
        assert main([*command, "--decision", str(tmp_path / "d.json"), *more]) == 0
        told[name] = out.read_text()
    assert "Accepted" in told["plain"]
    assert ("tubaphone" in told["plain"], "tubaphone" in told["texts"]) == (False, True)
    wrong = ["report", str(tmp_path / "r.json"), "--format", "md", "-o", str(tmp_path / "x.md"), "--decision"]
    assert main([*wrong, str(tmp_path / "r.json")]) == 2


def test_measure_agrees_with_the_table(study, capsys):
    folder = study.parent
    assert main(["measure", str(folder / "t.csv"), "--schema", str(folder / "s.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == 200
    assert found["quasi_identifiers"] == ["age", "job", "zip"]
    assert {"classes", "k", "uniques", "unique_share", "prosecutor_max", "prosecutor_average", "l", "t"} <= set(found)
    assert main(["measure", str(folder / "t.csv"), "--schema", str(folder / "s.json")]) == 0
    assert "alone" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nothing.toml"],
        ["run", "{study}", "--workers", "0"],
        ["measure", "nothing.csv", "--schema", "nothing.json"],
        ["report", "nothing.json", "--format", "html", "-o", "x.html"],
        ["report", "{study}", "--format", "html", "-o", "x.html"],
        ["run", "{study}", "--json", "/nowhere/at/all.json"],
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_two(arguments, study, capsys):
    assert main([a.replace("{study}", str(study)) for a in arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")


def test_a_table_that_does_not_fit_its_schema_names_columns_and_lines_and_no_cell(study, capsys):
    path = study.parent / "t.csv"
    lines = path.read_text().splitlines()
    lines[5] = lines[5].replace(lines[5].split(",")[1], "CANARY", 1)
    path.write_text("\n".join(lines) + "\n")
    assert main(["run", str(study)]) == 2
    error = capsys.readouterr().err
    assert "'age'" in error
    assert "line 6" in error
    assert "CANARY" not in error


def test_the_module_runs_from_the_shell_without_streamlit():
    code = "import sys; sys.modules['streamlit'] = None; import runpy; sys.argv = ['core', 'techniques', '--json']; "
    code += "runpy.run_module('core', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) >= 10
