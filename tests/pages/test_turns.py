"""Sixty pages that want to be drawn anew at once are spread; a small team never waits, and nobody waits for ever."""

from __future__ import annotations

from pages.components.turns import Turns


def crowd(people, looks_every=2.0, until=60.0, drawn=True, **changes):
    """Let everybody ask at their looks until they had their turn; return when each had it."""
    now = [0.0]
    turns = Turns(clock=lambda: now[0], **changes)
    asks = sorted((place * looks_every / people + k * looks_every, place) for place in range(people) for k in range(30))
    found = {}
    for at, place in asks:
        now[0] = at
        if place not in found and at <= until and turns.take(str(place)):
            found[place] = at
            if drawn:
                turns.done(str(place))
    return found


def test_a_small_team_is_served_at_its_first_look():
    assert max(crowd(8).values()) < 2.0


def test_everybody_of_sixty_has_had_a_turn_after_the_time_that_the_pace_takes():
    found = crowd(60)
    assert len(found) == 60
    assert max(found.values()) <= 60 * 0.1 + 2.0


def test_no_second_has_many_more_turns_than_the_pace_allows():
    found = sorted(crowd(60).values())
    most = max(sum(start <= at < start + 1.0 for at in found) for start in found)
    assert most <= 3 + 1 / 0.1 + 1


def test_whoever_waited_as_long_as_anybody_should_goes_on_all_the_same():
    found = crowd(40, pace=1000.0, at_once=1)
    assert len(found) == 40
    assert max(found.values()) <= 10.0 + 2 * 2.0


def test_while_a_page_is_drawn_nobody_else_has_a_turn_and_one_that_never_ends_holds_nobody_for_long():
    now = [0.0]
    turns = Turns(clock=lambda: now[0])
    assert turns.take("slow")
    now[0] = 1.0
    assert not turns.take("next")
    turns.done("another")
    assert not turns.take("next")
    turns.done("slow")
    assert turns.take("next")
    assert len(crowd(10, drawn=False, longest=0.5)) == 10


def test_who_asked_and_left_leaves_nothing_behind():
    now = [0.0]
    turns = Turns(pace=1000.0, at_once=1, clock=lambda: now[0])
    assert turns.take("first")
    turns.done("first")
    for place in range(500):
        assert not turns.take(f"gone {place}")
    now[0] = 100.0
    turns.take("later")
    assert len(turns._asked) <= 1
