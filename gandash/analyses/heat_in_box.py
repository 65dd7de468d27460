"""Does D look at the bird or at the sky? The share of a Grad-CAM's heat that lies within the object's bounding box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._pictures import samples
from gandash.analyses._scores import Measured, Number, OfImages
from gandash.randomness import derive

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.analyses._class_activation import HeatMaps
    from gandash.assembly import Networks
    from gandash.config import RunConfig
    from gandash.datasets import Images
    from gandash.runs import Run, Snapshot

SHOWN = 8  # images of each kind
EVEN = "Heat spread evenly"
HEADS = {"value": "Generated, usual place", "beside": "Real, usual place", "real": "Real, own box"}
SURE = 2.0  # standard errors


def within(boxes: np.ndarray, size: tuple[int, int], cells: tuple[int, int]) -> np.ndarray:
    """The share of each cell of a map ``(h, w)`` that lies in each of ``boxes (N, 4)``: ``float64 (N, h, w)`` in [0, 1].

    Boxes are left, top, right, bottom in pixels of images of ``size`` (H, W).
    """

    def along(low: np.ndarray, high: np.ndarray, pixels: int, count: int) -> np.ndarray:
        edges = np.linspace(0, pixels, count + 1)
        covered = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
        return covered.clip(0) * (count / pixels)

    boxes = np.asarray(boxes, np.float64)
    rows, columns = along(boxes[:, 1], boxes[:, 3], size[0], cells[0]), along(boxes[:, 0], boxes[:, 2], size[1], cells[1])
    return rows[:, :, None] * columns[:, None, :]


def heat_share(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The share of each map's heat ``(N, h, w)`` within ``masks``, ``(N, h, w)`` or ``(h, w)``: ``(N,)``, NaN where there is no heat."""
    heat = maps.astype(np.float64)
    total = heat.sum((1, 2))
    return np.divide((heat * masks).sum((1, 2)), total, out=np.full(len(maps), np.nan), where=total > 0)


class HeatInBox(OfImages):
    """Measures which share of Grad-CAM's heat lies on the object, to tell whether D looks at the bird or at the sky.

    Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization". A generated image has no
    box. There the heat is weighed with how often a place lies in the boxes of real images, and the real images are weighed likewise beside
    it, so that the two compare.
    """

    title = "Heat inside the box"
    family = "scores"
    order = 64

    class Options(registry.Options):
        count: int = Field(200, ge=2, le=5000, title="Images", description="Of each kind; real ones are held-out images.")
        target: Literal["fake", "real"] = Field(
            "real", title="Evidence for", description="Which verdict of D is explained: the logit's sign."
        )
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the samples and the real images.")

    options: Options

    def suits(self, config: RunConfig) -> str | None:
        if reason := super().suits(config):
            return reason
        dataset = config.part("dataset")
        if not dataset.boxed:
            return f"{dataset.title} does not say where in an image the object is; CUB-200-2011 comes with bounding boxes."
        networks = config.part("architecture").outline(config)
        if networks is not None and not networks[1].cam_layers:
            return "This discriminator is fully connected: it has no convolutional layers, and so no place in the image to point at."
        return None

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        if progress:
            progress(0.0, "Reading the real images")
        return self.compare(run.networks(snapshot), run.config.part("dataset").test(), progress)

    def compare(self, networks: Networks, real: Images, progress: Progress | None = None) -> Measured:
        """D's heat on ``real`` images that have boxes, and on as many samples."""
        count = min(self.options.count, len(real))
        chosen = np.sort(np.random.default_rng(derive(self.options.seed, "boxed images")).permutation(len(real))[:count])
        images, boxes = real.images[chosen], real.boxes[chosen]
        seen = self._heat(networks, images, None if real.labels is None else real.labels[chosen])
        if progress:
            progress(0.5, "Where D looks in samples")
        made = samples(networks, count, self.options.seed)
        looked = self._heat(networks, made.images, made.labels)
        size = images.shape[-2:]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / (size[0] * size[1])
        rows = {EVEN: (area.mean(), area.mean(), area, 0)}
        for layer, maps in seen.maps.items():
            own = within(boxes, size, maps.shape[1:])
            usual = own_of_others(own)
            generated = heat_share(looked.maps[layer], own.mean(0))
            rows[layer] = (generated, heat_share(maps, usual), heat_share(maps, own), int(np.isnan(generated).sum()))
        last = list(seen.maps)[-1]
        detail: dict[str, Any] = {
            "layers": {name: [_mean(value) for value in row[:3]] for name, row in rows.items()},
            "pictures": pictures(images[:SHOWN], seen.maps[last][:SHOWN], made.images[:SHOWN], looked.maps[last][:SHOWN]),
            "boxes": boxes[:SHOWN].tolist(),
            "mean_box": boxes.mean(0).tolist(),
            "shown": last,
            "heads": HEADS,
            "notes": [
                "Own box: the share of the heat that lies in the box of the very image. Usual place: the heat weighed with how often each "
                "place lies in the boxes of the other real images. That is all that can be asked of a generated image, which has no box: a "
                "sample that shows its bird elsewhere, or none, counts the same. Compare the first two columns with each other, and each "
                f"with what evenly spread heat would get. {count:,} images of each kind; dashed: the mean box.",
            ],
        }
        blank = [name for name, row in rows.items() if _mean(row[0]) is None]
        detail["notes"] += [f"{name} found no evidence in any sample." for name in blank]
        numbers = tuple(_number(name, row, count) for name, row in rows.items())
        return Measured(numbers, detail, reading(rows, last, self.options.target))

    def _heat(self, networks: Networks, images: np.ndarray, labels: np.ndarray | None) -> HeatMaps:
        import torch

        from gandash.analyses.grad_cam import grad_cam
        from gandash.assembly import NoDiscriminator

        if networks.discriminator is None:
            raise NoDiscriminator("This run came without its discriminator: there is nothing to look into.")
        told = torch.from_numpy(labels) if networks.conditional and labels is not None else None
        return grad_cam(networks.discriminator, images, self.options.target, told)

    def figure(self, result: Measured) -> go.Figure:
        """The shares layer by layer, over examples with their boxes."""
        from gandash.plots.heat_in_box import heat_in_box_figure

        told = result.detail
        return heat_in_box_figure(told["layers"], list(HEADS.values()), told["pictures"], told["boxes"], told["mean_box"], told["shown"])


