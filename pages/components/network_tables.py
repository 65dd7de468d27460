"""G and D of a run as layer tables, drawn beside the rest of the page because they need torch."""

from __future__ import annotations

import streamlit as st

from gandash.config import ConfigError
from gandash.registry import UnknownPart
from gandash.runs import DamagedFile, Run
from pages.components import loaders

TITLES = {"generator": ":orange[◆] Generator", "discriminator": ":green[■] Discriminator"}


@st.fragment(parallel=True)
def network_tables(run: Run) -> None:
    """Two tables with their totals, or why there are none."""
    with st.skeleton(height=260):
        try:
            tables = loaders.network_tables(run.config.model_dump_json())
        except (ConfigError, UnknownPart) as error:
            st.warning(str(error), icon=":material/error:")
            return
    newest = run.snapshot()
    try:
        if newest is not None and not run.judges(newest):
            del tables["discriminator"]
            st.caption(":material/info: This run was imported without its discriminator.")
    except DamagedFile as error:
        st.warning(str(error), icon=":material/broken_image:")
    for column, (name, rows) in zip(st.columns(len(tables), gap="large"), tables.items(), strict=True):
        total = sum(row.parameters for row in rows)
        column.markdown(f"**{TITLES[name]}** · {total:,} parameters")
        lines = [f"| {row.what} | {_shape(row.output)} | {row.parameters:,} |" for row in rows]
        column.markdown("\n".join(["| layer | output | parameters |", "|:--|:--|--:|", *lines]))


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
