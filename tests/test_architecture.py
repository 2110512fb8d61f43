"""Rules for the whole repository."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [
    ("errors", "registry", "rng", "params"),
    ("data",),
    ("stats",),
    ("privacy",),
    ("models",),
    ("techniques",),
    ("audit",),
    ("attacks",),
    ("utility",),
    ("tradeoff",),
    ("engine",),
    ("release",),
    ("charts",),
    ("report", "methods"),
    ("team", "recheck", "survival", "ask", "solve", "claims"),
    ("__main__",),
]
PLACE = {name: level for level, names in enumerate(LAYERS) for name in names}
CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
COMPONENTS = sorted((ROOT / "pages" / "components").glob("*.py"))
SOURCES = [ROOT / "dashboard.py", *CORE, *PAGES, *COMPONENTS]


def name_of(path):
    return str(path.relative_to(ROOT))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_never_imports_streamlit_and_only_imports_downwards(path):
    parts = path.relative_to(ROOT / "core").parts
    here = parts[0].removesuffix(".py")
    for module in imports(path):
        assert module.split(".")[0] not in ("streamlit", "pages"), f"{name_of(path)} imports {module}"
        if module.startswith("core.") and here in PLACE:
            there = module.split(".")[1]
            assert PLACE[there] <= PLACE[here], f"{name_of(path)} ({here}) imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_stay_short(path):
    lines = len(path.read_text().splitlines())
    assert lines <= (150 if path in PAGES else 400), f"{lines} lines: split it by idea"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_writes_rows_or_trusts_a_pickle(path):
    text = path.read_text()
    assert "persist=" not in text
    assert "cache_data" not in text or "components" in name_of(path)
    if name_of(path) not in ("core/engine/local.py",):
        assert not re.search(r"\bpickle\b", text), "pickles cross our own worker pipes only"
    assert ".to_csv(" not in text or "report" in name_of(path)
    assert not re.search(r"\bnp\.random\.(seed|rand|randn|normal|choice)\(", text)
    assert not re.search(r"[^_.\w]hash\(", text), "hash() differs from process to process"


def test_only_pages_import_streamlit():
    users = {name_of(path) for path in SOURCES if any(m.split(".")[0] == "streamlit" for m in imports(path))}
    assert all(name.startswith("pages/") or name == "dashboard.py" for name in users)


def test_the_top_level_is_fixed():
    allowed = {
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-deep.txt",
        "requirements-cluster.txt",
        "requirements-postgres.txt",
        "README.md",
        "dashboard.py",
        "pages",
        "core",
        "tests",
        "sample_data",
        "Makefile",
        "pyproject.toml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs",
        ".ci",
        ".streamlit",
        ".gitignore",
        ".git",
    }
    made = {".venv", ".venv-deep", "static", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache"}
    assert {path.name for path in ROOT.iterdir()} - made - {"__pycache__"} <= allowed


def test_no_file_names_a_registry_and_no_source_fetches():
    for path in [*SOURCES, ROOT / "Makefile", ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]:
        text = path.read_text()
        assert "--index-url" not in text
        assert "pypi.org" not in text
        modules = set(imports(path)) if path.suffix == ".py" else set()
        assert not modules & {"requests", "urllib.request", "http.client", "socket", "httpx"}, name_of(path)


def test_requirements_are_pinned_and_light():
    lines = [
        line
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert all("==" in line for line in lines)
    names = {line.split("==")[0] for line in lines}
    assert {"streamlit", "plotly", "scikit-learn", "diffprivlib", "pandas", "pytest"} <= names
    assert not names & {"torch", "jax", "ray", "tensorflow"}


def test_the_readme_documents_every_command():
    from core.__main__ import parser

    text = (ROOT / "README.md").read_text()
    for action in parser()._subparsers._group_actions[0].choices:
        assert f"python -m core {action}" in text or f"`{action}`" in text, action
