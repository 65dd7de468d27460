"""The HTTP route of thumbnail atlases, which the maps of the Embeddings page draw from."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gandash.embedding_maps import atlases

_NAME = re.compile(r"[0-9a-f]{32}\.(png|webp)")  # of the content, so a browser may keep it for ever
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


def routes(base: str = "") -> list[Route]:
    """The route; ``base`` is the server's base path."""
    prefix = f"/{base.strip('/')}/api" if base.strip("/") else "/api"
    return [Route(f"{prefix}/atlases/{{name}}", atlas)]


def atlas(request: Request) -> Response:
    """One atlas by the name that :func:`gandash.embedding_maps.compute` gave it."""
    name = request.path_params["name"]
    path = atlases() / name
    if not _NAME.fullmatch(name) or not path.exists():
        return JSONResponse({"error": "There is no such atlas."}, 404, {"cache-control": "no-store"})
    return Response(path.read_bytes(), media_type=f"image/{path.suffix[1:]}", headers=_FOR_EVER)
