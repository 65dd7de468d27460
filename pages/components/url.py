"""Choices that live in the URL under a short value, though the widget shows a longer label.

Streamlit's own ``bind="query-params"`` puts the label into the URL, and cannot be told of a choice made elsewhere (a card, a finished run).
Three places may name a choice: the widget, code, and the address bar (a link, the back button). The last to change wins.

What the browser says may be old: it sends its widgets' values and its address along with whatever it asks, also when it has not yet
heard of a choice that code has just made. So an address counts only once the browser has shown that it knows what was written there, or
had the time to.
"""

from __future__ import annotations

import time

import streamlit as st

ECHO = 10.0  # seconds that a browser may take to show what was written into its address


def choice(name: str, options: list[str], default: str) -> str:
    """The chosen one of ``options``; written to the URL. Call before the widget ``key=name`` is drawn, and give it this value.

    What is not (or no longer) among the options falls back to ``default``. :func:`choose` chooses from elsewhere.
    """
    state = st.session_state
    asked = state.pop(f"_{name}_asked", None)
    return _settle(name, options, default, asked if asked is not None else _navigated(name), state.get(name, state.get(f"_{name}_written")))


def choose(name: str, value: str) -> None:
    """Choose for :func:`choice`; takes effect at the next full run."""
    st.session_state[f"_{name}_asked"] = value


def held(name: str, options: list[str], default: str) -> str:
    """As :func:`choice`, for what several places change: the value is held apart from any widget, and only :func:`hold` changes it."""
    value = _settle(name, options, default, _navigated(name), st.session_state.get(f"_{name}_held"))
    st.session_state[f"_{name}_held"] = value
    return value


def several(name: str, options: list[str], default: list[str], most: int) -> list[str]:
    """As :func:`held`, for up to ``most`` of the options at once, in the order in which they were chosen; in the URL with commas between.

    Only what was never chosen falls back to ``default``: nobody is given back what they took out. :func:`hold` takes them joined.
    """
    wish = _navigated(name)
    if wish is None:
        wish = st.session_state.get(f"_{name}_held")
    wanted = default if wish is None else list(dict.fromkeys(each for each in wish.split(",") if each in options))
    value = ",".join(wanted[:most])
    st.session_state[f"_{name}_held"] = value
    return [each for each in _settle(name, [value], value).split(",") if each]


def hold(name: str, value: str) -> None:
    """Choose for :func:`held`, from anywhere; takes effect at the next full run."""
    st.session_state[f"_{name}_held"] = value


def widget_key(name: str, value: str) -> str:
    """A key for the widget that shows a held ``value``: another one whenever something else than the widget changed what it shows.

    A new key is a new widget, so that whatever the browser still says of the old one is heard by nobody.
    """
    state, counter = st.session_state, f"_{name}_widgets"
    if state.get(f"_{name}_shown", value) != value:
        state[counter] = state.get(counter, 0) + 1
    state[f"_{name}_shown"] = value
    return f"{name}_{state.get(counter, 0)}"


def from_widget(name: str, key: str) -> str:
    """For the widget's ``on_change``: its new value, which then needs no new key."""
    st.session_state[f"_{name}_shown"] = st.session_state[key]
    return st.session_state[key]


def _navigated(name: str) -> str | None:
    """The value that the address bar asks for, where a link or the back button changed it."""
    state = st.session_state
    in_url, written = st.query_params.get(name), state.get(f"_{name}_written")
    if (in_url or "") == (written or ""):
        state.pop(f"_{name}_since", None)  # the browser knows
        return None
    if time.monotonic() - state.get(f"_{name}_since", float("-inf")) < ECHO:
        return None
    return in_url


def _settle(name: str, options: list[str], default: str, *wishes: str | None) -> str:
    """The first wish that was made, if it is an option; written to the URL, where an empty value is no parameter."""
    state = st.session_state
    value = next((wish for wish in wishes if wish is not None), default)
    if value not in options:
        value = default
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value and name in st.query_params:
        del st.query_params[name]
    if state.get(f"_{name}_written", value) != value:
        state[f"_{name}_since"] = time.monotonic()
    state[f"_{name}_written"] = value
    return value
