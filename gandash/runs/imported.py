"""A run that was trained elsewhere: what its files hold where a training process of ours would have written them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from gandash.plots.sheet import sheet
from gandash.runs import store
from gandash.runs.files import append_line, write_bytes, write_json
from gandash.runs.run import Run

if TYPE_CHECKING:
    import torch

    from gandash.config import RunConfig


@dataclass(frozen=True, eq=False)
class ImportedSnapshot:
    """One moment of the run. Its step is its epoch, since nobody knows how many steps an epoch had."""

    epoch: int
    tensors: dict[str, torch.Tensor]  # "generator.<name>" and, where it came along, "discriminator.<name>"
    images: np.ndarray  # of the fixed noise, at rest


def create(config: RunConfig, snapshots: list[ImportedSnapshot], note: str, about: dict[str, Any]) -> Run:
    """A finished run of these snapshots, in the order of their epochs. ``about`` goes into its events.

    It holds no state to resume or fork from: an optimiser's moments are part of one, and no curves.
    """
    from gandash.runs.weights import write_tensors

    run = store.create(config, f"{datetime.now():%Y%m%d-%H%M%S}-imported-{config.architecture.name}".replace("_", "-"))
    try:
        for folder in ("samples", "weights", "states", "analyses"):
            (run.path / folder).mkdir()
        append_line(run.path / "events.jsonl", {"kind": "import", **about})
        for snapshot in snapshots:
            content = BytesIO()
            sheet(snapshot.images).save(content, "PNG")
            write_bytes(run.sheet(snapshot.epoch), content.getvalue())
            write_tensors(run.path / "weights" / f"{snapshot.epoch}.safetensors", snapshot.tensors, {"step": str(snapshot.epoch)})
            append_line(run.path / "events.jsonl", {"kind": "snapshot", "step": snapshot.epoch, "epoch": float(snapshot.epoch)})
        last = snapshots[-1].epoch
        status = {"phase": "finished", "step": last, "total_steps": last, "epoch": float(last), "progress": 1.0, "note": note}
        write_json(run.path / "status.json", status)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run
