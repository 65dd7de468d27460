"""HTTP routes of the Latent page: pictures of latents that nobody has seen before, rendered while the hand still moves.

Every route takes ``?snapshot=<step>`` and, for conditional runs, ``?label=<class>``. Pictures come as one PNG sheet, with what belongs to
them (D's scores, the sheet's geometry) as JSON in the header ``x-walk``: one answer, decoded by the browser itself.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gandash import runs

if TYPE_CHECKING:
    import torch

    from gandash.analyses.interpolation import Directions, Walk
    from gandash.assembly import Networks

NO_STORE = {"cache-control": "no-store"}
DIRECTIONS = 10  # principal ones that are offered
MOST_NAMES = 64
FARTHEST = 100.0  # standard deviations that a move may go
_MOVE = re.compile(r"(?P<key>[pz]\d+):(?P<amount>-?\d+(\.\d+)?)\Z")
_BACKDROP = 256  # points of a toy that stand behind the one that is looked at


def routes(base: str = "") -> list[Route]:
    """All routes; ``base`` is the server's base path."""
    prefix = f"/{base.strip('/')}/api" if base.strip("/") else "/api"
    answers = {"about": about, "directions": directions, "points": points, "path": path, "path.gif": path_gif, "grid": grid}
    return [Route(f"{prefix}/runs/{{run_id}}/latent/{name}", _with_sentences(answer)) for name, answer in answers.items()]


class Asked(NamedTuple):
    """What all routes need: the run, the snapshot that was asked for, its networks, and the class."""

    run: runs.Run
    snapshot: runs.Snapshot
    networks: Networks
    label: int


def about(request: Request) -> Response:
    """What the page must know of the run before it asks for pictures."""
    from gandash.priors import slerp

    run, snapshot, networks, _ = _asked(request)
    used = run.weights_step(snapshot.step)
    ends, objective = networks.latents(0, 2), networks.objective
    round_ways = bool((networks.prior.path(*ends, 3)[1] - slerp(*ends, 3)[1]).abs().max() < 1e-5)
    told = {
        "weights": next((s.label for s in run.snapshots if s.step == used), f"step {used}"),
        "step": used,
        "exact": used == snapshot.step,
        "latent_dim": networks.config.latent_dim,
        "way": "slerp" if round_ways else "lerp",
        "prior": networks.prior.title,
        "classes": list(networks.class_names) if networks.conditional else [],
        "score_title": objective.score_title,
        "score_range": objective.score_range,
        "equilibrium": objective.equilibrium,
        "toy": len(networks.shape) == 1,
    }
    return JSONResponse(told, headers=NO_STORE)


def directions(request: Request) -> Response:
    """``{"shares": [...]}``: how much of all change of the picture lies along each principal direction."""
    asked = _asked(request)
    found = _directions(asked.networks, asked.label)
    return JSONResponse({"shares": [round(float(share), 4) for share in found.shares]}, headers=NO_STORE)


def points(request: Request) -> Response:
    """``?names=12,f5&moves=p0:1.5,z7:-1``: the named latents, each moved by the same amounts; ``labels=3,4`` gives each its own class."""
    import torch

    from gandash.analyses.interpolation import latent, moved

    asked = _asked(request)
    names = [name for name in request.query_params.get("names", "").split(",") if name][:MOST_NAMES]
    if not names:
        raise ValueError("names lists at least one latent.")
    latents = [latent(asked.networks, name) for name in names]
    amounts = _amounts(request.query_params.get("moves", ""))
    if amounts:
        along = _directions(asked.networks, asked.label) if any(key[0] == "p" for key in amounts) else _no_directions()
        latents = [moved(z, along, amounts) for z in latents]
    labels = request.query_params.get("labels")
    if labels is None:
        return _pictures(asked, torch.stack(latents), columns=len(names))
    numbers = labels.split(",")
    if len(numbers) != len(names) or not all(number.isdecimal() and len(number) < 7 for number in numbers):
        raise ValueError("labels lists one class for each of the names.")
    return _pictures(asked, torch.stack(latents), columns=len(names), label=[int(number) for number in numbers])


def path(request: Request) -> Response:
    """``?a=12&b=f5&steps=24&way=slerp``: the pictures on the way from A to B."""
    asked = _asked(request)
    return _pictures(asked, _path(request, asked.networks), columns=16)


