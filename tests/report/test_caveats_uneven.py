"""Settings with different numbers of runs: their risks are not compared without a word."""

from core.report import render
from tests.result_example import example


def test_a_report_warns_when_settings_had_different_numbers_of_runs():
    even, uneven = example(), example()
    uneven["points"][2]["replicates"] = 32
    warning = "different numbers of random halves"
    assert warning not in render(even, "md", "team").decode()
    assert warning in " ".join(render(uneven, "md", "team").decode().split())
