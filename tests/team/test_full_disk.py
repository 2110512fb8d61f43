"""A disk without room: what could not be written is told, what was acknowledged stays, and room makes it work again."""

from __future__ import annotations

import resource
from contextlib import contextmanager

import pytest

from core.errors import UserError
from core.team.events import Actor
from core.team.store import Store

ANA = Actor(key="ana", name="Ana")


@contextmanager
def no_file_larger_than(size):
    """Refuse this process any byte beyond a size, as a full disk would; the system's own limit needs no root."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "team.db"


def test_what_finds_no_room_is_told_and_nothing_acknowledged_is_lost(place):
    store = Store(f"sqlite:///{place}")
    workspace = store.create(ANA, {"name": "Clinic"})
    sizes = [one.stat().st_size for one in place.parent.iterdir()]
    kept, told = [], None
    with no_file_larger_than(max(sizes) + 40_000):
        for number in range(40):
            try:
                event = store.append(
                    workspace, ANA, "comment", f"c{number}", {"text": "word " * 200}, id=f"mine{number}"
                )
            except UserError as error:
                told = error
                break
            kept.append(event.id)
        # Reading and a second try still answer in words, and nothing half-written is to be seen.
        assert [event.id for event in store.events(workspace)][1:] == kept
        with pytest.raises(UserError):
            store.append(workspace, ANA, "comment", "again", {"text": "word " * 200}, id="again")
    assert kept, "the disk was full from the start, so nothing was proved"
    assert told is not None
    assert "disk" in told.got
    assert str(place) in told.got
    assert "word" not in str(told)
    # There is room again: the same store goes on, and the failed one can be said once more under its own name.
    assert store.append(workspace, ANA, "comment", "again", {"text": "now"}, id="again").place == len(kept) + 2
    store.close()
    after = Store(f"sqlite:///{place}")
    assert [event.id for event in after.events(workspace)][1:] == [*kept, "again"]
    after.close()


def test_a_store_that_cannot_be_made_for_want_of_room_is_told_and_made_later(place):
    with no_file_larger_than(0), pytest.raises(UserError) as told:
        Store(f"sqlite:///{place}")
    assert "disk" in f"{told.value.got} {told.value.do}"
    store = Store(f"sqlite:///{place}")
    assert store.create(ANA, {"name": "Clinic"})
    store.close()
