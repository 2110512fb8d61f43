"""Who looks: a login where one is configured, else this browser, under the name that somebody typed."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.team.events import SIGNED_IN, TYPED, Actor
from core.team.room import named
from core.team.store import new_id

COOKIE, NAME_COOKIE = "middleground_browser", "middleground_name"
_KEY = re.compile(r"[A-Za-z0-9]{22}")
_JS = """
export default ({ data, setTriggerValue }) => {
  const parts = document.cookie.split('; ');
  const read = (name) => parts.find((part) => part.startsWith(name + '='))?.slice(name.length + 1);
  const safe = location.protocol === 'https:' ? '; Secure' : '';
  const write = (name, value) => {
    document.cookie = `${name}=${value}; path=${data.path}; max-age=31536000; SameSite=Lax${safe}`;
  };
  const held = read(data.cookie);
  // A second tab of this browser is the same person: the first key stays.
  if (held && held !== data.key) setTriggerValue('held', held); else write(data.cookie, data.key);
  if (data.name) write(data.nameCookie, encodeURIComponent(data.name));
};
"""
_keep = st.components.v2.component("browser_key", html="<div></div>", js=_JS, isolate_styles=False)


def login_configured() -> bool:
    """Say whether people sign in: whether `[auth]` is in the server's secrets."""
    try:
        return "auth" in st.secrets
    except (FileNotFoundError, st.errors.StreamlitSecretNotFoundError):
        return False


def signed_in(user: Mapping[str, Any], now: float) -> Actor | None:
    """Return who is signed in by these claims; None without a login, or when it has run out.

    Streamlit's own cookie lives for 30 days whatever the provider said, so the claim is checked here.

    >>> signed_in({"is_logged_in": True, "iss": "id.example", "sub": "7", "name": "Ana", "exp": 10}, 9).name
    'Ana'
    >>> signed_in({"is_logged_in": True, "iss": "id.example", "sub": "7", "exp": 10}, 11) is None
    True
    """
    if not user.get("is_logged_in") or not user.get("sub"):
        return None
    ends = user.get("exp")
    if isinstance(ends, (int, float)) and ends < now:
        return None
    who = f"{user.get('iss', '')}|{user['sub']}"
    name = str(user.get("name") or user.get("email") or "")
    return named(Actor(key=f"login:{_fingerprint(who)}", source=SIGNED_IN), name[:80])


def actor() -> Actor:
    """Return who looks. Without a login: this browser, under its typed name, which may be empty."""
    if login_configured():
        found = signed_in(st.user, time.time())
        # Who is not signed in has no key that was ever given a role.
        return found or Actor(key=f"nobody:{st.session_state.setdefault('_stranger', new_id())}")
    return named(Actor(key=f"typed:{_fingerprint(_browser_key())}", source=TYPED), _typed_name())


def _fingerprint(secret: str) -> str:
    """Return what the store may know of a secret: whoever reads the database cannot become somebody else."""
    return hashlib.sha256(secret.encode()).hexdigest()[:40]


def _browser_key() -> str:
    if "_browser" not in st.session_state:
        held = _cookie(COOKIE)
        st.session_state["_browser"] = held if _KEY.fullmatch(held) else new_id()
    return str(st.session_state["_browser"])


def _cookie(name: str) -> str:
    held = st.context.cookies.get(name)
    return held if isinstance(held, str) else ""


def _typed_name() -> str:
    if "_name" not in st.session_state:
        from urllib.parse import unquote

        st.session_state["_name"] = named(Actor(key=""), unquote(_cookie(NAME_COOKIE))[:80]).name
    return str(st.session_state["_name"])


def call(name: str) -> None:
    """Take a name that somebody typed."""
    st.session_state["_name"] = named(Actor(key=""), name).name


def remember() -> None:
    """Let the browser keep its key, so that F5 and another day find the same person."""
    if login_configured():
        return
    key = "browser-key"

    def held() -> None:
        found = st.session_state.get(key)
        value = str(found.get("held") if isinstance(found, Mapping) else getattr(found, "held", None) or "")
        if _KEY.fullmatch(value):
            st.session_state["_browser"] = value

    path = "/" + str(st.get_option("server.baseUrlPath") or "").strip("/")
    data = {"cookie": COOKIE, "nameCookie": NAME_COOKIE, "key": _browser_key(), "name": _typed_name(), "path": path}
    _keep(data=data, key=key, on_held_change=held, height=1)


def has_name() -> bool:
    """Say whether this person has a name; where not, draw a line that says what is missing and where to give it."""
    if actor().name:
        return True
    st.caption("Give your name at the top of Decide to take part: what you say carries it.")
    return False


def ask_name(key: str, why: str) -> bool:
    """Draw the question for a name where there is none yet; say whether there is one."""
    if actor().name:
        return True
    if login_configured():
        st.info("Sign in to take part.", icon=":material/login:")
        if st.button("Sign in", key=f"sign-in-{key}", type="primary"):
            st.login()
        return False
    with st.form(f"name-{key}", border=True):
        st.markdown(f"**Who are you?** {why}")
        name = st.text_input("Your name, as others know you", max_chars=80, key=f"name-text-{key}")
        st.caption("It is recorded as typed, not verified.")
        if st.form_submit_button("Use this name", type="primary") and name.strip():
            call(name)
            st.rerun()
    return False
