"""Who may do what: every act of a room by every role, forged or not, and what a refusal gives away."""

import inspect
from datetime import date

import pytest

from core.errors import UserError
from core.team.events import Actor, Conflict, Forbidden
from core.team.minutes import minutes
from core.team.room import Room, named
from core.team.store import Store

ANA, BEN, EVE = Actor(key="key-a", name="Ana"), Actor(key="key-b", name="Ben"), Actor(key="key-e", name="Eve")
NAMELESS = Actor(key="key-b")
LIMIT = {"name": "quiet", "risk": "membership", "at_most": 0.1, "owner": "Legal"}


class World:
    """A workspace of Ana's with everything in it; Ben is a member, and the link gives nothing any more."""

    def __init__(self):
        self.store = Store("sqlite://")
        self.ws = self.store.create(ANA, {"name": "Clinic", "requirements": [LIMIT]})
        ana, ben = self.room(ANA), self.room(BEN)
        ben.join()
        self.state = ana.freeze({"result": {"points": []}})
        ana.shortlist("k[k=5]", self.state)
        self.said = ana.comment("said by Ana")
        self.question = ana.question("why?")
        self.round = ana.open_round("which?", ("k[k=5]", "dp")).subject
        self.decision = ana.propose(
            question="q", point="k[k=5]", state=self.state, evidence={"hash": "h"}, why="w"
        ).subject
        ana.protect("nobody")

    def room(self, actor, workspace=None):
        return Room(self.store, workspace or self.ws, actor)

    def head(self):
        return self.store.head(self.ws)

    def become(self, role):
        self.room(ANA).grant(BEN.key, role)


# Every public method of Room with arguments that are right: the owner's call succeeds.
ACTS = {
    "join": (),
    "ask": (),
    "grant": (BEN.key, "viewer"),
    "protect": ("member",),
    "rename": ("New name",),
    "set_limit": ({"name": "new", "metric": "accuracy", "at_least": 0.5},),
    "drop_limit": ("quiet",),
    "shortlist": ("dp", "STATE"),
    "unshortlist": ("k[k=5]",),
    "comment": ("text",),
    "question": ("text",),
    "answer": ("QUESTION", "text"),
    "undo": ("COMMENT",),
    "open_round": ("next?", ("a", "b")),
    "vote": ("ROUND", "dp", "because"),
    "reveal": ("ROUND",),
    "freeze": ({"result": {}},),
    "state": ("STATE",),
    "run": (),
    "propose": {"question": "q", "point": "dp", "state": "STATE", "evidence": {"hash": "h"}, "why": "w"},
    "sign": ("DECISION", 1),
    "refuse": ("DECISION", 1, "no"),
    "conclude": ("DECISION", "refused"),
    "present": (1,),
    "stop_presenting": (),
    "board": (),
    "events": (),
}
READS = {"state", "run", "board", "events", "changed_since", "role", "may"}
OWNERS = {"grant", "protect", "rename"}


def call(world, room, act):
    names = {"STATE": world.state, "QUESTION": world.question.subject, "ROUND": world.round,
             "DECISION": world.decision, "COMMENT": world.said.id}  # fmt: skip
    given = ACTS[act]
    if isinstance(given, dict):
        return getattr(room, act)(**{k: names.get(v, v) if isinstance(v, str) else v for k, v in given.items()})
    return getattr(room, act)(*(names.get(v, v) if isinstance(v, str) else v for v in given))


def test_every_act_of_a_room_is_in_the_table_of_acts():
    public = {name for name, _ in inspect.getmembers(Room) if not name.startswith("_")}
    assert public - set(ACTS) == {"changed_since", "role", "may"}


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"ask", "join", "open_round"}))
def test_an_owner_may(act):
    world = World()
    before = world.head()
    call(world, world.room(ANA), act)
    assert (world.head() == before) is (act in READS | {"freeze"})


