"""What pages load, kept between reruns and shared by all visitors. Keys are texts, ids and file times, never arrays."""

from __future__ import annotations

import streamlit as st

from gandash import warm_up
from gandash.config import RunConfig
from gandash.summary import Layer, layer_tables, real_sheet


@st.cache_data(max_entries=32, show_spinner=False)
def real_picture(config: str, count: int = 64, columns: int = 8) -> tuple[bytes, str]:
    """PNG of real training images for a config's JSON, and what they are. Raises ``DatasetUnavailable``."""
    return real_sheet(RunConfig.model_validate_json(config), count, columns)


@st.cache_data(max_entries=64, show_spinner=False)
def network_tables(config: str) -> dict[str, list[Layer]]:
    """Layer tables for a config's JSON. Loads torch. Raises ``ConfigError``."""
    warm_up.need("gandash.assembly")
    return layer_tables(RunConfig.model_validate_json(config))
