"""The release of a setting: the protected table and its certificate, made on demand and offered as two downloads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.release.certificate import CertificateError, Released, release
from core.release.command import sentences
from core.tradeoff.recipe import Recipe
from pages.components import unit
from pages.components.shell import brought, house, told
from pages.components.vault import Workspace
from pages.components.words import plain


def recipe_of(space: Workspace, point: Mapping[str, Any]) -> Recipe | None:
    """Return the recipe of a measured point as the sweep ran it."""
    if space.job is None:
        return None
    return next((recipe for recipe in space.job.recipes if recipe.id == point["id"]), None)


def show(space: Workspace, point: Mapping[str, Any]) -> None:
    """Draw the button, and the downloads when the table of this point has been made."""
    recipe = recipe_of(space, point)
    if recipe is None or space.job is None or space.table is None:
        return
    st.markdown("**Hand the rows over**")
    if not recipe.releases_rows:
        st.caption("Under this setting the trained model leaves the room and no row does: no table can be handed over.")
        return
    if not brought(space):
        st.caption("Only an owner of this workspace can hand rows over.")
        return
    if unit.private(point["recipe"]) and not unit.confirmed(space):
        unit.ask(space, "release")
        return
    mark = f"{point['id']} {point['replicates']}"
    kept: dict[str, Any] = space.notes.setdefault("released", {})
    pressed = st.button(
        "Make the protected table",
        key="make-release",
        icon=":material/table_view:",
        disabled=space.running,
        help="Applies the setting to the whole table, verifies the result and writes a certificate.",
    )
    if pressed:
        kept.clear()
        with told(), st.spinner("Protecting the whole table and verifying it"):
            try:
                ledger = space.job.ledger_with(recipe)
                certified = partial(release, measured=point, ledger=ledger)
                (kept[mark],) = house().elsewhere(certified, (space.job.study, space.table, recipe))
                space.job.released(recipe)
                space.notes["stale"] = True
            except CertificateError as error:
                st.error(f"**Not certified, and nothing is handed over.** {plain(error)}", icon=":material/report:")
    found = kept.get(mark)
    if isinstance(found, Released):
        _offer(found)
    st.caption(
        "Whatever is random is drawn afresh for the release. The risks in the certificate are those measured here, on "
        "random halves, not on that file. Making a table is counted in the ledger."
    )


def _offer(found: Released) -> None:
    for line in sentences(found.certificate, "table.csv", "table.csv.certificate.json")[:3]:
        st.markdown(plain(line))
    text = json.dumps(found.certificate, indent=1, ensure_ascii=False, allow_nan=False)
    left, right = st.columns(2)
    left.download_button("Download the table", found.content, "table.csv", "text/csv", key="get-table",
                         icon=":material/download:", on_click="ignore")  # fmt: skip
    right.download_button("Download the certificate", text, "table.csv.certificate.json", "application/json",
                          key="get-certificate", icon=":material/verified:", on_click="ignore")  # fmt: skip