@pytest.mark.parametrize("act", sorted(set(ACTS) - READS - {"join", "ask"}))
@pytest.mark.parametrize("role", ["viewer", "nobody", "stranger"])
def test_who_may_not_write_writes_nothing_and_learns_nothing(act, role):
    world = World()
    if role != "stranger":
        world.become(role)
    room = world.room(EVE if role == "stranger" else BEN)
    before = world.head()
    with pytest.raises(Forbidden) as refused:
        call(world, room, act)
    assert world.head() == before
    with pytest.raises(Forbidden) as missing:
        call(world, world.room(BEN, "Z" * 22), act)
    assert str(refused.value) == str(missing.value)  # an existing workspace reads like none


@pytest.mark.parametrize("act", sorted(READS & set(ACTS)))
def test_a_viewer_reads_and_others_do_not(act):
    world = World()
    world.become("viewer")
    call(world, world.room(BEN), act)
    for room in (world.room(EVE), world.room(BEN, "Z" * 22)):
        with pytest.raises(Forbidden):
            call(world, room, act)


@pytest.mark.parametrize("act", sorted(OWNERS))
def test_people_and_access_are_the_owners_alone(act):
    world = World()
    before = world.head()
    with pytest.raises(Forbidden):
        call(world, world.room(BEN), act)
    assert world.head() == before


@pytest.mark.parametrize("act", ["comment", "question", "vote", "sign", "refuse", "propose", "open_round", "answer"])
def test_what_carries_a_name_asks_for_one(act):
    world = World()
    before = world.head()
    with pytest.raises(UserError, match="name"):
        call(world, world.room(NAMELESS), act)
    assert world.head() == before


def test_a_frozen_state_is_read_only_through_its_own_workspace():
    world = World()
    other = world.store.create(EVE, {"name": "Eve's"})
    assert world.room(EVE, other).state(world.state) is None
    assert world.room(ANA).state(world.state) is not None


def test_a_role_that_was_taken_counts_at_the_next_act_of_an_open_room():
    world = World()
    ben = world.room(BEN)
    ben.comment("still here")
    world.become("nobody")
    with pytest.raises(Forbidden):
        ben.comment("not any more")
    with pytest.raises(Forbidden):
        ben.board()


def test_asking_for_access_twice_writes_once_and_a_stranger_to_it_learns_nothing():
    world = World()
    world.room(EVE).ask()
    before = world.head()
    with pytest.raises(UserError):
        world.room(EVE).ask()
    assert world.head() == before
    assert world.room(EVE).role == "nobody"
    assert [p.name for p in world.room(ANA).board().asked] == ["Eve"]
    with pytest.raises(Forbidden):
        world.room(EVE, "Z" * 22).ask()


def test_protecting_the_link_keeps_those_who_were_in():
    world = World()
    assert world.room(BEN).role == "member"
    assert world.room(EVE).role == "nobody"


def test_who_was_shown_out_does_not_come_back_by_the_link():
    world = World()
    world.room(ANA).protect("member")
    world.become("nobody")
    with pytest.raises(Forbidden):
        world.room(BEN).board()
    with pytest.raises(Forbidden):
        world.room(BEN).join()
    assert world.room(EVE).may("member")


def test_the_last_owner_stays_and_a_second_one_lets_the_first_go():
    world = World()
    with pytest.raises(UserError, match="owner"):
        world.room(ANA).grant(ANA.key, "member")
    world.become("owner")
    world.room(BEN).grant(ANA.key, "viewer")
    assert world.room(ANA).role == "viewer"


def test_joining_under_another_name_renames_and_keeps_the_role():
    world = World()
    world.become("viewer")
    world.room(named(BEN, "  Benedikt \n X ")).join()
    people = {p.key: (p.name, p.role) for p in world.room(ANA).board().people}
    assert people[BEN.key] == ("Benedikt X", "viewer")


