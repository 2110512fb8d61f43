"""One test for each private or hidden thing of another package that this code leans on, so that an upgrade is loud.

`leans_on` enters a thing with its test; the last tests search the source for such things and compare.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import io
import logging
import re
import warnings
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "dashboard.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
TESTED: dict[str, str] = {}
"""The name of a thing, and what happens to people when it is gone."""


def leans_on(name, loss):
    """Enter a thing that is not promised by its package."""
    assert name not in TESTED
    TESTED[name] = loss

    def told(test):
        return test

    return told


def need(holds, name, what):
    """Fail in words that whoever upgrades a package can act on."""
    assert holds, (
        f"{name}: {what}. If it stays so: {TESTED[name]}. Keep the old version or change the code that uses it."
    )


def package(name):
    return Path(importlib.import_module(name).__file__).parent


def frontend():
    """Return all scripts that Streamlit's page loads, as one text."""
    files = sorted((package("streamlit") / "static" / "static" / "js").glob("*.js"))
    assert files, "Streamlit's page has moved in its package: look for static/js and correct this test."
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


# --- streamlit: navigation ------------------------------------------------------------------------------------------

PAGES_MANAGER = "streamlit.runtime.pages_manager"
FLAG = "PagesManager.uses_pages_directory"


@leans_on(PAGES_MANAGER, "a deep link on a cold server runs a page without dashboard.py, past the bar and the entry")
@leans_on(FLAG, "a deep link on a cold server runs a page without dashboard.py, past the bar and the entry")
def test_streamlit_takes_pages_for_its_old_navigation_until_it_is_told_otherwise(tmp_path, monkeypatch):
    from streamlit.runtime.pages_manager import PagesManager

    need("uses_pages_directory" in vars(PagesManager), FLAG, "the class has no such attribute any more")
    (tmp_path / "pages").mkdir()
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(tmp_path / "dashboard.py"))
    need(PagesManager.uses_pages_directory is True, FLAG, "a folder pages/ no longer sets it")
    PagesManager.uses_pages_directory = False
    PagesManager(str(tmp_path / "dashboard.py"))
    need(PagesManager.uses_pages_directory is False, FLAG, "a new session sets what we cleared")
    runner = (package("streamlit") / "runtime" / "scriptrunner" / "script_runner.py").read_text(encoding="utf-8")
    need("PagesManager.uses_pages_directory" in runner, FLAG, "what runs a page no longer asks for it")


# --- streamlit: the server ------------------------------------------------------------------------------------------


@leans_on("st.App", "answers have no security headers, and uploads before the first page may go to disk")
def test_streamlit_run_finds_the_application_in_dashboard_py_and_lets_our_headers_in():
    import streamlit as st
    from streamlit.web.server.app_discovery import discover_asgi_app

    name = "st.App"
    need(hasattr(st, "App"), name, "it is gone")
    found = discover_asgi_app(ROOT / "dashboard.py")
    need(found.import_string == "dashboard:app", name, "`streamlit run` no longer finds it in a branch of the file")
    app = importlib.import_module("dashboard").app
    need(app.script_path == ROOT / "dashboard.py", name, "it does not run this very file")


