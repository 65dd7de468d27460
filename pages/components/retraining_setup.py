"""Which retraining experiment the Classifier page looks at: those that were begun on the run's weights, and a form for a new one."""

from __future__ import annotations

import streamlit as st
from pydantic import ValidationError

from gandash import background, retraining
from gandash.datasets import DatasetUnavailable
from gandash.features.resnet18 import WeightsUnavailable
from gandash.retraining import Experiment
from gandash.runs import Run, Snapshot
from pages.components import url
from pages.components.options_form import options_form

_EXPECTED = (DatasetUnavailable, WeightsUnavailable, LookupError, ValueError, OSError)
_KEY = "experiment"  # in the URL: a link, or a reload, finds the experiment again


def chosen_experiment(run: Run, snapshot: Snapshot) -> Experiment | None:
    """Draw the choice and the form; the experiment that is looked at, begun or done, or None before the first one.

    Raises :class:`gandash.datasets.DatasetUnavailable`.
    """
    found = retraining.begun(run, snapshot)
    chosen = url.choice(_KEY, list(found), default=next(iter(found), ""))
    if len(found) > 1:
        st.session_state[_KEY] = chosen
        st.selectbox("Experiment", list(found), format_func=lambda name: _label(found[name]), key=_KEY)
    experiment = found.get(chosen)
    working = experiment is not None and background.find(experiment.id) is not None and not background.find(experiment.id).done
    with st.expander("Set up an experiment", icon=":material/tune:", expanded=experiment is None):
        _form(run, snapshot, experiment)
    if experiment is not None and experiment.study() is None and not working:
        rows = len(experiment.rows())
        st.info(f"This experiment was left after {rows} classifiers; those are kept.", icon=":material/pause_circle:")
        st.button("Go on", icon=":material/play_arrow:", on_click=_begin, args=(experiment,))
    return experiment


def _form(run: Run, snapshot: Snapshot, shown: Experiment | None) -> None:
    start = {} if shown is None else shown.options.model_dump(mode="json", exclude_defaults=True)
    chosen = options_form(retraining.RetrainingOptions, f"retraining.{shown.id if shown else run.id}", start, columns=4)
    try:
        wanted = Experiment(run, snapshot, retraining.RetrainingOptions.model_validate(chosen))
    except ValidationError as error:
        for problem in error.errors():
            st.warning(f"{' '.join(map(str, problem['loc']))}: {problem['msg']}", icon=":material/warning:")
        return
    done = wanted.study() is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Show" if done else "Start",
            icon=":material/play_arrow:",
            type="primary",
            on_click=_begin,
            args=(wanted,),
            key="retraining_start",
        )
        steps = wanted.options.steps
        st.caption("These settings have been studied." if done else f"{wanted.trials} classifiers of {steps:,} steps each.")


def _begin(experiment: Experiment) -> None:
    url.choose(_KEY, experiment.id)
    if experiment.study() is None:
        experiment.begin()
        background.start(experiment.id, experiment.train, _EXPECTED)


def _label(experiment: Experiment) -> str:
    options = experiment.options
    state = "" if experiment.study() else f", {len(experiment.rows())} trained so far"
    return (
        f"{options.real_per_class} real a class, {options.generated:,} generated, {options.seeds} seeds of {options.steps:,} steps{state} "
        f"({experiment.id[:4]})"
    )
