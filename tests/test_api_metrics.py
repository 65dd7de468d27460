"""The lines that a browser asks for: those that it does not have, as JSON that it can read."""

import json

import pytest
from starlette.requests import Request

from gandash import api, runs


def asked(run: str, since: int) -> dict:
    query = f"since={since}".encode()
    answer = api.metrics(Request({"type": "http", "query_string": query, "path_params": {"run_id": run}, "headers": []}))

    def refuse(word):
        raise AssertionError(f"No browser reads {word}.")

    return json.loads(answer.body, parse_constant=refuse)


def test_what_a_diverged_run_logged_reaches_the_browser_as_gaps(shelf):
    path = shelf.add("diverged", "failed")
    before = len(runs.get("diverged").metrics())
    wild = {"step": 900, "d_loss": float("nan"), "g_loss": float("-inf"), "g_grad_norm": float("inf"), "d_real": -0.5}
    with (path / "metrics.jsonl").open("a") as log:
        log.write(json.dumps(wild) + "\n")
    assert "NaN" in (path / "metrics.jsonl").read_text()
    told = asked("diverged", before)
    assert told["n"] == before + 1
    assert told["rows"] == [{"step": 900, "d_loss": None, "g_loss": None, "g_grad_norm": None, "d_real": -0.5}]
    assert runs.get("diverged").metrics()[-1]["g_grad_norm"] == pytest.approx(float("inf"))  # the log itself is as it was
