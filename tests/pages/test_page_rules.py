"""Rules that every page and the server's settings keep."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py")
COMPONENTS = sorted((ROOT / "pages" / "components").glob("*.py"))


def first_statement(path):
    """Return the first statement that is neither docstring nor import."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return ast.unparse(next(n for n in body[1:] if not isinstance(n, (ast.Import, ast.ImportFrom))))


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_the_first_statement_of_every_page_sends_visitors_through_the_entry(path):
    assert first_statement(path) == "ensure_entry()"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_a_page_stays_thin(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_a_component_stays_below_three_hundred_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_entry_marks_the_session_before_anything_else():
    # The file is read as a module too, for the server; what runs for a session is the first branch.
    split = first_statement(ROOT / "dashboard.py")
    assert split.startswith("if __name__ == '__main__':\n    boot.entered()\n")
    assert split.endswith("else:\n    app = st.App(__file__, middleware=[Middleware(headers.Headers)])")


@pytest.mark.parametrize("path", [*PAGES, *COMPONENTS, ROOT / "dashboard.py"], ids=lambda p: p.stem)
def test_no_page_keeps_data_in_a_cache_that_is_shared_or_on_disk(path):
    text = path.read_text(encoding="utf-8")
    assert "cache_data" not in text
    assert "persist=" not in text
    assert "unsafe_allow_html" not in text


def options():
    """Return every option of the configuration file by its full name."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

    def walk(prefix, block):
        for key, value in block.items():
            name = f"{prefix}.{key}" if prefix else key
            yield from walk(name, value) if isinstance(value, dict) else [(name, value)]

    return dict(walk("", config))


@pytest.mark.parametrize("name", options())
def test_every_option_of_the_configuration_exists_in_the_installed_streamlit(name):
    from streamlit import config

    # Reading an option that does not exist raises.
    config.get_option(name)


def test_the_options_that_protect_data_are_set():
    found = options()
    assert found["server.address"] == "127.0.0.1"
    assert found["browser.gatherUsageStats"] is False
    assert found["client.showErrorDetails"] == "type"
    assert found["client.showErrorLinks"] is False
    assert found["runner.postScriptGC"] is False
    assert "server.enableAgentApi" not in found


def test_what_boot_leans_on_exists_in_the_installed_packages():
    from starlette.formparsers import MultiPartParser
    from streamlit.runtime.pages_manager import PagesManager

    from pages.components import boot

    boot.guard_process()
    assert MultiPartParser.spool_max_size > 100 * 1024 * 1024
    assert hasattr(PagesManager, "uses_pages_directory")


def test_uploads_up_to_the_limit_stay_in_memory():
    from pages.components import boot

    assert options()["server.maxUploadSize"] <= boot.UPLOAD_MB


def test_plotly_comes_out_of_the_installed_package(tmp_path):
    from pages.components import static_files

    placed = static_files.place(tmp_path / "static")
    assert placed.read_bytes() == static_files.installed_script().read_bytes()
    before = placed.stat().st_mtime_ns
    static_files.place(tmp_path / "static")
    assert placed.stat().st_mtime_ns == before
    placed.write_text("old")
    static_files.place(tmp_path / "static")
    assert placed.stat().st_size > 1_000_000


def test_links_to_other_hosts_do_not_occur_in_pages():
    for path in [*PAGES, *COMPONENTS]:
        hosts = re.findall(r"https?://([^/\s\"')]+)", path.read_text(encoding="utf-8"))
        assert set(hosts) <= {"www.w3.org"}, path.name
