"""The registry of charts: one file each, one import line here."""

from core.charts.base import Chart
from core.charts.before_after import ColumnBars, CrowdBars
from core.charts.solution_space import SolutionSpace
from core.charts.trade_off import TradeOff
from core.charts.verdict import sentence
from core.registry import collect

CHARTS = collect(Chart, globals())
