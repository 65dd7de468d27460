"""What a study reported, beside what the runs that repeat it reach here."""

from __future__ import annotations

from html import escape

import streamlit as st

from gandash import study
from gandash.study import Line
from pages.components.compared_runs import compare
from pages.components.run_tables import STYLE


def study_table(name: str) -> None:
    """Draw the table of the study of that name (a file of ``gandash/studies/``), and offer it as CSV."""
    told = study.load(name)
    found = study.lines(told)
    st.subheader("Against a study", anchor=False)
    st.markdown(f"**{told.title}**")
    reference = next((line for line in found if line.score("inception_score", "real") is not None), None)
    real = _row(
        told.reference["title"],
        (told.reference["inception_score"], 1.0, None),
        (reference and reference.score("inception_score", "real"), None, reference and 1.0),
        (reference and reference.score("class_accuracy", "real"), None),
    )
    rows = "".join(_of(line) for line in found)
    head = (
        "<tr><th rowspan=2>GAN</th><th colspan=2>The study reported</th><th colspan=3>Measured here</th></tr>"
        "<tr><th>Inception score</th><th>of real</th><th>Inception score</th><th>of real</th><th>Class accuracy</th></tr>"
    )
    st.html(f"{STYLE}<div class='runs-table study'><table><thead>{head}</thead><tbody>{real}{rows}</tbody></table></div>")
    st.caption(
        f"Source: {told.source}. Scored there through {told.through}; here through the embedded ResNet-18, so compare the columns *of "
        "real*, each a share of what the same classifier gives real test images. *Class accuracy*: how often the classifier reads the "
        f"class that a conditional run was asked for. The study leaves out: {told.not_reported[0].lower()}{told.not_reported[1:]}"
    )
    recorded = [line.run.id for line in found if line.run]
    with st.container(horizontal=True):
        st.download_button(
            "Study (CSV)", lambda: study.study_csv(told), f"{name}.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
        if len(recorded) > 1:
            st.button(
                "Compare the recorded ones", icon=":material/compare_arrows:", key="compare_study", on_click=compare, args=(recorded,)
            )


def _of(line: Line) -> str:
    title = escape(line.title)
    if line.run is None:
        title += " <small>not recorded</small>"
    elif line.sheet is None:
        title += " <small>not scored</small>"
    return _row(
        title,
        (line.reported, line.reported_share, line.reported_accuracy),
        (line.score("inception_score"), line.score("inception_score", "spread"), line.share),
        (line.score("class_accuracy"), line.score("class_accuracy", "spread")),
    )


def _row(title: str, reported: tuple, ours: tuple, accuracy: tuple) -> str:
    cells = [
        _number(reported[0], "{:.2f}"),
        _number(reported[1], "{:.0%}"),
        _number(ours[0], "{:.2f}", ours[1]),
        _number(ours[2], "{:.0%}"),
        _number(accuracy[0], "{:.1%}"),
    ]
    return f"<tr><td>{title}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _number(value: float | None, form: str, spread: float | None = None) -> str:
    if value is None:
        return "<span class=none>–</span>"
    return form.format(value) + (f" <small>± {spread:.1g}</small>" if spread is not None else "")
