"""The chain of events: whatever is edited, left out, put in or swapped behind the program's back is found."""

from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.team.events import Actor, Event, chained, verify
from core.team.fold import fold, readable
from core.team.minutes import minutes
from core.team.room import Room
from core.team.store import Store

ANA = Actor(key="a", name="Ana")
FIELDS = ("id", "kind", "subject", "version", "at", "digest", "payload", "actor")


def written():
    """Return the events of a workspace with one of most kinds."""
    store = Store("sqlite://")
    limit = {"name": "quiet", "risk": "membership", "at_most": 0.1}
    ws = store.create(ANA, {"name": "Clinic", "requirements": [limit]})
    room = Room(store, ws, ANA)
    state = room.freeze({"result": {}})
    room.shortlist("k", state)
    room.comment("first")
    room.question("why?")
    turn = room.open_round("which?", ("k", "dp")).subject
    room.vote(turn, "k", "because")
    room.reveal(turn)
    key = room.propose(question="q", point="k", state=state, evidence={"hash": "h"}, why="w", conditions=("c",)).subject
    room.sign(key, 1)
    room.conclude(key, "accepted")
    room.set_limit({**limit, "at_most": 0.2})
    return store.events(ws)


EVENTS = written()


def test_what_was_written_holds():
    assert verify(EVENTS) is None


@given(st.integers(0, len(EVENTS) - 1), st.sampled_from(FIELDS))
def test_an_edit_of_any_field_of_any_event_is_found_where_it_is(place, field):
    old = EVENTS[place]
    other = {"version": old.version + 1, "payload": {**old.payload, "text": "x"}, "digest": "0" * 64,
             "actor": replace(old.actor, name="Eve")}.get(field, f"{getattr(old, field)}x")  # fmt: skip
    changed = [*EVENTS[:place], replace(old, **{field: other}), *EVENTS[place + 1 :]]
    assert verify(changed) == place + 1


@given(st.integers(0, len(EVENTS) - 2))
def test_a_removed_event_is_found_even_when_the_places_are_closed_up(place):
    left = [replace(e, place=n) for n, e in enumerate([*EVENTS[:place], *EVENTS[place + 1 :]], 1)]
    assert verify(left) is not None


@given(st.integers(0, len(EVENTS) - 1))
def test_an_event_put_in_later_is_found_although_its_own_digest_is_right(place):
    before = EVENTS[place - 1].digest if place else "0" * 64
    new = replace(EVENTS[place], id="new", payload={"text": "never said"})
    new = replace(new, digest=chained(before, new))
    assert verify([*EVENTS[:place], new, *(replace(e, place=e.place + 1) for e in EVENTS[place:])]) is not None


@given(st.permutations(range(len(EVENTS))))
def test_another_order_is_found(order):
    moved = [replace(EVENTS[i], place=n) for n, i in enumerate(order, 1)]
    assert (verify(moved) is None) is (list(order) == sorted(order))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "x"]), inner, max_size=2),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_broken_event_closes_the_record_of_a_team(data):
    place = data.draw(st.integers(0, len(EVENTS) - 1))
    old = EVENTS[place]
    keys = sorted({*old.payload, "block", "choices", "review", "evidence"})
    payload = {key: value for key, value in old.payload.items() if data.draw(st.booleans())}
    for key in data.draw(st.lists(st.sampled_from(keys), max_size=3)):
        payload[key] = data.draw(json_like)
    broken = replace(old, payload=payload, kind=data.draw(st.sampled_from([old.kind, "of a later version"])))
    events = [*EVENTS[:place], broken, *EVENTS[place + 1 :]]
    board = fold(events)
    assert {decision.status(date(2027, 1, 1)) for decision in board.decisions} <= {"proposed", "accepted"}
    assert all(round.choices for round in board.rounds) or "choices" in payload
    minutes(events)
    assert board.head == len(events)
    if not readable(broken) and broken.kind == "comment":
        assert board.comments == ()


def test_a_person_whose_role_cannot_be_read_has_none():
    gave = Event(place=2, id="r", actor=ANA, kind="role", subject="role:b", version=1, at="", payload={"person": "b"})
    link = Event(place=3, id="l", actor=ANA, kind="link", subject="link", version=1, at="", payload={"gives": "nobody"})
    assert fold([EVENTS[0], gave, link]).role(Actor(key="b")) == "nobody"
