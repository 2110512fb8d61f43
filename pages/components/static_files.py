"""Puts plotly.js where the server can serve it: a copy out of the installed plotly package, never one of our own.

Called by `make run` as `python -m pages.components.static_files` before the server starts, and again when the first
page is drawn, so that `streamlit run dashboard.py` alone works too: the server looks the file up at every request.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "static"
SCRIPT = "plotly.min.js"


def installed_script() -> Path:
    """Return plotly.js as it lies in the installed package, without importing plotly."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed: run pip install -r requirements.txt")
    return Path(spec.origin).parent / "package_data" / SCRIPT


def place(folder: Path = FOLDER) -> Path:
    """Copy plotly.js into the folder unless the same file lies there, and return its path."""
    source, target = installed_script(), folder / SCRIPT
    found, wanted = (target.stat() if target.exists() else None), source.stat()
    if found is None or found.st_size != wanted.st_size or found.st_mtime < wanted.st_mtime:
        folder.mkdir(exist_ok=True)
        # A second server may do the same at this moment: each writes its own file and renames it into place.
        draft = target.with_suffix(f".{os.getpid()}.part")
        shutil.copyfile(source, draft)
        draft.replace(target)
    return target


if __name__ == "__main__":
    place()