def own_of_others(own: np.ndarray) -> np.ndarray:
    """For each image, the mean of the masks ``(N, h, w)`` of all others: its own box must not tell where boxes usually are."""
    return (own.sum(0) - own) / max(1, len(own) - 1)


def pictures(real: np.ndarray, real_maps: np.ndarray, made: np.ndarray, made_maps: np.ndarray) -> dict[str, Any]:
    """Both kinds as one sheet with their heat, a row each, as JSON values; ``cells`` are the places of its images."""
    import base64
    from io import BytesIO

    from gandash.plots.heat_sheet import heat_sheet
    from gandash.plots.sheet import cells

    images, maps, columns = np.concatenate([real, made]), np.concatenate([real_maps, made_maps]), len(real)
    grid, buffer = cells(images, columns), BytesIO()
    heat_sheet(images, maps, maps.max((1, 2)), columns).save(buffer, "PNG")
    source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return {"source": source, "size": list(grid.size), "cells": [list(grid.box(place)) for place in range(len(images))]}


def _mean(shares: np.ndarray | float) -> float | None:
    """Of those that are numbers; None where none is."""
    known = np.atleast_1d(shares)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else None


def _number(name: str, row: tuple, count: int) -> Number:
    generated, usual, own, blank = row
    values = np.atleast_1d(generated)
    known = int(np.isfinite(values).sum())
    error = float(np.nanstd(values, ddof=1) / np.sqrt(known)) if known > 1 else None
    asks = "What would be there if D looked everywhere alike?" if name == EVEN else "Which share of this layer's heat lies on the object?"
    warning = f"In {blank} of {count} samples {name} found no evidence: these are left out." if 0 < blank < count else ""
    return Number(
        f"heat {name}",
        name,
        _mean(values),
        error,
        "standard error of a mean" if error else "",
        _mean(own),
        count,
        "",
        asks,
        warning,
        _mean(usual),
    )


def reading(rows: dict[str, tuple], layer: str, target: str) -> str:
    """Where D looks for its verdict, by its last layer."""
    even, (generated, usual, own, _) = float(np.mean(rows[EVEN][2])), rows[layer]
    inside = own - rows[EVEN][2]
    inside = inside[np.isfinite(inside)]
    if len(inside) < 2:
        return f"D's last layer finds no evidence for {target} in real images, so there is nothing to place."
    share, error = even + inside.mean(), inside.std(ddof=1) / np.sqrt(len(inside))
    where = "at the object more than beside it" if inside.mean() > 0 else "at the background more than at the object"
    if abs(inside.mean()) < SURE * error:
        where = "at the object no more than at its background"
    said = (
        f"For its verdict {target} D looks {where}: {share:.0%} of the last layer's heat on real images lies in the box, which covers "
        f"{even:.0%} of the image. "
    )
    made, there = (values[np.isfinite(values)] for values in (np.atleast_1d(generated), np.atleast_1d(usual)))
    if len(made) < 2 or len(there) < 2:
        return said
    apart = made.mean() - there.mean()
    unsure = SURE * np.hypot(made.std(ddof=1) / np.sqrt(len(made)), there.std(ddof=1) / np.sqrt(len(there)))
    if abs(apart) < unsure:
        return said + "In generated images it looks to where objects usually are as much as in real ones."
    return said + f"In generated images it looks to where objects usually are {'more' if apart > 0 else 'less'} than in real ones."
