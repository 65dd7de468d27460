"""GANdash, the application: ``streamlit run app.py``.

The pages live behind ``pages/frame.py``. This file adds what Streamlit's scripts cannot: data routes for the parts that live in the
browser, and the loading of the heavy libraries once the first page is out.
"""

from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from gandash import api, warm_up

VENDOR = Path(__file__).parent / "pages/components/vendor"


@asynccontextmanager
async def lifespan(_app):
    """Begin to load torch and its like beside the first visitors."""
    warm_up.start()
    yield


app = st.App("pages/frame.py", routes=api.routes(st.get_option("server.baseUrlPath") or "", assets=VENDOR), lifespan=lifespan)
