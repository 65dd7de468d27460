"""Scores over the epochs: computed for all snapshots in one piece of work, drawn under the epoch cursor."""

from __future__ import annotations

import streamlit as st

from gandash import background, scores
from gandash.analyses._scores import ScoreOptions
from gandash.plots.score_curve import score_curve_figure
from gandash.runs import Run, Snapshot
from pages.components.cursor import move_to
from pages.components.figure import show_figure
from pages.components.long_work import watch


def score_curves(run: Run, snapshot: Snapshot, options: ScoreOptions) -> None:
    """Draw a panel a score over the snapshots that are scored, and a button for those that are not."""
    snapshots = scores.scored(run)
    if len(snapshots) < 2:
        return
    sheets = scores.kept_all(run, options)
    st.subheader("Over the epochs", anchor=False)
    key = scores.work_key_all(run, options)
    missing = len(snapshots) - len(sheets)
    if missing and not watch(key):
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(f"Score every snapshot ({missing} to go)", icon=":material/show_chart:", key="score_all")
            st.caption(
                f"{len(snapshots)} snapshots have weights; each takes as long as one **Compute**. What is cancelled keeps what it has."
            )
        if pressed:
            background.start(key, lambda progress: scores.evaluate_all(run, options, progress), scores.EXPECTED)
            st.rerun()
    if len(sheets) > 1:
        _panels(run, snapshot, sheets)
    if sheets:
        scores_download(sheets, f"{run.id}-scores.csv")


def scores_download(sheets: list[scores.Sheet], name: str) -> None:
    """Draw the button that gives sheets as a table."""
    st.download_button("Scores (CSV)", lambda: scores.as_csv(sheets), name, "text/csv", icon=":material/download:", on_click="ignore")


def _panels(run: Run, snapshot: Snapshot, sheets: list[scores.Sheet]) -> None:
    newest = run.snapshots[-1].step
    with st.grid(min_column_width=260, gap="small") as grid:
        for name, number in sheets[-1]["scores"].items():
            rows = [sheet["scores"][name] for sheet in sheets if name in sheet["scores"]]
            points = [(sheet["step"], sheet["label"]) for sheet in sheets if name in sheet["scores"]]
            epochs = [sheet["epoch"] for sheet in sheets if name in sheet["scores"]]
            figure = score_curve_figure(
                epochs,
                [row["value"] for row in rows],
                [row["spread"] for row in rows],
                [row["real"] for row in rows],
                points,
                snapshot.epoch,
            )
            with grid.cell():
                st.markdown(f"**{number['title']}** :gray[{'more' if number['better'] == 'higher' else 'less'} is better]")
                key = f"curve_{name}"
                show_figure(figure, key, key=key, on_select=lambda key=key: _follow(key, newest), selection_mode="points")
    st.caption("◆ generated, ± its spread · dashed: real images · the grey line is the epoch cursor; click a point to move it there.")


def _follow(key: str, newest: int) -> None:
    """A point was clicked: put the cursor of all pages on its snapshot."""
    points = st.session_state[key]["selection"]["points"]
    if points and "customdata" in points[0]:
        data = points[0]["customdata"]
        step = int(data[0] if not isinstance(data, dict) else data["0"])
        move_to(step, newest=step >= newest)
