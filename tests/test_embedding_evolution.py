"""A run's samples through training: placed in the map of the real images, the same latents everywhere, kept and read again; drafts."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file
from starlette.requests import Request

from gandash import api_embeddings, embedding_drafts, embedding_evolution, embedding_maps, runs
from gandash.analyses._embeddings import EmbeddingOptions
from gandash.analyses._pictures import fixed_samples
from gandash.embedding_sources import OfRun
from gandash.embedding_thumbnails import atlases, places
from gandash.features.resnet18 import BLOCKS

OPTIONS = EmbeddingOptions(count=70, layout="pca")


def test_a_sheet_gives_back_the_samples_that_were_drawn(shelf):
    run = runs.get("digits-dcgan")
    snapshot = run.snapshot()
    found = embedding_evolution.from_sheet(snapshot.sheet, (1, 28, 28))
    assert found.shape == (64, 1, 28, 28)
    difference = np.abs(found.astype(int) - fixed_samples(run.networks(snapshot), 64).images)
    assert difference.max() <= 1  # grey levels: weights are kept in single precision, sheets are drawn while training


def test_every_snapshot_is_placed_and_the_cloud_comes_closer(shelf):
    run = runs.get("digits-dcgan")
    without = [snapshot for snapshot in run.snapshots if snapshot.has_weights][1]
    (run.path / "weights" / f"{without.step}.safetensors").unlink()
    assert embedding_evolution.kept(run, OPTIONS) is None
    told = []
    made = embedding_evolution.compute(run, OPTIONS, lambda fraction, text: told.append(fraction))
    assert told == sorted(told)
    assert [frame.step for frame in made.frames] == [snapshot.step for snapshot in run.snapshots]
    assert {(frame.from_sheet, frame.count) for frame in made.frames} == {(False, 70), (True, 64)}
    arrays = load_file(atlases() / made.data)
    total = sum(frame.count for frame in made.frames)
    assert all(arrays[f"places.{block}"].shape == (70 + total, 2) for block in BLOCKS)
    judged = np.isfinite(arrays["real_scores"]).all(1)
    assert judged.tolist() == [not frame.from_sheet for frame in made.frames]
    points = arrays["places.layer1"].astype(float)
    middles = [points[70 + frame.start : 70 + frame.start + frame.count].mean(0) for frame in made.frames]
    away = [np.linalg.norm(middle - points[:70].mean(0)) for middle in middles]
    assert away[-1] < away[0]  # this run learnt for three epochs only

    again = embedding_evolution.kept(run, OPTIONS)
    assert again == made
    assert embedding_evolution.kept(run, OPTIONS.model_copy(update={"layout": "tsne"})) is None
    rows = list(csv.DictReader(io.StringIO(made.csv().decode())))
    assert len(rows) == 70 + total and rows[0]["kind"] == "real" and rows[-1]["step"] == str(run.snapshot().step)
    assert float(rows[70]["layer2_x"]) == arrays["places.layer2"][70, 0]
    Path(atlases() / made.frames[0].thumbnails.atlas).unlink()
    assert embedding_evolution.kept(run, OPTIONS) is None  # what a browser would not find is computed again


def test_a_new_snapshot_asks_for_a_new_evolution(shelf):
    run = runs.get("digits-dcgan")
    before = embedding_evolution.work_key(run, OPTIONS)
    newest = run.snapshot()
    (run.path / "samples" / f"{newest.step + 10}.png").write_bytes(newest.sheet.read_bytes())
    assert embedding_evolution.work_key(run, OPTIONS) != before


def ask(key: str, since: str = "0"):
    scope = {"type": "http", "path_params": {"key": key}, "query_string": f"since={since}".encode()}
    return api_embeddings.draft(Request(scope))


def test_maps_can_be_seen_to_settle_while_they_are_computed(shelf):
    run = runs.get("digits-dcgan")
    source, options = OfRun(run, run.snapshot()), EmbeddingOptions(count=12, perplexity=5)
    key, seen = embedding_maps.work_key(source, options), []
    assert ask(key).status_code == 204

    def watch(fraction, told):
        number = seen[-1][0] if seen else 0
        found = embedding_drafts.newest(key, number)
        if found:
            seen.append((number + 1, told, found))

    made = embedding_maps.compute(source, options, watch)
    first, last = (load(content) for _, _, content in (seen[0], seen[-1]))
    assert "looking for the neighbours" in seen[0][1]  # the first picture is there before t-SNE begins
    assert set(first) == {"generated", *(f"places.{block}" for block in BLOCKS)} and first["generated"].sum() == 12
    np.testing.assert_array_equal(last["places.layer3"], places(made.coordinates["layer3"]))
    assert not np.array_equal(first["places.layer3"], last["places.layer3"])
    assert len(seen) > 20 and ask(key).status_code == 204  # gone with the work


def test_a_draft_is_answered_once_and_ends_with_its_work():
    from gandash.analyses._embeddings import Subjects
    from gandash.embedding_thumbnails import Thumbnails

    subjects = Subjects(np.zeros((4, 1, 8, 8), np.uint8), np.array([False, False, True, True]))
    with pytest.raises(RuntimeError), embedding_drafts.draft("key", subjects, Thumbnails("none.png", 8, 2)) as look:
        look({"layer1": np.arange(8.0).reshape(4, 2)})
        assert ask("key").status_code == 200 and ask("key", "1").status_code == 204 and ask("key", "x").status_code == 200
        look({"layer1": np.zeros((4, 2))})
        assert load(ask("key", "1").body)["places.layer1"].max() == 0
        raise RuntimeError
    assert ask("key").status_code == 204
