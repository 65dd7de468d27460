"""t-SNE: the same map twice, neighbours kept, maps that lie on each other."""

import numpy as np
import pytest

from gandash.analyses import Cancelled
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, Subjects, embed, part_of, together
from gandash.analyses._pictures import Pictures
from gandash.analyses._placement import Ground, grounds, placed
from gandash.analyses.tsne import INTERPOLATE_FROM, aligned, highest_perplexity, maps, principal_components, tsne
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
    assert told == sorted(told) and told[0] == 0.0 and told[-1] == 1.0 and len(told) == 31

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


def test_the_beginning_and_then_every_25th_step_can_be_looked_at():
    points, which = groups()
    seen = []
    found = tsne(points, 10, look=seen.append)
    assert len(seen) == 31 and all(places.shape == (60, 2) for places in seen)
    start = principal_components(points)
    assert np.corrcoef(seen[0][:, 0], start[:, 0])[0, 1] > 0.999  # the first picture is there before a neighbour has been sought
    assert np.mean(which[nearest(seen[-1])] == which) == 1.0 and found.shape == seen[-1].shape


def test_the_cosine_metric_does_not_see_lengths():
    points, _ = groups()
    longer = points * 2.0 ** (np.arange(60) % 7)[:, None]  # powers of two, so that not even rounding differs
    for found in (lambda x: tsne(x, 10, metric="cosine"), lambda x: principal_components(x, "cosine")):
        np.testing.assert_allclose(found(longer), found(points), atol=1e-4)
    assert not np.allclose(tsne(longer, 10), tsne(points, 10))


def test_principal_components_are_those_of_the_library():
    from sklearn.decomposition import PCA

    points, which = groups()
    np.testing.assert_allclose(np.abs(principal_components(points)), np.abs(PCA(2).fit_transform(points)), atol=1e-3)
    embedded = Embedded(Subjects(np.zeros((60, 1, 8, 8), np.uint8), which == 0), {"layer1": points}, "embedded")
    found = maps(embedded, layout="pca").coordinates["layer1"]
    np.testing.assert_allclose(found, principal_components(points) - principal_components(points).mean(0), atol=1e-4)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("layout", ["tsne", "pca"])
def test_further_points_come_to_lie_among_their_like_and_move_nothing(layout, metric):
    points, which = groups(90)
    ground = grounds({"layer1": points[:60]}, EmbeddingOptions(layout=layout, metric=metric, perplexity=10))["layer1"]
    before = ground.places.copy()
    beside = ground.place(points[60:])
    assert beside.shape == (30, 2) and beside.dtype == np.float32
    closest = np.square(beside[:, None] - ground.places[None]).sum(-1).argmin(1)
    assert np.mean(which[:60][closest] == which[60:]) == 1.0
    np.testing.assert_array_equal(ground.places, before)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("count", [60, INTERPOLATE_FROM])
def test_each_is_placed_as_if_it_came_alone_and_as_a_map_that_was_kept_would_place_it(count, metric):
    """Why a run that grows needs only its new snapshots placed: nothing depends on what is placed with it, or when."""
    points, _ = groups(count + 30)
    options = EmbeddingOptions(metric=metric, perplexity=10)
    ground = grounds({"layer1": points[:count]}, options)["layer1"]
    together = ground.place(points[count:])
    parts = [ground.place(points[count:][part]) for part in (slice(0, 10), slice(10, 30))]
    np.testing.assert_array_equal(np.concatenate(parts), together)
    again = Ground(ground.embeddings.copy(), ground.places.copy(), ground.layout, ground.metric)
    np.testing.assert_array_equal(again.place(points[count:].astype(np.float32)), ground.place(points[count:].astype(np.float32)))


def test_further_points_are_turned_with_their_map():
    points, _ = groups(90)
    blocks = {"layer1": points, "layer2": points[:, ::-1] * 2}
    further = {block: np.concatenate([values[60:], values[:1]]) for block, values in blocks.items()}
    found = placed(grounds({block: values[:60] for block, values in blocks.items()}, EmbeddingOptions(layout="pca")), further)
    for places in found.values():
        assert places.shape == (91, 2)
        np.testing.assert_allclose(places[90], places[0], atol=1e-4)  # the same picture lies at the same place
