"""The HTTP route of heatmaps under the Compare page's cursor: where a run's discriminator looks in all samples of a snapshot's sheet.

``api/runs/<id>/heat/<step>.png?depth=last&evidence=fake&scale=sheet`` answers with a sheet that lies exactly on the sample sheet. What
belongs to it comes as JSON in the header ``x-heat``::

    {"weights": "epoch 4", "exact": true,             whose weights looked, and whether they are the snapshot's own
     "layer": "block 3", "cells": [4, 4],             its name, and height and width of its maps
     "top": 0.31, "blank": 0,                         what is drawn in the strongest colour; in how many samples there is no evidence
     "score": 0.12, "scored": "D(x), ..."}            the samples' mean score, and what it is called

What cannot be answered is a sentence: 404 for what is not there (yet), 400 for a question that makes no sense.
"""

from __future__ import annotations

import io
import json
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gandash import runs, warm_up

if TYPE_CHECKING:
    from gandash.analyses._class_activation import Explained

NO_STORE = {"cache-control": "no-store"}
DEPTHS = {"first": 0.0, "middle": 0.5, "last": 1.0}  # where between D's first and its last convolutional layer
EVIDENCE = ("fake", "real")
SCALES = ("sheet", "own")  # one for all samples of a sheet, or each sample's own
FULL = 0.9  # of the samples stay within a sheet's scale: one with strange evidence would leave the others dark
SAMPLES = 64  # of a sheet

_one_at_a_time = threading.Lock()  # who asks for what another visitor has asked for waits for that answer


def routes(base: str = "") -> list[Route]:
    """The route; ``base`` is the server's base path."""
    prefix = f"/{base.strip('/')}/api" if base.strip("/") else "/api"
    return [Route(f"{prefix}/runs/{{run_id}}/heat/{{step:int}}.png", heat)]


def heat(request: Request) -> Response:
    """The sheet of heatmaps at the snapshot of that step, or at the nearest one that has weights."""
    try:
        return _answer(request)
    except LookupError as error:
        return JSONResponse({"error": str(error)}, 404, NO_STORE)
    except ValueError as error:
        return JSONResponse({"error": str(error)}, 400, NO_STORE)


def _answer(request: Request) -> Response:
    from gandash.plots.heat_sheet import heat_sheet

    depth = _one_of(request, "depth", tuple(DEPTHS), "last")
    evidence = _one_of(request, "evidence", EVIDENCE, "fake")
    scale = _one_of(request, "scale", SCALES, "sheet")
    run = runs.get(request.path_params["run_id"])
    snapshot = run.snapshot(request.path_params["step"])
    if snapshot is None:
        raise LookupError(f"{run.title} has no snapshot yet.")
    used = run.weights_step(snapshot.step)
    if used is None:
        raise LookupError("No weights are written yet: the first come in a moment.")
    with _one_at_a_time:
        found = _explained(run, used, _stamp(run, used), evidence)
    layers = list(found.heat.maps)
    layer = layers[round(DEPTHS[depth] * (len(layers) - 1))]
    maps, peaks = found.heat.maps[layer], found.heat.maps[layer].max((1, 2))
    content = io.BytesIO()
    top = float(np.quantile(peaks, FULL))
    heat_sheet(found.pictures.images, maps, peaks if scale == "own" else top).save(content, "PNG", compress_level=1)
    told = {
        "weights": next((each.label for each in run.snapshots if each.step == used), f"step {used}"),
        "exact": used == snapshot.step,
        "layer": layer,
        "cells": list(maps.shape[1:]),
        "top": float(f"{top:.3g}"),
        "blank": int((peaks == 0).sum()),
        "score": float(f"{found.scores.mean():.3g}"),
        "scored": run.config.part("objective").score_title,
    }
    return Response(content.getvalue(), media_type="image/png", headers=NO_STORE | {"x-heat": json.dumps(told)})


@lru_cache(maxsize=96)
def _explained(run: runs.Run, step: int, stamp: int, evidence: str) -> Explained:
    """All layers' maps of the fixed noise's samples, in one pass; some 200 kilobytes each."""
    warm_up.need("gandash.assembly", "gandash.analyses.grad_cam")
    from gandash.analyses.grad_cam import GradCam

    snapshot = next((each for each in run.snapshots if each.step == step), run.snapshot(step))
    return GradCam({"target": evidence, "count": SAMPLES}).run(run, snapshot)


def _stamp(run: runs.Run, step: int) -> int:
    """Changes when the weights of that step are written anew, as by a resume from before it."""
    try:
        return (run.path / "weights" / f"{step}.safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        raise LookupError("These weights were just thinned out; ask again.") from None


def _one_of(request: Request, name: str, choices: tuple[str, ...], default: str) -> str:
    value = request.query_params.get(name, default)
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(choices)}, not {value!r}.")
    return value
