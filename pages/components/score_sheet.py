"""The settings of the Scores page, and the sheet of scores that they stand for: read where it is known, computed where it is asked for."""

from __future__ import annotations

import streamlit as st

from gandash import background, scores, warm_up
from gandash.analyses._scores import ScoreOptions
from gandash.features import looking
from gandash.scores import OfRun, Source
from pages.components import url
from pages.components.long_work import watch
from pages.components.score_figures import score_figures
from pages.components.score_table import score_table
from pages.components.view import empty

_FIELDS = ScoreOptions.model_fields


def score_sheet(source: Source) -> tuple[ScoreOptions, scores.Sheet | None]:
    """Draw the form and, where the sheet is not known, what leads to it. Ends the page where nothing can be scored."""
    options, pressed = _settings()
    warm_up.need("gandash.assembly")
    if reason := scores.obstacle(source, options):
        if isinstance(source, OfRun) and (known := scores.known_scores(source.run)) and known["step"] == source.step:
            st.info(f"What stands here was measured before. It cannot be measured anew: {reason}", icon=":material/inventory_2:")
            score_table(known)
            score_figures(known)
        else:
            empty("Nothing to score", reason, icon="do_not_disturb_on")
        st.stop()
    key = scores.work_key(source, options)
    sheet = scores.kept(source, options)
    if pressed and sheet is None:
        background.start(key, lambda progress: scores.evaluate(source, options, progress=progress), scores.EXPECTED)
    if sheet is None and not watch(key):
        st.markdown(f"**Compute** {source.about(options)} It takes from half a minute to a few minutes, goes on if you leave, and is kept.")
    return options, sheet


def _settings() -> tuple[ScoreOptions, bool]:
    choices = looking.choices()
    st.session_state["look"] = url.choice("look", list(choices), default=next(iter(choices)))
    with st.form("score_settings", border=True):
        count, seed, network, button = st.columns([3, 3, 5, 3], vertical_alignment="bottom")
        chosen = {
            "count": int(_number(count, "count", 100, 50_000, 1000)),
            "seed": int(_number(seed, "seed", 0, 2**31 - 1, 1)),
            "network": network.selectbox(
                _FIELDS["network"].title,
                list(choices),
                format_func=lambda name: choices[name].title + ("" if choices[name].available else ", not here"),
                key="look",
                help="\n\n".join(f"**{choice.title}**: {choice.description}" for choice in choices.values()),
            ),
        }
        pressed = button.form_submit_button("Compute", icon=":material/leaderboard:", type="primary", width="stretch")
    return ScoreOptions(**chosen), pressed


def _number(column, name: str, low: int, high: int, step: int) -> float:
    field = _FIELDS[name]
    return column.number_input(
        field.title, low, high, int(field.default), step, help=field.description, key=f"score_{name}", bind="query-params"
    )
