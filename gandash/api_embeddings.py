"""HTTP routes of what the maps of the Embeddings page draw from: thumbnails, coordinates, and maps that are still settling."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gandash import embedding_drafts
from gandash.embedding_thumbnails import atlases

_NAME = re.compile(r"[0-9a-f]{32}\.(png|webp|safetensors)")  # of the content, so a browser may keep it for ever
_TYPES = {".png": "image/png", ".webp": "image/webp", ".safetensors": "application/octet-stream"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_NO_STORE = {"cache-control": "no-store"}


def routes(base: str = "") -> list[Route]:
    """The routes; ``base`` is the server's base path."""
    prefix = f"/{base.strip('/')}/api" if base.strip("/") else "/api"
    return [Route(f"{prefix}/atlases/{{name}}", atlas), Route(f"{prefix}/embedding-drafts/{{key}}", draft)]


def atlas(request: Request) -> Response:
    """One file by the name that :func:`gandash.embedding_thumbnails.keep` gave it."""
    name = request.path_params["name"]
    path = atlases() / name
    if not _NAME.fullmatch(name) or not path.exists():
        return JSONResponse({"error": "There is no such atlas."}, 404, _NO_STORE)
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=_FOR_EVER)


def draft(request: Request) -> Response:
    """``?since=n``: maps that are being computed as :func:`gandash.embedding_drafts.newest` has them; 204 where there is nothing newer."""
    since = request.query_params.get("since", "0")
    found = embedding_drafts.newest(request.path_params["key"], int(since) if since.isdecimal() else 0)
    if not found:  # nobody's fault: the work has not come so far yet, or has just ended
        return Response(status_code=204, headers=_NO_STORE)
    return Response(found, media_type=_TYPES[".safetensors"], headers=_NO_STORE)
