"""Fits that somebody waits for run in the workers: same numbers, one more try after a loss, words after the second."""

from __future__ import annotations

import copy
import os
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest

from core.engine.elsewhere import Elsewhere
from core.engine.failures import Interrupted, WorkerLost
from core.engine.local import InlineEngine, LocalEngine
from core.errors import UserError
from core.release.certificate import CertificateError
from core.tradeoff.adviser import review
from core.tradeoff.quick_look import QuickLook
from core.tradeoff.study import Study, parse_model, parse_recipe
from tests.tables import people


@pytest.fixture(scope="module")
def pool():
    engine = LocalEngine(1)
    yield engine
    engine.close()


class Losing(InlineEngine):
    """Loses the worker of the first tasks."""

    def __init__(self, *losses):
        self.losses = list(losses)

    def submit(self, task, *args):
        if not self.losses:
            return super().submit(task, *args)
        future = Future()
        future.set_exception(self.losses.pop(0))
        return future


def test_calls_run_in_another_process_and_come_back_in_order(pool):
    first, second = Elsewhere(pool)(os.getpid, (), ())
    assert first == second != os.getpid()
    assert Elsewhere(pool)(divmod, (7, 2), (9, 4), (1, 1)) == [(3, 1), (2, 1), (1, 0)]


def test_what_a_call_refuses_is_refused_here_in_the_same_words(pool):
    with pytest.raises(UserError) as here:
        parse_model("crystal ball")
    with pytest.raises(UserError) as there:
        Elsewhere(pool)(parse_model, ("crystal ball",))
    assert (there.value.what, there.value.got, there.value.do) == (here.value.what, here.value.got, here.value.do)
    assert str(copy.copy(CertificateError("3 rows break it"))) == "3 rows break it"  # as pickle makes it again


@pytest.mark.parametrize("loss", [Interrupted(), WorkerLost("gone"), CancelledError()])
def test_a_lost_worker_costs_one_more_try_and_two_are_told(loss):
    assert Elsewhere(Losing(loss))(max, (1, 2), (4, 3)) == [2, 4]
    with pytest.raises(UserError, match="two that did not") as told:
        Elsewhere(Losing(loss, loss))(max, (1, 2))
    assert "MIDDLEGROUND_WORKERS" in told.value.do


def test_the_quick_look_and_the_advice_are_the_same_wherever_they_are_made(pool):
    study, table = Study(name="s", recipes=(), model=parse_model("decision_tree")), people()
    recipe = parse_recipe({"technique": "mondrian_k_anonymity", "k": 5}, 1)[0]
    there = dict(QuickLook(study, table, Elsewhere(pool)).point(recipe))
    here = dict(QuickLook(study, table).point(recipe))
    assert there.pop("seconds") > 0 < here.pop("seconds")
    assert there == here
    advice = review(table, study, np.random.default_rng(2), run=Elsewhere(pool))
    assert advice == review(table, study, np.random.default_rng(2))
