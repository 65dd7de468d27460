"""The table of scores: generated beside real, with spread, sample size and the question that each answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import streamlit as st

from gandash import analyses
from gandash.plots.colours import GENERATED, REAL
from gandash.scores import Sheet

_STYLE = f"""<style>
.scores {{ width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }}
.scores th {{ text-align: right; font-weight: 600; font-size: 0.9rem; padding: 0.2rem 0.6rem; white-space: nowrap; }}
.scores td {{ text-align: right; padding: 0.35rem 0.6rem; border-top: 1px solid rgba(128,128,128,0.3); white-space: nowrap; }}
.scores th:first-child, .scores td:first-child, .scores .asks {{ text-align: left; }}
.scores td:nth-child(-n+3) {{ font-size: 1.05rem; }}
.scores .asks {{ white-space: normal; opacity: 0.75; font-size: 0.9rem; }}
.scores .spread {{ opacity: 0.7; font-size: 0.85em; }}
.scores .generated {{ color: {GENERATED}; }} .scores .real {{ color: {REAL}; }}
@media (max-width: 640px) {{
  .scores .asks, .scores .samples {{ display: none; }} .scores th, .scores td {{ padding-inline: 0.25rem; }}
  .scores td:first-child {{ white-space: normal; }}
}}
</style>"""
_ARROW = {"higher": "↑", "lower": "↓"}
_HEADS = {"value": "Generated", "real": "Real"}
_MARK = {"Generated": "<span class=generated>◆</span> ", "Real": "<span class=real>●</span> "}


def score_table(sheet: Sheet) -> None:
    """Draw the table, its warnings, and how the numbers were made."""
    number_table(sheet["scores"])
    warnings = {number["warning"]: None for number in sheet["scores"].values() if number["warning"]}
    if warnings:
        titles = {warning: _titles(sheet, warning) for warning in warnings}
        st.warning("  \n".join(f"**{titles[warning]}**: {warning}" for warning in warnings), icon=":material/warning:")
    hows = dict.fromkeys(number["how"] for number in sheet["scores"].values())
    what = f"{sheet['label'].capitalize()}, {sheet['samples']:,} samples, seed {sheet['seed']}"
    if not sheet["run"]:
        what = f"{sheet['samples']:,} pictures of **{sheet['label']}**"
    st.caption(
        f"{what}; seen through **{sheet['weights']}**, against {sheet['reference']}. *Real*: {sheet['ceiling']}. "
        f"↑ more is better, ↓ less is. ±: {'; '.join(hows)}. {sheet['note']}"
    )
    for reason in dict.fromkeys(sheet["left_out"].values()):
        named = ", ".join(analyses.parts[name].title for name, why in sheet["left_out"].items() if why == reason)
        st.caption(f":material/info: **{named}** left out: {reason}")


def number_table(numbers: Mapping[str, dict], heads: Mapping[str, str] = _HEADS) -> None:
    """A row a number: its ``value`` with its spread, and where ``heads`` names them, what is ``beside`` it and what ``real`` images get."""
    columns = [column for column in ("value", "beside", "real") if heads.get(column)]
    named = "".join(f"<th>{_MARK.get(heads[column], '')}{escape(heads[column])}</th>" for column in columns)
    head = f"<tr><th>Score</th>{named}<th class=samples>Samples</th><th class=asks>What it asks</th></tr>"
    rows = "".join(_row(name, number, columns) for name, number in numbers.items())
    st.html(f"{_STYLE}<table class=scores><thead>{head}</thead><tbody>{rows}</tbody></table>")


def written(name: str, value: float | None, spread: float | None) -> str:
    """A number with as many decimals as its spread has, to two digits; a count is whole."""
    if value is None:
        return "–"
    if name == "modes":
        return f"{value:.0f}"
    return f"{value:,.{decimals(spread)}f}" if spread else f"{value:#.3g}"


def decimals(spread: float) -> int:
    """Of a number that is known to ``spread``."""
    return max(0, 1 - math.floor(math.log10(spread)))


def _row(name: str, number: dict, columns: list[str]) -> str:
    spread = number["spread"]
    known = f" <span class=spread>± {spread:.{decimals(spread)}f}</span>" if spread else ""
    cells = [f"<b>{written(name, number['value'], spread)}</b>{known}", *(written(name, number.get(each), spread) for each in columns[1:])]
    arrow = _ARROW.get(number["better"], "")
    return (
        f"<tr><td>{escape(number['title'])} {arrow}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}"
        f"<td class=samples>{number['samples']:,}</td><td class=asks>{escape(number['asks'])}</td></tr>"
    )


def _titles(sheet: Sheet, warning: str) -> str:
    return ", ".join(number["title"] for number in sheet["scores"].values() if number["warning"] == warning)
