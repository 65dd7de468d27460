"""t-SNE: the same map twice, neighbours kept, maps that lie on each other."""

import numpy as np
import pytest

from gandash.analyses import Cancelled
from gandash.analyses._embeddings import Embedded, Subjects, embed, part_of, together
from gandash.analyses._pictures import Pictures
from gandash.analyses.tsne import aligned, highest_perplexity, maps, tsne
from gandash.features.resnet18 import BLOCKS, Reader

MNIST = Reader("mnist", tuple(range(10)))


def groups(count: int = 60, kinds: int = 3, dimensions: int = 20):
    rng = np.random.default_rng(0)
    which = np.arange(count) % kinds
    return (rng.normal(size=(kinds, dimensions)) * 8)[which] + rng.normal(size=(count, dimensions)), which


def nearest(points: np.ndarray) -> np.ndarray:
    distances = np.square(points[:, None] - points[None]).sum(-1)
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(1)


def test_neighbours_in_the_map_are_neighbours_in_the_embedding():
    points, which = groups()
    found = tsne(points, perplexity=10)
    assert found.shape == (60, 2) and found.dtype == np.float32
    assert np.mean(which[nearest(found)] == which) == 1.0


def test_the_same_seed_gives_the_same_map_bit_for_bit():
    points, _ = groups()
    assert np.array_equal(tsne(points, seed=5), tsne(points, seed=5))
    assert not np.array_equal(tsne(points, seed=5), tsne(points, seed=6))


def test_perplexity_is_lowered_to_what_the_points_allow():
    points, _ = groups(16)
    assert highest_perplexity(16) == 5.0
    assert np.array_equal(tsne(points, perplexity=30), tsne(points, perplexity=5))


@pytest.mark.parametrize("points", [np.ones((20, 8)), np.repeat(np.eye(8)[:2], 10, 0)])
def test_identical_points_still_give_a_map(points):
    assert np.isfinite(tsne(points)).all()


@pytest.mark.parametrize("points", [np.zeros((3, 8)), np.full((20, 8), np.nan), np.zeros(20)])
def test_what_has_no_map_says_so(points):
    with pytest.raises(ValueError, match="at least 4 points"):
        tsne(points)


def test_progress_rises_to_one_and_can_end_the_work():
    points, _ = groups()
    told = []
    tsne(points, progress=lambda fraction, text: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) == 30

    def stop(fraction, text):
        raise Cancelled

    with pytest.raises(Cancelled):
        tsne(points, progress=stop)


def test_part_of_a_progress():
    told = []
    part_of(lambda fraction, text: told.append((fraction, text)), 0.5, 0.7, "layer1")(0.5, "half")
    assert told == [(pytest.approx(0.6), "layer1: half")]
    assert part_of(None, 0, 1) is None


def test_alignment_turns_and_mirrors_but_never_stretches():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(50, 2))
    turned = first @ np.array([[0.0, 1.0], [1.0, 0.0]]) + 3  # mirrored and moved
    found = aligned({"a": first, "b": turned})
    np.testing.assert_allclose(found["b"], first - first.mean(0), atol=1e-5)
    stretched = aligned({"a": first, "b": 5 * turned})["b"]
    np.testing.assert_allclose(stretched, 5 * (first - first.mean(0)), atol=1e-4)


def pictures(count: int, level: int = 0, **more) -> Pictures:
    rng = np.random.default_rng(level)
    return Pictures((rng.integers(0, 128, (count, 1, 8, 8)) + level).astype(np.uint8), **more)


def test_real_and_generated_together():
    found = together(pictures(3, labels=np.array([1, 0, 1]), class_names=("a", "b"), note="A subset."), pictures(2, 100), reader=MNIST)
    assert found.is_generated.tolist() == [False] * 3 + [True] * 2
    assert found.labels.tolist() == [1, 0, 1, -1, -1]
    assert (found.class_names, found.notes, found.head) == (("a", "b"), ("A subset.",), "mnist")
    with pytest.raises(ValueError, match="no fake pictures"):
        together(pictures(3), pictures(0), ("real", "fake"))
    with pytest.raises(ValueError, match=r"\(1, 8, 8\).*\(3, 8, 8\)"):
        together(pictures(3), Pictures(np.zeros((2, 3, 8, 8), np.uint8)))


def test_one_pass_embeds_all_blocks_and_names_what_has_no_label():
    subjects = together(pictures(6, labels=np.arange(6), class_names=tuple("0123456789")), pictures(4, 100), reader=MNIST)
    found = embed(subjects)
    assert {block: values.shape for block, values in found.blocks.items()} == dict(
        zip(BLOCKS, [(10, 64), (10, 128), (10, 256), (10, 512)], strict=True)
    )
    assert found.predicted.tolist() == [False] * 6 + [True] * 4
    assert found.subjects.labels[:6].tolist() == list(range(6)) and found.subjects.labels.min() >= 0
    assert subjects.labels[6:].tolist() == [-1] * 4  # what was given stays as it was


def test_maps_of_every_block():
    points, which = groups(24)
    subjects = Subjects(np.zeros((24, 1, 8, 8), np.uint8), which == 0)
    told = []
    found = maps(Embedded(subjects, {"layer1": points, "layer2": points * 2}, "embedded"), 30, progress=lambda f, t: told.append((f, t)))
    assert list(found.coordinates) == ["layer1", "layer2"]
    assert found.perplexity == highest_perplexity(24)
    assert told[0][1].startswith("layer1: ") and told[-1] == (1.0, "layer2: t-SNE, iteration 750 of 750")
