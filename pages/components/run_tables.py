"""Tables with a column a run: what differs in their settings, and their scores."""

from __future__ import annotations

from html import escape

import streamlit as st

from gandash import comparison
from gandash.plots.colours import RUNS
from gandash.runs import Run
from gandash.scores import known_scores
from pages.components.score_table import decimals, written

STYLE = """<style>
.runs-table { overflow-x: auto; }
.runs-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: 60%; }
.runs-table th { text-align: left; font-weight: 600; font-size: 0.9rem; padding: 0.2rem 0.9rem 0.3rem 0; vertical-align: bottom; }
.runs-table td { text-align: left; padding: 0.3rem 0.9rem 0.3rem 0; border-top: 1px solid rgba(128,128,128,0.3); vertical-align: top; }
.runs-table td:first-child { opacity: 0.85; }
.runs-table small { opacity: 0.75; white-space: nowrap; }
.runs-table .glyph { font-size: 1.2rem; line-height: 1; vertical-align: -0.05em; }
.runs-table .none { opacity: 0.5; }
</style>"""
_ARROW = {"higher": "↑", "lower": "↓"}


def differences_table(runs: list[Run]) -> None:
    """The settings in which the runs differ, and the table as CSV."""
    st.subheader("What differs", anchor=False)
    if len(runs) < 2:
        st.caption("With a second run, the settings in which the two differ stand here.")
        return
    found = comparison.differences([run.config for run in runs])
    if not found:
        st.markdown("Nothing: these runs have the same settings and the same seed. On the same machine they are the same run.")
        return
    table(runs, "Setting", [(escape(each.setting), [_cell(value) for value in each.values]) for each in found])
    same_seed = not any(each.key == "seed" for each in found)
    st.caption(
        "Only settings in which they differ; all others are the same. "
        + ("The seed is one of those: both players saw the same noise in the same order wherever the sizes allow it. " if same_seed else "")
    )
    _csv("Differences (CSV)", lambda: comparison.differences_csv(runs), "differences.csv")


def scores_table(runs: list[Run]) -> None:
    """What is known of the runs' scores, side by side; for those without, how to get them."""
    st.subheader("Scores", anchor=False)
    sheets = [known_scores(run) for run in runs]
    titles = comparison.names(runs)
    known = [sheet for sheet in sheets if sheet]
    if known:
        _scores(runs, sheets)
    missing = [(run, title) for run, title, sheet in zip(runs, titles, sheets, strict=True) if not sheet]
    if missing:
        commands = ", ".join(f"`python -m gandash evaluate {run.id}`" for run, _ in missing)
        titled = "; ".join(title for _, title in missing)
        st.caption(
            f":material/info: Not scored yet: {titled}. Choose the run in the sidebar and press *Compute* on the Scores page, or call "
            f"{commands}."
        )
    if known:
        _csv("Scores (CSV)", lambda: comparison.scores_csv(runs), "scores.csv")


def _scores(runs: list[Run], sheets: list[dict | None]) -> None:
    names = dict.fromkeys(name for sheet in sheets if sheet for name in sheet["scores"])
    rows = [("Snapshot", [escape(sheet["label"]) if sheet else _NONE for sheet in sheets])]
    for name in names:
        numbers = [sheet and sheet["scores"].get(name) for sheet in sheets]
        one = next(number for number in numbers if number)
        rows.append((f"{escape(one['title'])} {_ARROW[one['better']]}", [_score(name, number) for number in numbers]))
    table(runs, "Score", rows)
    conditions = dict.fromkeys((f"{each['samples']:,} samples", each["weights"], each["reference"]) for each in sheets if each)
    through = "; ".join(f"{samples}, through {weights}, against {reference}" for samples, weights, reference in conditions)
    st.caption(f"{through}. *real*: what real images get in the place of the samples. ↑ more is better, ↓ less is.")
    if len(conditions) > 1:
        st.warning(
            "These were not measured alike (see above): what was seen through other weights, against other images or with fewer samples "
            "cannot be compared number by number; compare each with its own real images.",
            icon=":material/warning:",
        )


def _score(name: str, number: dict | None) -> str:
    if not number:
        return _NONE
    spread = number["spread"]
    known = f" <small>± {spread:.{decimals(spread)}f}</small>" if spread else ""
    real = f"<br><small>real {written(name, number['real'], spread)}</small>" if number["real"] is not None else ""
    doubt = f' <span title="{escape(number["warning"])}">⚠</span>' if number["warning"] else ""
    return f"<b>{written(name, number['value'], spread)}</b>{known}{doubt}{real}"


def table(runs: list[Run], first: str, rows: list[tuple[str, list[str]]]) -> None:
    """An HTML table with a column a run under its colour and shape; all cells are HTML already."""
    heads = "".join(
        f"<th><span class=glyph style='color:{style.colour}'>{style.glyph}</span> {escape(name)}</th>"
        for name, style in zip(comparison.names(runs), RUNS[: len(runs)], strict=True)
    )
    body = "".join(f"<tr><td>{title}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for title, cells in rows)
    st.html(f"{STYLE}<div class=runs-table><table><thead><tr><th>{first}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>")


_NONE = f"<span class=none>{comparison.ABSENT}</span>"


def _cell(value: str) -> str:
    return _NONE if value == comparison.ABSENT else escape(value)


def _csv(label: str, make, name: str) -> None:
    st.download_button(label, make, name, "text/csv", icon=":material/download:", on_click="ignore")
