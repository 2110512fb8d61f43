"""Settings with different numbers of runs: their risks are not compared without a word."""

from core.charts.standing import FEWER_RUNS
from core.charts.trade_off import TradeOff
from core.report import render
from tests.result_example import example


def test_a_report_warns_when_settings_had_different_numbers_of_runs():
    even, uneven = example(), example()
    uneven["points"][2]["replicates"] = 32
    warning = "different numbers of random halves"
    assert warning not in render(even, "md", "team").decode()
    assert warning in " ".join(render(uneven, "md", "team").decode().split())


def test_the_chart_s_words_on_runs_are_the_report_s():
    uneven = example()
    uneven["points"][2]["replicates"] = 32
    chart, report = TradeOff.info(uneven).runs, " ".join(render(uneven, "md", "team").decode().split())
    assert "32: k-anonymity with k = 2; 8: " in chart
    assert FEWER_RUNS in chart
    assert report.count(FEWER_RUNS) == 2  # under the table of settings, and among what the numbers do not say
