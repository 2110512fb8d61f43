"""The data scientist's check: the study of the page, run from the command line, gives the same numbers."""

from __future__ import annotations

import json

from core.__main__ import main
from pages.components.study_file import file_names, to_toml
from tests.pages.test_pages import start


def test_the_downloaded_study_gives_the_same_numbers_on_the_command_line(workspace, tmp_path, small_frame):
    start(workspace)
    assert workspace.job.wait(60)
    shown = json.loads(json.dumps(workspace.snapshot().result))
    study, table, schema = file_names(workspace.draft)
    (tmp_path / study).write_text(to_toml(workspace.draft))
    small_frame.to_csv(tmp_path / table, index=False)
    (tmp_path / schema).write_text(json.dumps(workspace.schema.to_json()))
    assert main(["run", str(tmp_path / study), "--workers", "1", "--json", str(tmp_path / "out.json")]) == 0
    ran = json.loads((tmp_path / "out.json").read_text())
    for result in (shown, ran):
        for point in result["points"]:
            del point["seconds"]
    assert ran == shown