@leans_on("static/index.html", "the browser refuses a script of Streamlit's page and says so in its console")
def test_streamlits_page_holds_few_scripts_that_we_can_allow_by_their_hash():
    from pages.components import headers

    name, page = "static/index.html", (package("streamlit") / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    need(set(inline) <= {"<script>"}, name, f"it has a script of another form: {inline}")
    need(len(inline) <= 3, name, f"it has {len(inline)} scripts in it")
    need(not re.search(r"\son[a-z]+=", page), name, "it has a handler in an attribute, which no hash allows")
    need(all(code in headers.policy() for code in headers.inline_scripts(page)), name, "a script's hash is missing")


@leans_on("/_stcore/metrics", "anybody who reaches the server reads how many sessions it has")
def test_streamlits_own_routes_that_we_close_still_have_these_names():
    from streamlit.web.server.starlette import starlette_routes

    from pages.components.headers import CLOSED

    source = Path(starlette_routes.__file__).read_text(encoding="utf-8")
    need(starlette_routes.BASE_ROUTE_CORE == "_stcore", "/_stcore/metrics", "its routes begin otherwise")
    for path in CLOSED:
        end = path.removeprefix("/_stcore/")
        need(re.search(rf"BASE_ROUTE_CORE}}/{end}", source), "/_stcore/metrics", "there is no such route")


@leans_on("starlette.formparsers", "uploads over a megabyte are written to a file on disk")
@leans_on("MultiPartParser.spool_max_size", "uploads over a megabyte are written to a file on disk")
def test_starlette_keeps_an_upload_below_our_limit_in_memory():
    from starlette.formparsers import MultiPartParser
    from starlette.requests import Request
    from streamlit.web.server.starlette import starlette_routes

    from pages.components import boot

    boot.guard_process()
    name = "MultiPartParser.spool_max_size"
    need(MultiPartParser.spool_max_size > 100 * 1024**2, name, "our limit is not set")
    need(".form()" in Path(starlette_routes.__file__).read_text(encoding="utf-8"), name, "uploads are read otherwise")

    def rolled(size):
        head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n'
        body = head + b"a" * size + b"\r\n--x--\r\n"

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def read():
            scope = {
                "type": "http",
                "method": "POST",
                "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
            }
            async with Request(scope, receive).form() as form:
                return form["f"].file._rolled

        return asyncio.run(read())

    need(not rolled(3 * 1024**2), name, "a file of 3 MB goes to disk in spite of it")
    ours = MultiPartParser.spool_max_size
    try:
        MultiPartParser.spool_max_size = 1024**2
        need(rolled(3 * 1024**2), name, "it is not what decides, so this test proves nothing")
    finally:
        MultiPartParser.spool_max_size = ours


@leans_on("runner.postScriptGC", "every click waits for a full garbage collection; 30 people wait seconds")
def test_streamlit_collects_garbage_after_a_run_only_where_the_hidden_option_says_so():
    from streamlit import config

    name = "runner.postScriptGC"
    need(config._config_options_template.get(name) is not None, name, "there is no such option")
    runner = (package("streamlit") / "runtime" / "scriptrunner" / "script_runner.py").read_text(encoding="utf-8")
    need(
        re.search(r'if config\.get_option\("runner\.postScriptGC"\):\s+gc\.collect', runner), name, "nobody asks for it"
    )


# --- logs -----------------------------------------------------------------------------------------------------------

LOGGERS = {
    "streamlit.error_util": "_LOGGER",
    "streamlit.runtime.scriptrunner.script_runner": "_LOGGER",
    "streamlit.runtime.app_session": "_LOGGER",
    "streamlit.runtime.backend_operation_handler": "_LOGGER",
    "streamlit.runtime.caching.cache_resource_api": "_LOGGER",
    "streamlit.runtime.dataframe_chunk_handler": "_LOGGER",
    "streamlit.runtime.fragment": "_LOGGER",
    "streamlit.web.server.starlette.starlette_routes": "_LOGGER",
    "streamlit.web.server.starlette.starlette_websocket": "_LOGGER",
    "concurrent.futures": None,
    "asyncio": None,
    "uvicorn.error": None,
}
HARMLESS = {
    "streamlit.runtime.agent.interaction",  # these four answer the agent API, which is off
    "streamlit.runtime.agent.mcp",
    "streamlit.web.server.starlette.starlette_agent_routes",
    "streamlit.runtime.caching.cache_data_api",  # not used here, see tests/pages/test_page_rules.py
    "streamlit.runtime.caching.storage.local_disk_cache_storage",
    "streamlit.runtime.agent.widget_values",
    "streamlit.runtime.credentials",  # these two read the machine's own settings
    "streamlit.web.bootstrap",
    "streamlit.web.server.starlette.starlette_auth_routes",  # a login, which is not set up
}
for _name in LOGGERS:
    TESTED[_name] = "the server's log quotes the message of an exception, and with it a cell of somebody's table"


@pytest.mark.parametrize("name", LOGGERS)
def test_a_logger_that_we_guard_still_has_its_name(name):
    from pages.components import redact

    redact.install()
    if LOGGERS[name]:
        found = getattr(importlib.import_module(name), LOGGERS[name], None)
        found = logging.getLogger(name) if found is None else found
        need(
            getattr(importlib.import_module(name), LOGGERS[name], None) is not None, name, "it has no logger of its own"
        )
    elif name == "concurrent.futures":
        found = importlib.import_module("concurrent.futures._base").LOGGER
    elif name == "asyncio":
        found = importlib.import_module("asyncio.log").logger
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # which websocket package uvicorn takes is not the matter here
            source = (package("uvicorn") / "server.py").read_text(encoding="utf-8")
        need('getLogger("uvicorn.error")' in source, name, "the server logs under another name")
        found = logging.getLogger(name)
    need(found.name == name, name, f"it logs as {found.name!r}")
    need(any(isinstance(one, redact.Redact) for one in found.filters), name, "our filter is not on it")


def test_an_exception_of_a_page_is_logged_without_its_message(caplog):
    from streamlit import error_util

    from pages.components import redact

    redact.install()
    try:
        raise ValueError("CANARY of a cell")
    except ValueError as error:
        error_util.handle_uncaught_app_exception(error)
    assert "message withheld" in caplog.text
    assert "CANARY" not in caplog.text


def test_every_module_of_streamlit_that_logs_exceptions_is_guarded_or_known_to_be_harmless():
    from pages.components import redact

    root, found = package("streamlit"), set()
    logs = re.compile(r"_LOGGER\.exception\(|_LOGGER\.(?:error|warning|critical)\((?:[^()]|\([^()]*\))*exc_info=")
    for path in [*(root / "runtime").rglob("*.py"), *(root / "web").rglob("*.py"), root / "error_util.py"]:
        if logs.search(path.read_text(encoding="utf-8")):
            found.add(".".join(("streamlit", *path.relative_to(root).with_suffix("").parts)))
    assert len(found) > 5
    counters = {"streamlit.runtime.stats", "streamlit.runtime.websocket_session_manager"}  # events, no page's code
    caches = {"streamlit.runtime.caching.cache_background_refresh", "streamlit.runtime.caching.cache_utils"}
    new = sorted(found - set(redact.LOGGERS) - HARMLESS - counters - caches)
    assert not new, (
        f"these log exceptions now, and may quote a cell: guard them in redact.LOGGERS, or say why not: {new}"
    )


# --- the page in the browser ----------------------------------------------------------------------------------------

CSS = {
    ".stMainBlockContainer": "headings stand lower, and the chart is below the edge of a projector",
    ".st-key-": "what is shown to the room has the size of small print",
    "stBaseButton-primary": "white text on light blue cannot be read on the dark ground",
    "stBaseButton-primaryFormSubmit": "white text on light blue cannot be read on the dark ground",
    "stMultiSelect": "chosen columns cannot be read on the dark ground",
    "data-tag": "chosen columns cannot be read on the dark ground",
    "stColumn": "on a phone the chart stands below two screens of settings",
}
IN_SCRIPTS = {
    ".stMainBlockContainer": r"stMainBlockContainer",
    ".st-key-": r"st-key-",
    "stBaseButton-primary": r"`stBaseButton-\$\{",
    "stBaseButton-primaryFormSubmit": r"primaryFormSubmit",
    "stMultiSelect": r"[\"`']stMultiSelect[\"`']",
    "data-tag": r"[\"`']data-tag[\"`']",
    "stColumn": r"[\"`']stColumn[\"`']",
}
TESTED.update(CSS)


@pytest.mark.parametrize("name", CSS)
def test_a_name_that_our_styles_use_is_still_in_streamlits_page(name):
    need(re.search(IN_SCRIPTS[name], frontend()), name, "no script of Streamlit's page knows it")


# --- other packages -------------------------------------------------------------------------------------------------


@leans_on("joblib.externals.loky", "sweeps do not start: the standard pools run dashboard.py again in every worker")
@leans_on("pool._processes", "a worker that is told to forget a table may live on with it")
@pytest.mark.slow
def test_a_pool_of_loky_names_its_processes_and_kills_them():
    from joblib.externals.loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(max_workers=1)
    pool.submit(abs, -1).result(60)
    held = getattr(pool, "_processes", None)
    need(isinstance(held, dict) and len(held) == 1, "pool._processes", f"it is {type(held).__name__}")
    process = next(iter(held.values()))
    need(process.is_alive(), "pool._processes", "what it holds is no process")
    pool.shutdown(wait=True, kill_workers=True)
    need(not process.is_alive(), "joblib.externals.loky", "shutdown(kill_workers=True) leaves the process alive")


def test_a_pool_of_loky_still_has_the_parts_that_we_use():
    import inspect

    from joblib.externals.loky import ProcessPoolExecutor

    accepted = inspect.signature(ProcessPoolExecutor.__init__).parameters
    for part in ("max_workers", "initializer", "timeout"):
        need(part in accepted, "joblib.externals.loky", f"a pool no longer takes {part}")
    ends = inspect.signature(ProcessPoolExecutor.shutdown).parameters
    need("kill_workers" in ends, "joblib.externals.loky", "a pool can no longer be told to kill its workers")
    pool = ProcessPoolExecutor(max_workers=1)
    need(hasattr(pool, "_processes"), "pool._processes", "it is gone")
    pool.shutdown()


@leans_on("book._number_formats", "a zip code that Excel shows as 01234 is read as 1234")
def test_openpyxl_tells_the_number_formats_of_a_workbook():
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = 1234
    book.active["A1"].number_format = "00000"
    book.save(out)
    read = openpyxl.load_workbook(io.BytesIO(out.getvalue()), read_only=True, data_only=True)
    name = "book._number_formats"
    need("00000" in getattr(read, "_number_formats", ()), name, "a format that is in the file is not in it")


@leans_on("self.estimator._predictors", "boosted trees are scored by other sums than scikit-learn's own")
@leans_on("self.estimator._baseline_prediction", "boosted trees are scored by other sums than scikit-learn's own")
@leans_on("self.estimator._loss", "boosted trees are scored by other sums than scikit-learn's own")
def test_scikit_learns_boosted_trees_are_the_sum_that_we_take_them_for():
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    source = np.random.default_rng(3)
    features = source.normal(size=(60, 2))
    labels = (features[:, 0] > 0).astype(int)
    fitted = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=5, random_state=0).fit(features, labels)
    for part in ("_predictors", "_baseline_prediction", "_loss"):
        need(hasattr(fitted, part), f"self.estimator.{part}", "it is gone")
    name = "self.estimator._predictors"
    need(len(fitted._predictors) == 2 and len(fitted._predictors[0]) == 1, name, "it is not a list by round and class")
    start, shape = fitted._baseline_prediction, "self.estimator._baseline_prediction"
    need(start.shape == (1, 1), shape, f"its shape is {start.shape}")
    sums = fitted._raw_predict(features).ravel()
    ours = np.asarray(fitted._loss.predict_proba(sums))
    need((ours == fitted.predict_proba(features)).all(), "self.estimator._loss", "it gives other shares than the model")


