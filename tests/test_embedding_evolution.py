"""A run's samples through training: placed in the map of the real images, the same latents everywhere, kept and read again; drafts."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file
from starlette.requests import Request

from gandash import api_embeddings, embedding_drafts, embedding_evolution, embedding_frames, embedding_maps, runs
from gandash.analyses._embeddings import EmbeddingOptions
from gandash.analyses._pictures import fixed_samples
from gandash.embedding_sources import OfRun
from gandash.embedding_thumbnails import atlases, places
from gandash.features.resnet18 import BLOCKS

OPTIONS = EmbeddingOptions(count=70, layout="pca")


def test_a_sheet_gives_back_the_samples_that_were_drawn(shelf):
    run = runs.get("digits-dcgan")
    snapshot = run.snapshot()
    found = embedding_frames.from_sheet(snapshot.sheet, (1, 28, 28))
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


def snapshots_taken_away(run: runs.Run, where: Path, count: int) -> list[tuple[Path, Path]]:
    """Move the files of the newest snapshots elsewhere; from where, to where."""
    moved = []
    for snapshot in run.snapshots[-count:]:
        for path in (snapshot.sheet, run.path / "weights" / f"{snapshot.step}.safetensors"):
            moved.append((path, where / path.name))
            path.rename(where / path.name)
    return moved


@pytest.mark.parametrize("layout", ["tsne", "pca"])
def test_a_run_that_grew_is_added_to_and_gives_what_the_whole_would_have_given(shelf, tmp_path, layout):
    run, options = runs.get("digits-dcgan"), OPTIONS.model_copy(update={"layout": layout})
    moved = snapshots_taken_away(run, tmp_path, 2)
    first = embedding_evolution.compute(run, options)
    assert embedding_evolution.missing(run, first) == []
    folder = run.cached(embedding_evolution._key(run, options))
    written = {path: path.stat().st_mtime_ns for path in folder.glob("*/*.safetensors")}
    assert len(written) == 1 + len(first.frames)  # the real images' maps, and one file a snapshot
    for there, here in moved:
        here.rename(there)
    shown = embedding_evolution.kept(run, options)
    assert shown == first  # what is known can still be looked at
    new = embedding_evolution.missing(run, shown)
    assert [snapshot.step for snapshot in new] == [snapshot.step for snapshot in run.snapshots[-2:]]
    told = []
    grown = embedding_evolution.compute(run, options, lambda fraction, text: told.append(text.split(":")[0]))
    assert set(told) == {snapshot.label for snapshot in new}  # nothing else was worked on
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert embedding_evolution.missing(run, grown) == []

    shutil.rmtree(folder)
    whole = embedding_evolution.compute(run, options)
    assert whole.data == grown.data and whole.frames == grown.frames  # the file is named after its content: not a bit differs


def test_weights_that_come_later_replace_a_sheet_and_those_that_go_leave_their_frame(shelf, tmp_path):
    run = runs.get("digits-dcgan")
    step = run.snapshot().step
    weights = run.path / "weights" / f"{step}.safetensors"
    weights.rename(tmp_path / "kept")
    made = embedding_evolution.compute(run, OPTIONS)
    assert made.frames[-1].from_sheet and embedding_evolution.missing(run, made) == []
    (tmp_path / "kept").rename(weights)
    assert [snapshot.step for snapshot in embedding_evolution.missing(run, made)] == [step]
    better = embedding_evolution.compute(run, OPTIONS)
    assert not better.frames[-1].from_sheet and better.frames[-1].count == 70
    weights.unlink()
    assert embedding_evolution.missing(run, better) == []
    assert embedding_evolution.compute(run, OPTIONS).data == better.data


def test_other_real_images_have_maps_of_their_own(shelf):
    """Such as a data set that came here after a part of it had stood in: no frame is put among images that it was not placed in."""
    run = runs.get("digits-dcgan")
    before = embedding_evolution.compute(run, OPTIONS)
    about = json.loads((run.path / "config.json").read_text())
    about["config"]["dataset"]["options"]["classes"] = ["0", "1", "2"]
    (run.path / "config.json").write_text(json.dumps(about))
    run = runs.get("digits-dcgan")
    after = embedding_evolution.compute(run, OPTIONS)
    assert after.data != before.data and after.thumbnails != before.thumbnails
    assert len(list(run.cached(embedding_evolution._key(run, OPTIONS)).glob("*/real.safetensors"))) == 2


def test_a_snapshot_that_is_gone_asks_for_a_new_evolution(shelf):
    run = runs.get("digits-dcgan")
    embedding_evolution.compute(run, OPTIONS)
    run.snapshot().sheet.unlink()
    assert embedding_evolution.kept(run, OPTIONS) is None
    assert [frame.step for frame in embedding_evolution.compute(run, OPTIONS).frames] == [snapshot.step for snapshot in run.snapshots]


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
