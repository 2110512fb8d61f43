"""`python -m core audit mechanism`: one answer, three exit codes."""

import json

import pytest

from core.__main__ import main


def test_an_unflagged_audit_says_what_it_rests_on_and_exits_with_0(capsys, monkeypatch):
    from core import techniques
    from tests.audit.suspects import Honest

    monkeypatch.setattr(techniques, "TECHNIQUES", {"suspect": Honest})
    assert main(["audit", "mechanism", "suspect", "--epsilon", "1", "--pairs", "300"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("No sign that suspect breaks epsilon 1 in 300 pairs of runs")
    assert "twice the epsilon within about" in printed
    assert "claim of the library" in printed
    assert "replace-one" in printed


@pytest.mark.slow
def test_a_technique_of_the_registry_goes_through_the_command_line(capsys):
    assert main(["audit", "mechanism", "dp_naive_bayes", "--epsilon", "4", "--pairs", "1000"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("No sign that dp_naive_bayes breaks epsilon 4 in 1,000 pairs of runs")
    assert "add/remove" in printed


def test_a_refuted_claim_says_violation_and_exits_with_1(capsys, monkeypatch):
    from core import techniques
    from tests.audit.suspects import Overspent

    monkeypatch.setattr(techniques, "TECHNIQUES", {"suspect": Overspent})
    arguments = ["audit", "mechanism", "suspect", "--epsilon", "1", "--pairs", "300"]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("VIOLATION: suspect breaks epsilon 1.")
    assert "at least" in printed
    assert main([*arguments, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["flagged"] is True
    assert found["pairs"] < found["planned"] == 300
    assert found["leak"]["epsilon"] > 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["no_such_key", "--epsilon", "1"],
        ["mondrian_k_anonymity", "--epsilon", "1"],
        ["dp_naive_bayes", "--epsilon", "0"],
        ["dp_naive_bayes", "--epsilon", "nan"],
        ["dp_naive_bayes", "--epsilon", "1", "--delta", "1e-5"],
        ["dp_naive_bayes", "--epsilon", "1", "--pairs", "5"],
        ["dp_naive_bayes", "--epsilon", "1", "--alpha", "2"],
        ["dp_naive_bayes", "--epsilon", "1", "--seed", "-3"],
        ["dp_logistic_regression", "--epsilon", "1", "--delta", "0.5"],
    ],
)
def test_bad_input_is_one_clear_line_and_exits_with_2(arguments, capsys):
    assert main(["audit", "mechanism", *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    if arguments[0] in ("no_such_key", "mondrian_k_anonymity"):
        assert "dp_forest, dp_linear_regression, dp_logistic_regression, dp_marginals, dp_naive_bayes" in error[0]