def path_gif(request: Request) -> Response:
    """The same as a GIF to keep, with t and D's score under each picture."""
    from gandash.plots.animation import gif
    from gandash.plots.sheet import sheet

    asked = _asked(request)
    walk, images = _walk(asked, _path(request, asked.networks))
    last = max(1, len(images) - 1)
    judged = [""] * len(images) if walk.scores is None else [f"   D(x) = {score:.2f}" for score in walk.scores]
    captions = [f"t = {i / last:.2f}{said}" for i, said in enumerate(judged)]
    film = gif([sheet(images[i : i + 1]) for i in range(len(images))], seconds=0.1, last=0.8, captions=captions)
    name = f"{asked.run.id}-{request.query_params['a']}-to-{request.query_params['b']}.gif"
    return Response(film, media_type="image/gif", headers=NO_STORE | {"content-disposition": f'attachment; filename="{name}"'})


def grid(request: Request) -> Response:
    """``?corners=1,2,3,4&side=8&way=slerp``: top left, top right, bottom left, bottom right, and all between."""
    import torch

    from gandash.analyses.interpolation import MOST_IMAGES, between_corners, latent

    asked = _asked(request)
    names = request.query_params.get("corners", "").split(",")
    if len(names) != 4:
        raise ValueError("corners lists four latents.")
    side = _number(request, "side", 8, 2, int(MOST_IMAGES**0.5))
    corners = torch.stack([latent(asked.networks, name) for name in names])
    return _pictures(asked, between_corners(corners, side, _way(request)), columns=side)


def _asked(request: Request) -> Asked:
    run = runs.get(request.path_params["run_id"])
    wanted = request.query_params.get("snapshot")
    snapshot = run.snapshot(_number(request, "snapshot", 0, 0, 2**53) if wanted else None)
    if snapshot is None:
        raise LookupError(f"{run.title} has no snapshot yet.")
    return Asked(run, snapshot, run.networks(snapshot), _number(request, "label", 0, 0, 10**6))


def _path(request: Request, networks: Networks) -> torch.Tensor:
    from gandash.analyses.interpolation import MOST_STEPS, latent, path

    a, b = (latent(networks, request.query_params.get(end, "")) for end in "ab")
    return path(a, b, _number(request, "steps", 24, 2, MOST_STEPS), _way(request))


def _walk(asked: Asked, latents: torch.Tensor, label: int | list[int] | None = None) -> tuple[Walk, Any]:
    """The walk, and its images as pictures: a toy's points are drawn among what G makes of other latents."""
    from gandash.analyses.interpolation import walk
    from gandash.plots.sheet import toy_pictures

    found = walk(asked.networks, latents, asked.label if label is None else label)
    if found.images.ndim == 4:
        return found, found.images
    return found, toy_pictures(found.images, walk(asked.networks, asked.networks.latents(0, _BACKDROP), asked.label).images)


def _pictures(asked: Asked, latents: torch.Tensor, columns: int, label: list[int] | None = None) -> Response:
    from gandash.plots.sheet import cells, sheet

    walk, images = _walk(asked, latents, label)
    geometry = cells(images, columns)
    told = {
        "scores": [None] * len(images) if walk.scores is None else [round(float(score), 4) for score in walk.scores],
        "columns": geometry.columns,
        "width": geometry.width,
        "height": geometry.height,
        "gap": geometry.gap,
    }
    content = io.BytesIO()
    sheet(images, columns).save(content, "PNG", compress_level=1)
    return Response(content.getvalue(), media_type="image/png", headers=NO_STORE | {"x-walk": json.dumps(told)})


def _directions(networks: Networks, label: int) -> Directions:
    with networks.lock:  # a second visitor waits for the first one's answer instead of computing it too
        return _known_directions(networks, label)


@lru_cache(maxsize=16)
def _known_directions(networks: Networks, label: int) -> Directions:
    from gandash.analyses.interpolation import principal_directions

    return principal_directions(networks, DIRECTIONS, label)


def _no_directions() -> Directions:
    import numpy as np

    from gandash.analyses.interpolation import Directions

    return Directions(np.empty((0, 0), np.float32), np.empty(0, np.float32))


def _amounts(text: str) -> dict[str, float]:
    amounts = {}
    for pair in filter(None, text.split(",")):
        found = _MOVE.match(pair)
        if not found:
            raise ValueError(f"moves lists directions with amounts, such as p0:1.5,z7:-1; {pair!r} is none.")
        amounts[found["key"]] = max(-FARTHEST, min(FARTHEST, float(found["amount"])))
    return amounts


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _way(request: Request) -> str:
    way = request.query_params.get("way", "slerp")
    if way not in ("slerp", "lerp"):
        raise ValueError(f"way is slerp or lerp, not {way!r}.")
    return way


def _with_sentences(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """What cannot be answered is said in a sentence: 400 for a question that makes no sense, 404 for what is not there (yet)."""

    def route(request: Request) -> Response:
        try:
            return answer(request)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404, NO_STORE)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400, NO_STORE)

    return route
