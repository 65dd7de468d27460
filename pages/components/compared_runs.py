"""Which runs stand side by side: up to six, in the URL as ``?runs=a,b``."""

from __future__ import annotations

import streamlit as st

from gandash import comparison, runs
from pages.components import url
from pages.components.run_picker import labels
from pages.components.view import a_run, failed

_SUGGESTED = 4
_LOOKED_AT = 60  # runs among which similar ones are sought


def compared_runs() -> list[runs.Run]:
    """Draw the choice; the chosen runs in their order, at least one. Without any run, or with none chosen, says so and ends the page.

    Nothing chosen yet: the sidebar's run, and the one whose settings are nearest to its own.
    """
    own = a_run()
    found = {run.id: run for run in runs.all()}
    similar = _similar(own, found)
    chosen = url.several("runs", list(found), [own.id, *similar[:1]], comparison.MOST)
    key = url.widget_key("runs", ",".join(chosen))
    st.multiselect(
        f"Runs, up to {comparison.MOST}",
        list(found),
        chosen,
        format_func=labels(found).get,
        max_selections=comparison.MOST,
        placeholder="Choose runs",
        key=key,
        on_change=lambda: _chosen(key),
    )
    if not chosen:
        _suggest("No run is chosen. Begin with one of these, or search above:", [own.id, *similar], chosen, found)
        st.stop()
    if len(chosen) == 1:
        similar = _similar(found[chosen[0]], found)
        if similar:
            _suggest("Choose a second run to compare it with. Those with the most similar settings:", similar, chosen, found)
        else:
            st.info(
                "This is the only run there is. Start another under *Quick train* in the sidebar, change one setting, and compare.",
                icon=":material/compare_arrows:",
            )
    for run_id in chosen:
        failed(found[run_id])
    return [found[run_id] for run_id in chosen]


def compare(run_ids: list[str]) -> None:
    """From a callback: put these runs side by side."""
    url.hold("runs", ",".join(run_ids[: comparison.MOST]))


def _chosen(key: str) -> None:
    value = ",".join(st.session_state[key])
    st.session_state["_runs_shown"] = value  # the widget shows it already
    url.hold("runs", value)


def _similar(run: runs.Run, found: dict[str, runs.Run]) -> list[str]:
    """The other runs, the most similar settings first."""
    others = [other for other in found.values() if other.id != run.id][:_LOOKED_AT]
    return [others[place].id for place in comparison.nearest(run.config, [other.config for other in others])]


def _suggest(text: str, offered: list[str], chosen: list[str], found: dict[str, runs.Run]) -> None:
    called = labels(found)
    st.markdown(f":material/compare_arrows: {text}")
    with st.container(horizontal=True):
        for run_id in offered[:_SUGGESTED]:
            added = [*chosen, run_id]
            st.button(called[run_id], icon=":material/add:", key=f"add_{run_id}", on_click=compare, args=(added,))
