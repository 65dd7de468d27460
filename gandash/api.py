"""HTTP routes for what lives in the browser: a run's new log lines, its sample sheets, the runs that are alive, vendored scripts.

A watching page asks once a second, so an answer costs well under a millisecond: lines are passed on as the bytes that the run wrote, and
only those that the page does not have. Browser code asks by relative address (``api/...``), so that any base path works.
"""

from __future__ import annotations

import importlib
import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gandash import jobs, runs

NO_STORE = {"cache-control": "no-store"}
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
ALIVE_FOR = 0.5  # seconds that the list of living runs may be old: thirty watchers cost as much as one
_NO_NUMBERS = (b"NaN", b"-Infinity", b"Infinity")  # of a run that diverged: Python writes and reads these, browsers refuse them
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def routes(base: str = "", assets: Path | None = None) -> list[Route]:
    """All routes, with those of the ``api_*.py`` files beside this one.

    ``base`` is the server's base path, ``assets`` a folder of scripts and style sheets to serve.
    """
    prefix = f"/{base.strip('/')}/api" if base.strip("/") else "/api"
    others = [importlib.import_module(f"gandash.{path.stem}").routes(base) for path in sorted(Path(__file__).parent.glob("api_*.py"))]
    return [route for found in others for route in found] + [
        Route(f"{prefix}/alive", alive),
        Route(f"{prefix}/runs/{{run_id}}/metrics", _or_not_found(metrics)),
        Route(f"{prefix}/runs/{{run_id}}/samples/{{step:int}}.png", _or_not_found(samples)),
        Route(f"{prefix}/assets/{{name:path}}", _assets(assets)),
    ]


def metrics(request: Request) -> Response:
    """``?since=n`` -> ``{"n": lines there are, "rows": [those after the first n], "status": {...}, "snapshots": [[step, epoch], ...]}``."""
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        return JSONResponse({"error": "since is a number of lines."}, 400, NO_STORE)
    run = _run(request)
    lines = run.metrics_lines()
    rest = {"status": status_of(run), "snapshots": [[snapshot.step, snapshot.epoch] for snapshot in run.snapshots]}
    rows = b",".join(lines[int(since) :])
    for word in _NO_NUMBERS:
        rows = rows.replace(word, b"null")
    body = b'{"n":%d,"rows":[%s],%s' % (len(lines), rows, json.dumps(rest).encode()[1:])
    return Response(body, media_type="application/json", headers=NO_STORE)


def samples(request: Request) -> Response:
    """The sample sheet of one snapshot; it never changes, so browsers may keep it."""
    step = request.path_params["step"]
    for snapshot in _run(request).snapshots:
        if snapshot.step == step:
            return Response(snapshot.sheet.read_bytes(), media_type="image/png", headers=IMMUTABLE)
    return _not_found(f"This run has no snapshot at step {step}.")


def alive(_request: Request) -> Response:
    """``{"runs": [status, ...]}`` of the runs that train, pause or wait in the queue."""
    return Response(_alive_bytes(), media_type="application/json", headers=NO_STORE)


def status_of(run: runs.Run) -> dict[str, Any]:
    """A run's status for the browser."""
    status = run.status
    return {
        "id": run.id,
        "title": run.title,
        "phase": status.phase,
        "step": status.step,
        "total_steps": status.total_steps,
        "epoch": status.epoch,
        "progress": status.progress,
        "images_per_second": status.images_per_second,
        "seconds_left": status.seconds_left,
        "elapsed": status.elapsed,
        "error": status.error,
        "alive": status.alive,
    }


_alive_lock = threading.Lock()
_alive_cache: tuple[float, bytes] = (float("-inf"), b"")


def _alive_bytes() -> bytes:
    global _alive_cache
    with _alive_lock:
        asked, body = _alive_cache
        if time.monotonic() - asked > ALIVE_FOR:
            body = json.dumps({"runs": [{**status_of(run), "snapshots": len(run.snapshots)} for run in jobs.alive()]}).encode()
            _alive_cache = (time.monotonic(), body)
        return body


def _run(request: Request) -> runs.Run:
    run_id = request.path_params["run_id"]
    if not _RUN_ID.match(run_id):
        raise runs.RunNotFound(f"{run_id!r} is no run's name.")
    return runs.get(run_id)


def _or_not_found(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    def route(request: Request) -> Response:
        try:
            return answer(request)
        except runs.RunNotFound as error:
            return _not_found(str(error))

    return route


def _not_found(message: str) -> Response:
    return JSONResponse({"error": message}, 404, NO_STORE)


def _assets(folder: Path | None) -> Callable[[Request], Response]:
    """Serves the scripts and style sheets that are in ``folder`` now, and nothing else: names are looked up, never joined to a path."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in (".js", ".css")} if folder else {}

    def route(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        return FileResponse(path, headers=IMMUTABLE) if path else _not_found("There is no such file.")

    return route