# --- nothing else ---------------------------------------------------------------------------------------------------

OPEN = {"streamlit", "starlette.middleware", "streamlit.delta_generator"}
"""Modules of these packages that their documentation names."""

STANDARD = {"os._exit"}
HEAVY = ("streamlit", "starlette", "uvicorn", "tornado", "joblib.externals", "sqlalchemy.dialects")


def named(node):
    return node.id if isinstance(node, ast.Name) else None


OWN = re.compile(
    r"(?:def|class) (_[a-z]\w*)|(_[a-z]\w*)\s*(?::[^=\n]+)?=[^=]|^\s+(_[a-z]\w*)\s*:|,\s*self\.(_[a-z]\w*)",
    re.MULTILINE | re.IGNORECASE,
)


def own_names(text):
    """Return the private names that a file itself defines or writes."""
    return {name for found in OWN.findall(text) for name in found if name}


HINTS = re.compile(
    r"(?:streamlit|uvicorn|starlette|tornado|sqlalchemy)\.|joblib|starlette|uvicorn|concurrent\.futures|asyncio|_stcore"
    r"|(?<!self)\._[a-z]|data-[a-z]|\.st[-A-Z]|st\.App"
)
"""What stands in every source that leans on something: reading all of them as Python takes two seconds."""


def leanings(text, ours=frozenset()):
    """Return what a source leans on: modules inside of packages, their private parts, patches, loggers, styles."""
    if not HINTS.search(text):
        return set()
    tree, found = ast.parse(text), set()
    own = own_names(text)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(HEAVY)
        for alias in node.names
    }
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        found |= {name for name in modules if name.startswith(HEAVY) and name not in OPEN}
        if isinstance(node, ast.Attribute):
            # Behind a plain name may be an object of another file of ours; behind a longer path it is somebody else's.
            known = own | ours if isinstance(node.value, ast.Name) else own
            private = node.attr.startswith("_") and not node.attr.startswith("__") and node.attr not in known
            patched = isinstance(node.ctx, ast.Store) and named(node.value) in imported
            hidden = node.attr == "App" and named(node.value) == "st"
            if (private or patched or hidden) and ast.unparse(node) not in STANDARD:
                found.add(ast.unparse(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 2_000:
            value = node.value
            if re.fullmatch(r"(?:streamlit|uvicorn|starlette)(?:\.[a-z_]+)+|concurrent\.futures|asyncio", value):
                found.add(value)
            if re.fullmatch(r"/_stcore/[a-z/-]+", value):
                found.add(value)
            found |= set(re.findall(r"data-testid=([A-Za-z-]+)", value))
            found |= set(re.findall(r"\[(data-(?!testid)[a-z-]+)\]", value))
            found |= {f".{name}" for name in re.findall(r"\.(st[A-Z][A-Za-z]+)", value)}
            found |= {".st-key-" for _ in re.findall(r"\.st-key-", value)}
    return found


@cache
def all_leanings():
    """Return everything that the source leans on; one file may use a private name that another defines."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    ours = frozenset(name for text in texts for name in own_names(text))
    from streamlit import config

    hidden = {name for name in written_options() if config._config_options_template[name].visibility == "hidden"}
    page = {"static/index.html"} if any('"index.html"' in text for text in texts) else set()
    return hidden.union(page, *(leanings(text, ours) for text in texts))


def written_options():
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    return [f"{group}.{name}" for group, block in config.items() if group != "theme" for name in block]


def test_nothing_private_or_hidden_is_used_without_a_test_here():
    without = sorted(all_leanings() - set(TESTED))
    assert not without, f"the code leans on {without}: write a test for each in this file, or do without"


def test_nothing_is_tested_here_that_the_code_no_longer_uses():
    unused = sorted(set(TESTED) - all_leanings())
    assert not unused, f"nothing uses {unused} any more: take the test away"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from streamlit.runtime.state import SessionState", "streamlit.runtime.state"),
        ("import uvicorn.config", "uvicorn.config"),
        ("import streamlit as st\nst._main.write(1)", "st._main"),
        ("from starlette.requests import Request\nRequest.state = 1", "Request.state"),
        ("NAME = 'streamlit.runtime.caching'", "streamlit.runtime.caching"),
        ("CSS = '[data-testid=stSidebar]{color:red}'", "stSidebar"),
        ("CSS = '.stButton button{color:red}'", ".stButton"),
        ("PATH = '/_stcore/health'", "/_stcore/health"),
    ],
)
def test_the_search_finds_a_new_leaning(text, name):
    assert name in leanings(text)