def anything(value, seen=None):
    """Yield every text that can be reached from a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from anything(list(pair))
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from anything(part)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from anything(getattr(value, name))
    elif hasattr(value, "items"):
        yield from anything(dict(value.items()))


def test_nobody_gets_at_another_s_vote_before_it_is_revealed():
    world = World()
    world.room(BEN).vote(world.round, "dp", "tubaphone")

    def seen(actor):
        room = world.room(actor)
        board, events = room.board(), room.events()
        texts = [*anything(board), *anything(events), *anything(minutes(events)), *anything(dict(board.undoable))]
        return "\n".join(texts)

    assert "tubaphone" not in seen(ANA)
    assert "Ben" in next(r for r in world.room(ANA).board().rounds).voted
    assert "tubaphone" in seen(BEN)
    world.room(ANA).reveal(world.round)
    assert "tubaphone" in seen(ANA)


def test_only_who_opened_a_vote_or_an_owner_reveals_it_once_and_nobody_votes_after():
    world = World()
    with pytest.raises(UserError, match="opened it"):
        world.room(BEN).reveal(world.round)
    world.room(ANA).reveal(world.round)
    for act in (lambda: world.room(ANA).reveal(world.round), lambda: world.room(BEN).vote(world.round, "dp", "")):
        with pytest.raises(UserError):
            act()


def test_the_last_vote_counts_and_only_for_a_choice():
    world = World()
    ben = world.room(BEN)
    ben.vote(world.round, "dp", "first")
    ben.vote(world.round, "k[k=5]", "second")
    with pytest.raises(UserError):
        ben.vote(world.round, "none", "")
    world.room(ANA).reveal(world.round)
    assert [(v.choice, v.reason) for v in ben.board().rounds[0].votes] == [("k[k=5]", "second")]


def test_two_who_change_the_same_thing_get_one_writing_and_one_conflict_with_both_texts():
    world = World()
    seen = world.room(ANA).board().limit("quiet").version
    world.room(ANA).set_limit({**LIMIT, "at_most": 0.2}, seen)
    with pytest.raises(Conflict) as found:
        world.room(BEN).set_limit({**LIMIT, "at_most": 0.3}, seen)
    assert found.value.mine["block"]["at_most"] == 0.3
    assert found.value.theirs.payload["block"]["at_most"] == 0.2
    first = world.room(ANA).answer(world.question.subject, "mine", 0)
    with pytest.raises(Conflict) as found:
        world.room(BEN).answer(world.question.subject, "yours", 0)
    assert (found.value.mine["text"], found.value.theirs.id) == ("yours", first.id)


def test_sending_the_same_comment_twice_writes_it_once():
    world = World()
    one, two = (world.room(BEN).comment("again", id="same-id") for _ in range(2))
    assert one == two
    assert [c.text for c in world.room(ANA).board().comments].count("again") == 1


def test_undo_takes_back_one_s_own_last_word_and_nothing_else():
    world = World()
    ana, ben = world.room(ANA), world.room(BEN)
    with pytest.raises(UserError):
        ben.undo(world.said.id)
    old = ana.set_limit({**LIMIT, "at_most": 0.2})
    ben.set_limit({**LIMIT, "at_most": 0.3})
    with pytest.raises(UserError):
        ana.undo(old.id)  # Ben built on it
    ana.undo(world.said.id)
    assert "said by Ana" not in [c.text for c in ben.board().comments]
    assert any(line.text.endswith("(taken back later)") for line in minutes(ben.events()))
    with pytest.raises(UserError):
        ana.undo(world.said.id)


def test_a_question_that_was_answered_is_not_taken_back_with_its_answer():
    world = World()
    world.room(BEN).answer(world.question.subject, "an answer", 0)
    with pytest.raises(UserError):
        world.room(ANA).undo(world.question.id)
    assert world.room(ANA).board().questions[0].answer == "an answer"
    done = world.room(BEN).events()[-1]
    world.room(BEN).undo(done.id)
    world.room(ANA).undo(world.question.id)
    assert world.room(ANA).board().questions == ()


def test_a_signature_covers_one_wording_and_a_refusal_stays():
    world = World()
    ana, ben = world.room(ANA), world.room(BEN)
    ana.sign(world.decision, 1)
    ben.refuse(world.decision, 1, "no proof")
    ana.propose(question="q", point="k[k=5]", state=world.state, evidence={"hash": "h"}, why="better",
                decision=world.decision, expected=1)  # fmt: skip
    found = ana.board().decision(world.decision)
    assert (found.version, found.signed) == (2, ())
    assert [s.reason for s in found.refused] == ["no proof"]
    with pytest.raises(UserError, match="wording"):
        ana.sign(world.decision, 1)
    with pytest.raises(UserError, match="signature"):
        ana.conclude(world.decision, "accepted", "still")
    ana.sign(world.decision, 2)
    with pytest.raises(UserError, match="objection"):
        ana.conclude(world.decision, "accepted")
    ana.conclude(world.decision, "accepted", "the gain is worth it")


def test_what_is_decided_is_changed_by_nobody():
    world = World()
    ana = world.room(ANA)
    signature = ana.sign(world.decision, 1)
    ana.conclude(world.decision, "accepted")
    before = world.head()
    for act in (
        lambda: ana.refuse(world.decision, 1, "late"),
        lambda: ana.sign(world.decision, 1),
        lambda: ana.conclude(world.decision, "refused"),
        lambda: ana.undo(signature.id),
        lambda: ana.propose(
            question="q",
            point="dp",
            state=world.state,
            evidence={"hash": "x"},
            why="",
            decision=world.decision,
            expected=1,
        ),
    ):
        with pytest.raises(UserError):
            act()
    assert world.head() == before


def test_a_member_who_did_not_propose_does_not_close_a_proposal():
    world = World()
    world.room(ANA).sign(world.decision, 1)
    with pytest.raises(UserError, match="closed by"):
        world.room(BEN).conclude(world.decision, "accepted")


def test_a_later_accepted_decision_takes_the_place_of_the_one_before_and_dates_expire_it():
    world = World()
    ana = world.room(ANA)
    ana.propose(question="q", point="k[k=5]", state=world.state, evidence={"hash": "h"}, why="w",
                review=date(2027, 6, 1), decision=world.decision, expected=1)  # fmt: skip
    ana.sign(world.decision, 2)
    ana.conclude(world.decision, "accepted")
    first = ana.board().decision(world.decision)
    assert [first.status(date(2027, 6, day)) for day in (1, 2)] == ["accepted", "expired"]
    later = ana.propose(question="q", point="dp", state=world.state, evidence={"hash": "h"}, why="w").subject
    ana.sign(later, 1)
    ana.conclude(later, "accepted")
    board = ana.board()
    assert [board.decision(d).status(date(2027, 6, 1)) for d in (world.decision, later)] == ["superseded", "accepted"]


def test_a_proposal_stands_on_a_state_of_this_workspace():
    world = World()
    with pytest.raises(UserError, match="frozen"):
        world.room(ANA).propose(question="q", point="dp", state="f" * 64, evidence={}, why="")


HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("x")', "a\x00b", "half \ud800 pair", "דנה \u202e gnp", "🦊" * 50]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_or_is_refused_in_words(text):
    world = World()
    world.room(BEN).comment(text)
    back = world.room(ANA).board().comments[-1].text
    assert back == text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 8_001])
def test_no_text_and_too_much_text_are_refused(text):
    world = World()
    before = world.head()
    with pytest.raises(UserError):
        world.room(BEN).comment(text)
    with pytest.raises(UserError):
        world.room(BEN).refuse(world.decision, 1, text)
    assert world.head() == before


def test_a_name_is_at_most_eighty_characters():
    with pytest.raises(UserError):
        named(BEN, "x" * 81)
