"""The frame around every page: set-up, navigation over the page files it finds, and the sidebar.

A page is one file here, ``<number>_<name>.py``: its name gives title and address (``4_latent_space.py``: "Latent space", at
``/latent_space``), ``ICON`` at its top the icon, the docstring's first line the tooltip. The frame draws the title; the page calls
``view()`` for what to show.
"""

import ast
from pathlib import Path

import streamlit as st

from gandash import warm_up
from pages.components.cursor import cursor
from pages.components.import_checkpoint import import_checkpoint
from pages.components.quick_train import GO, quick_train
from pages.components.run_picker import run_picker
from pages.components.run_status import run_status
from pages.components.view import View, set_view

HERE = Path(__file__).parent
COMPONENTS = HERE / "components"
STYLE = COMPONENTS / "style.css"


@st.cache_data(max_entries=100, show_spinner=False)
def describe(path: str, changed: int) -> tuple[str, str]:
    """Icon and tooltip of a page file, read without running it."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    icons = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and getattr(node.targets[0], "id", "") == "ICON"
    ]
    return (icons or [":material/description:"])[0], (ast.get_docstring(tree) or "").split("\n", 1)[0]


def found() -> list:
    """The pages in the order of their numbers; the first is the default one."""
    pages = []
    for path in sorted(HERE.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.split("_")[0])):
        icon, tooltip = describe(str(path), path.stat().st_mtime_ns)
        name = path.stem.split("_", 1)[1]
        pages.append(st.Page(path, title=name.replace("_", " ").capitalize(), icon=icon, url_path=name, help=tooltip, default=not pages))
    return pages


st.set_page_config(page_title="GANdash", page_icon=COMPONENTS / "icon.png", layout="wide")
st.html(STYLE)
st.logo(COMPONENTS / "logo.svg", size="large")
pages = found()
page = st.navigation(pages, position="top")
if (wanted := st.session_state.get(GO)) == page.url_path:
    del st.session_state[GO]
elif wanted:
    st.switch_page(next(other for other in pages if other.url_path == wanted))

with st.sidebar:
    run = run_picker()
    set_view(View(run, cursor(run)))
    run_status(run)
    with st.expander("Quick train", icon=":material/bolt:", expanded=True):
        quick_train()
    with st.expander("Import checkpoints", icon=":material/input:"):
        import_checkpoint()

st.header(page.title, anchor=False)
if notice := st.session_state.pop("_notice", None):
    st.info(notice, icon=":material/schedule:")
try:
    page.run()
finally:  # a page may stop itself
    warm_up.first_page_is_out()
