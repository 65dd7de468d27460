"""Data sets: what is embedded, and what options make of it."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from gandash.datasets import DatasetUnavailable, _images
from gandash.registry import parts

datasets = parts("datasets")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, and nothing held from another test."""
    monkeypatch.setenv("GANDASH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _images._cell.cache_clear()
    return tmp_path / "data"


def each(images):
    return {image.tobytes() for image in images}


@pytest.mark.parametrize(
    ("name", "whole", "train", "test", "checksums"),
    [
        (
            "mnist_subset",
            "mnist",
            [901, 1027, 891, 932, 880, 763, 914, 970, 844, 878],
            [100] * 10,
            ("dd6f5d51848be1bc", "4933d2086d5e5d96"),
        ),
        ("fashion_mnist_subset", "fashion_mnist", [1000] * 10, [200] * 10, ("6c4e625ef3c853a9", "7ec252a9163a79dc")),
    ],
)
def test_embedded_subsets_are_what_they_say(name, whole, train, test, checksums):
    dataset = datasets[name]()
    assert dataset.available() and dataset.embedded and dataset.subset_of == whole
    assert "subset" in dataset.title and "subset" in dataset.summary()
    assert dataset.class_names == datasets[whole]().class_names
    for images, counts, checksum in zip((dataset.train(), dataset.test()), (train, test), checksums, strict=True):
        assert images.images.shape == (sum(counts), 1, 28, 28) and images.images.dtype == np.uint8
        assert np.bincount(images.labels).tolist() == counts and images.labels.dtype == np.int64
        assert hashlib.sha256(images.images.tobytes() + images.labels.tobytes()).hexdigest().startswith(checksum)
        assert len(set(images.labels[:100].tolist())) == 10, "a stretch holds all classes"
    assert not each(dataset.train().images) & each(dataset.test().images)


def test_digits():
    dataset = datasets["digits"]({"size": 8, "margin": False})
    train, test = dataset.train(), dataset.test()
    assert train.images.shape == (1497, 1, 8, 8) and test.images.shape == (300, 1, 8, 8)
    assert train.images.min() == 0 and train.images.max() == 255
    assert np.bincount(test.labels).tolist() == [30] * 10
    assert not each(train.images) & each(test.images)


@pytest.mark.parametrize(("size", "margin"), [(28, 4), (32, 6), (56, 8)])
def test_digits_lie_in_their_image_as_those_of_mnist(size, margin):
    def around(**options) -> int:
        images = datasets["digits"]({"size": size, "count": 50, **options}).train().images.copy()
        assert images.shape == (50, 1, size, size)
        inner = slice(margin - size // 40, size - margin + size // 40)  # resizing once more spreads an edge by a pixel
        images[:, :, inner, inner] = 0
        return images.max()

    assert around() < 20 and around(margin=False) > 200


def test_held_once_and_read_only():
    images = datasets["mnist_subset"]().train()
    assert datasets["mnist_subset"]().train() is images
    with pytest.raises(ValueError, match="read-only"):
        images.images[0] = 0


def test_listing_data_sets_loads_no_torch():
    code = "import sys; from gandash.registry import parts; [part().available() for part in parts('datasets').values()]; "
    subprocess.run([sys.executable, "-c", code + "assert 'torch' not in sys.modules"], check=True)


def test_options_choose_class_count_size_and_colour():
    options = {"classes": ["Bag", "Trouser"], "count": 31, "size": 32, "colour": True}
    dataset = datasets["fashion_mnist_subset"](options)
    whole = datasets["fashion_mnist_subset"]()
    assert dataset.shape == (3, 32, 32) and dataset.class_names == ("Trouser", "Bag")
    train, test = dataset.train(), dataset.test()
    assert sorted(np.bincount(train.labels)) == [15, 16] and np.bincount(test.labels).tolist() == [200, 200]
    bags = each(whole.test().images[whole.test().labels == 8])
    assert each(test.images[test.labels == 1, :1, 2:30, 2:30]) == bags
    assert (train.images[:, 0] == train.images[:, 2]).all() and not train.images[:, :, :2].any()
    with pytest.raises(ValidationError):
        datasets["fashion_mnist_subset"]({"classes": ["Hat"]})


def test_resizing_is_antialiased_and_keeps_a_flat_colour():
    stripes = np.zeros((1, 3, 64, 64), np.uint8)
    stripes[..., ::2] = 255
    small = _images.resize(stripes, 16)
    assert small.shape == (1, 3, 16, 16) and abs(small[..., 2:-2].astype(int) - 127).max() <= 3, "subsampling would give 0 or 255"
    assert (_images.resize(np.full((2, 1, 28, 28), 77, np.uint8), 64) == 77).all()


@pytest.mark.parametrize("size", [12, 40])
def test_resizing_is_that_of_pillow(size):
    images = np.random.default_rng(0).integers(0, 256, (300, 3, 28, 28), np.uint8)
    resized = _images.resize(images, size)
    for before, after in zip(images[::99], resized[::99], strict=True):
        expected = Image.fromarray(before.transpose(1, 2, 0)).resize((size, size), Image.Resampling.BICUBIC)
        assert (after.transpose(1, 2, 0) == np.asarray(expected)).all()


def test_grey_is_that_of_pillow():
    colour = np.random.default_rng(0).integers(0, 256, (2, 3, 9, 9), np.uint8)
    grey = _images.recolour(colour, colour=False)
    for before, after in zip(colour, grey, strict=True):
        assert (after[0] == np.asarray(Image.fromarray(before.transpose(1, 2, 0)).convert("L"))).all()


labelled = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(labelled, st.sets(st.sampled_from("abcde")), st.integers(0, 70))
def test_choose_takes_what_there_is_as_evenly_as_it_can(labels, classes, count):
    names, classes = tuple("abcde"), tuple(sorted(classes))
    wanted, renumbered = _images.choose(labels, names, classes, count)
    wanted = np.arange(len(labels)) if wanted is None else wanted
    assert (np.diff(wanted) > 0).all() and len(wanted) == len(renumbered)
    kept = tuple(name for name in names if name in (classes or names))
    assert [kept[label] for label in renumbered] == [names[label] for label in labels[wanted]]
    there = np.bincount(labels, minlength=5)[[names.index(name) for name in kept]]
    taken = np.bincount(renumbered, minlength=len(kept))
    assert taken.sum() == (min(count, there.sum()) if count else there.sum())
    assert all(taken[a] == there[a] or taken[a] >= taken.max() - 1 for a in range(len(kept)))
    if count > 1:
        fewer, _ = _images.choose(labels, names, classes, count - 1)
        assert fewer is None or set(fewer) <= set(wanted)


@given(labelled, st.sampled_from([0.1, 0.5, 1, 3]))
def test_split_is_disjoint_and_holds_out_of_each_class(labels, held_out):
    train, test = _images.split(labels, held_out)
    assert sorted([*train, *test]) == list(range(len(labels)))
    for label in np.unique(labels):
        count, out = (labels == label).sum(), (labels[test] == label).sum()
        assert out == min(held_out, count) if isinstance(held_out, int) else (out >= 1) == (count > 1)


@pytest.mark.parametrize("name", [name for name in datasets if datasets[name].downloadable])
def test_absent_data_set_says_what_to_do(name, data):
    dataset = datasets[name]()
    assert not dataset.available() and dataset.num_classes == {"celeba": 0, "cub200": 200}.get(name, 10)
    with pytest.raises(DatasetUnavailable, match=rf"{data}.*python -m gandash download {name}.*GANDASH_DATA"):
        dataset.train()


@given(content=st.binary(max_size=40))
def test_damaged_idx_file_is_told(content, tmp_path_factory):
    from gandash.datasets._idx import read_idx

    for suffix in ("", ".gz"):
        path = tmp_path_factory.mktemp("idx") / f"images{suffix}"
        path.write_bytes(content)
        with pytest.raises(DatasetUnavailable, match="damaged"):
            read_idx(path)


@given(st.integers(2, 32), st.floats(0.1, 0.8), st.floats(0.001, 0.04))
def test_ring_lies_on_its_modes(modes, radius, std):
    dataset = datasets["ring"]({"modes": modes, "radius": radius, "std": std, "count": 320})
    train, test, centres = dataset.train(), dataset.test(), dataset.centres()
    assert train.images.shape == (320, 2) and train.images.dtype == np.float32 and len(test) == 64
    assert dataset.num_classes == modes == len(centres) and np.allclose(np.hypot(*centres.T), radius, atol=1e-6)
    assert np.ptp(np.bincount(train.labels, minlength=modes)) <= 1
    assert np.hypot(*(train.images - centres[train.labels]).T).max() < 6 * std
    assert abs(train.images).max() <= 1 and not each(train.images) & each(test.images)
    assert (dataset._draw("train", 320).images == train.images).all()
