"""The frontier against its definition, by brute force."""

from hypothesis import given
from hypothesis import strategies as st

from core.tradeoff.frontier import frontier

axis = st.integers(0, 6).map(lambda value: value / 6)
point_lists = st.lists(st.tuples(axis, axis), max_size=14).map(
    lambda rows: [(str(i), utility, risk) for i, (utility, risk) in enumerate(rows)]
)


@given(point_lists)
def test_a_point_is_on_the_frontier_when_and_only_when_nothing_dominates_it(points):
    def beaten(mine):
        return any(
            other[1] >= mine[1] and other[2] <= mine[2] and (other[1] > mine[1] or other[2] < mine[2])
            for other in points
        )

    assert frontier(points) == [p[0] for p in points if not beaten(p)]


def test_negative_risks_count_as_they_are():
    assert frontier([("a", 0.8, 0.0), ("b", 0.8, -0.01)]) == ["b"]
