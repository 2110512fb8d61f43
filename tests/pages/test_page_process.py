"""What the page process spares: sklearn, the same look at a running sweep for everybody, the same chart twice."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.jobs import Job
from core.tradeoff.study import load_study

ROOT = Path(__file__).resolve().parents[2]

WALK = """
import sys
from pathlib import Path
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

made = PagesManager.__init__
def known(self, *args, **kwargs):
    made(self, *args, **kwargs)
    PagesManager.uses_pages_directory = False
PagesManager.__init__ = known

if __name__ == "__main__":
    from pages.components import shell
    at = AppTest.from_file(sys.argv[1], default_timeout=60).run()
    at.button(key="try_adult").click().run()
    (space,) = shell.house().vault._held.values()
    assert space.job.wait(100)
    def opened(page):
        at.switch_page(f"pages/{page}.py").run()
        assert not at.exception, (page, at.exception)
        return at
    def pressed(part):
        next(b for b in at.button if part in (b.key or "")).click().run()
        assert not at.exception and not at.error, (part, at.exception, at.error)
    for page in sorted(Path(sys.argv[1]).parent.glob("pages/[a-z]*.py")):
        opened(page.stem)
    # Whatever fits a model because somebody pressed a button: advice, a preview of invented rows, a release of them.
    opened("data")
    pressed("adviser")
    assert space.notes["adviser"][1].singles
    opened("techniques")
    space.stack = [{"technique": "sequential_trees"}]
    opened("techniques")
    assert space.looks["effect"].point["status"] == "measured"
    assert space.looks["effect"].table is not None
    at.session_state["point"] = "synthetic[min_leaf=5]"
    opened("trade_off")
    pressed("null-check")
    pressed("make-release")
    assert space.notes["released"]
    assert space.snapshot().state == "done"
    assert {p["status"] for p in space.snapshot().result["points"]} == {"measured"}
    shell.house().workers.close()
    print("sklearn", "sklearn" in sys.modules)
"""


def test_the_pages_and_all_they_draw_with_are_imported_without_sklearn():
    code = (
        "import sys, dashboard, importlib, pathlib\n"
        "for path in pathlib.Path('pages/components').glob('*.py'):\n"
        "    importlib.import_module(f'pages.components.{path.stem}')\n"
        "print('sklearn' in sys.modules, 'core.attacks.inference_model' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.stdout.split() == ["False", "True"], told.stderr


@pytest.mark.slow
def test_the_page_process_draws_a_real_sweep_and_serves_every_button_without_sklearn(tmp_path):
    (tmp_path / "walk.py").write_text(WALK)
    environment = {
        **os.environ,
        "MIDDLEGROUND_WORKERS": "2",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'team.db'}",
        "PYTHONPATH": str(ROOT),
    }
    told = subprocess.run([sys.executable, str(tmp_path / "walk.py"), str(ROOT / "dashboard.py")], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=250)  # fmt: skip
    assert told.stdout.splitlines()[-1:] == ["sklearn False"], told.stderr[-3000:]


@pytest.fixture
def space():
    """Return a workspace whose sweep has begun and of which nothing is measured yet."""
    from pages.components.vault import Workspace

    study, table = load_study(ROOT / "sample_data" / "clinic.toml")
    return Workspace(id="w", job=Job(replace(study, rows=200), table), table=table)


def test_a_running_sweep_is_looked_at_once_for_all_who_ask_at_once(space):
    first = space.snapshot()
    assert first.active
    assert space.snapshot() is first
    space.taken -= 1  # a second goes by
    assert space.snapshot() is not first


def test_the_end_of_a_sweep_and_a_changed_limit_are_seen_at_once(space):
    first = space.snapshot()
    space.notes["stale"] = True  # what a changed limit leaves behind
    second = space.snapshot()
    assert second is not first
    space.job.stop()
    assert space.snapshot().state == "stopped"
    assert space.snapshot() is space.snapshot()


def test_a_chart_is_built_once_for_a_result_and_anew_for_another_look(space):
    from pages.components import drawing
    from tests.result_example import example

    result = example()
    figure, info = drawing.chart(space, result, dark=False, selected=None)
    assert drawing.chart(space, result, dark=False, selected=None) == (figure, info)
    assert drawing.chart(space, result, dark=False, selected=None)[0] is figure
    assert drawing.chart(space, result, dark=True, selected=None)[0] is not figure
    name = result["points"][0]["id"]
    assert drawing.chart(space, result, dark=False, selected=name)[1] != info
    assert drawing.chart(space, example(), dark=False, selected=None)[0] is not figure
