"""Analyses that have no view of their own: options, a button, and what the analysis found, computed in the background and kept."""

from __future__ import annotations

from collections.abc import Container

import streamlit as st
from pydantic import ValidationError

from gandash import analyses, background, further
from gandash.analyses import Analysis
from gandash.runs import Run, Snapshot
from pages.components.figure import show_figure
from pages.components.long_work import watch
from pages.components.options_form import options_form
from pages.components.score_table import number_table


def further_analyses(family: str, run: Run, snapshot: Snapshot, shown: Container[str] = ()) -> None:
    """Draw every analysis of ``family`` but scores and those named in ``shown``: a file that is dropped into the folder appears by itself.

    What is folded in costs nothing; the address holds what is open.
    """
    names = [name for name in further.names(family) if name not in shown]
    if not names:
        return
    st.subheader("Further analyses", anchor=False)
    reasons = {name: analyses.parts[name]().suits(run.config) for name in names}
    for name in names:
        analysis = analyses.parts[name]
        if not reasons[name]:
            box = st.expander(analysis.title, key=f"analysis_{name}", bind="query-params")
            if box.open:
                with box:
                    st.markdown(analysis.summary())
                    _one(name, analysis, run, snapshot)
    for name, reason in reasons.items():
        if reason:
            st.caption(f":material/info: {analyses.parts[name].title}: {reason}")


def _one(name: str, kind: type[Analysis], run: Run, snapshot: Snapshot) -> None:
    options = options_form(kind.Options, key=f"analysis_{name}_options", value={}, columns=3)
    try:
        analysis = kind(options)
    except ValidationError as error:
        st.error("; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()), icon=":material/error:")
        return
    told, key = further.kept(run, snapshot, analysis), further.work_key(run, snapshot, analysis)
    last = f"_analysis_{name}"
    if told is None:
        if not watch(key) and st.button("Compute", key=f"analysis_{name}_compute", icon=":material/play_arrow:", type="primary"):
            background.start(key, lambda progress: further.compute(run, snapshot, analysis, progress), further.EXPECTED)
            st.rerun()
        of, told = st.session_state.get(last, (None, None))
        if told is None or of != (run.id, snapshot.step):
            return
        st.caption(":material/info: Computed with other settings than those that stand here now.")
    st.session_state[last] = ((run.id, snapshot.step), told)
    _found(name, told)


def _found(name: str, told: further.Told) -> None:
    if told["reading"]:
        st.markdown(told["reading"])
    show_figure(further.figure(told), name, key=f"analysis_{name}_figure")
    numbers = {number["name"]: number for number in told["numbers"]}
    if numbers:
        number_table(numbers, told["detail"].get("heads", {"value": "Generated", "real": "Real"}))
        for warning in dict.fromkeys(number["warning"] for number in numbers.values() if number["warning"]):
            st.warning(warning, icon=":material/warning:")
        hows = dict.fromkeys(number["how"] for number in numbers.values() if number["how"])
        st.caption(" ".join([*([f"±: {'; '.join(hows)}."] if hows else []), *told["detail"].get("notes", ())]))
