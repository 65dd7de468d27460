"""A drop area for checkpoints from elsewhere, which become a run like any other."""

from __future__ import annotations

import streamlit as st

from gandash import importers, warm_up
from gandash.config import Choice, ConfigError
from gandash.datasets import ImageDataset, parts
from pages.components.run_picker import choose

_ROUND = "_imports"  # in the session: how many there were; the uploader is another one after each, and so is empty again
_MEGABYTES = 500
_KINDS = ["pth", "pt", "ckpt", "bin", "safetensors"]


def import_checkpoint() -> None:
    """Draw it; after an import the new run is the chosen one."""
    number = st.session_state.get(_ROUND, 0)
    files = st.file_uploader(
        "Generator and discriminator, of one epoch or several",
        type=_KINDS,
        accept_multiple_files=True,
        key=f"import_files_{number}",
        max_upload_size=_MEGABYTES,
        help="The DCGAN of the PyTorch examples (netG_epoch_*.pth, netD_epoch_*.pth) and PyTorch-GAN's gan, dcgan, cgan and wgan. Sizes "
        "are recognised. Without the discriminator there is no score and no Grad-CAM. Files that would run code are refused.",
    )
    if not files:
        return
    dataset = _dataset(number)
    if st.button("Import", icon=":material/input:", type="primary", width="stretch", key="import_start"):
        try:
            with st.spinner("Reading the weights"):
                warm_up.need("gandash.assembly")
                found = importers.read((file.name, file.getvalue()) for file in files)
                run = (found.with_dataset(dataset) if dataset else found).create()
                st.session_state[_ROUND] = number + 1  # at once: the spinner's end may end this script
                choose(run.id)
        except (importers.CannotImport, ConfigError) as error:
            st.error(str(error), icon=":material/block:")
            return
        st.rerun()


def _dataset(number: int) -> Choice | None:
    """What the visitor says that it was trained on; None where the shape of the images is to tell."""
    titles = {name: kind.title for name, kind in parts.items() if issubclass(kind, ImageDataset)}
    name = st.selectbox(
        "Trained on",
        [None, *titles],
        format_func=lambda name: titles[name] if name else "What the size suggests",
        key=f"import_dataset_{number}",
        help="For real images beside the generated ones. Grey images of 28 or 32 pixels suggest MNIST; others suggest nothing.",
    )
    if name is None:
        return None
    options = {}
    if "path" in parts[name].Options.model_fields:
        options["path"] = st.text_input("Folder or zip on the server", key=f"import_path_{number}")
    return Choice(name=name, options=options)
