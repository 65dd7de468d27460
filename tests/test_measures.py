"""Scores of features: against torch-fidelity's own, known distributions, closed forms and brute force."""

import numpy as np
import pytest
import torch
from torch_fidelity import calculate_metrics

from gandash import datasets
from gandash.features import extractors, looking, measures
from gandash.features import reference as references
from gandash.features.reference import Reference, seen
from gandash.features.resnet18 import EMBEDDED_FACTS, HEADS, WeightsUnavailable

pytestmark = pytest.mark.usefixtures("one_thread")


class Tensors(torch.utils.data.Dataset):
    """Images as torch-fidelity takes them."""

    def __init__(self, images: np.ndarray):
        self.images = torch.from_numpy(np.array(images)).expand(-1, 3, -1, -1)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.images[index]


def cloud(count: int = 120, dimensions: int = 12, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).normal(size=(count, dimensions))).astype(np.float32)


def test_every_score_is_torch_fidelitys_own_through_our_registered_network():
    subset = datasets.parts["mnist_subset"]({"size": 32})
    generated, real = 255 - subset.train().images[:100], subset.test().images[:100]
    theirs = calculate_metrics(
        input1=Tensors(generated),
        input2=Tensors(real),
        isc=True,
        fid=True,
        kid=True,
        prc=True,
        feature_extractor=extractors.RESNET,
        feature_layer_isc="mnist",
        kid_subset_size=50,
        batch_size=128,
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    features, logits = extractors.extract("embedded", generated, "mnist")
    against, _ = extractors.extract("embedded", real)
    ours = {
        "inception_score": measures.inception(logits),
        "frechet_inception_distance": measures.frechet(features, measures.statistics(against)),
        "kernel_inception_distance": measures.kernel(features, against),
        **dict(zip(("precision", "recall"), measures.precision_recall(features, against), strict=True)),
    }
    for name, measure in ours.items():
        known = theirs.get(name, theirs.get(f"{name}_mean"))
        assert measure.value == pytest.approx(known, rel=1e-6), name
        if f"{name}_std" in theirs:
            assert measure.spread == pytest.approx(theirs[f"{name}_std"], rel=1e-6), name


@pytest.mark.parametrize("classes", [1, 2, 7, 10])
def test_the_inception_score_of_clear_images_is_the_number_of_their_classes(classes):
    logits = np.full((1000 * classes, 10), -60.0, np.float32)
    logits[np.arange(len(logits)), np.arange(len(logits)) % classes] = 60.0
    found = measures.inception(logits)
    assert found.value == pytest.approx(classes, rel=0.01)  # a split is drawn, so it is not quite even
    assert measures.evenness_and_doubt(logits) == pytest.approx((classes, 1.0))


def test_the_inception_score_of_images_that_are_all_alike_is_one():
    unclear = np.zeros((500, 10), np.float32)
    assert measures.inception(unclear).value == pytest.approx(1.0) and measures.inception(unclear).spread == pytest.approx(0.0, abs=1e-9)
    assert measures.evenness_and_doubt(unclear) == pytest.approx((10.0, 10.0))


def test_the_two_halves_make_the_score():
    logits = cloud(600, 10, scale=3.0)
    even, doubt = measures.evenness_and_doubt(logits)
    from gandash.features.judge import inception_score

    assert even / doubt == pytest.approx(inception_score(torch.from_numpy(logits).double().softmax(1).numpy()))


def test_the_frechet_distance_of_a_sample_from_itself_is_zero():
    features = cloud()
    assert measures.frechet(features, measures.statistics(features)).value == pytest.approx(0.0, abs=1e-5)


def test_the_frechet_distance_of_two_gaussians_is_the_closed_form():
    real, stretch, shift = cloud(4000, 8), np.linspace(0.5, 2.0, 8), 0.3
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]  # the same axes for both, but not those of the features
    stats = measures.statistics(real)
    mean, axes = stats["mu"].astype(np.float64), np.linalg.cholesky(stats["sigma"])
    white = (real - mean) @ np.linalg.inv(axes).T  # covariance exactly 1
    one, other = white @ turned.T, (white * stretch + shift) @ turned.T
    closed = 8 * shift**2 + ((1 - stretch) ** 2).sum()
    found = measures.frechet(other.astype(np.float32), measures.statistics(one.astype(np.float32)), spread=False)
    assert found.value == pytest.approx(closed, rel=1e-5)


def test_the_kernel_distance_is_unbiased_and_sees_a_shift():
    assert abs(measures.kernel(cloud(400, seed=1), cloud(400, seed=2)).value) < 0.05
    assert measures.kernel(cloud(400, seed=1) + 1, cloud(400, seed=2)).value > 1


def test_density_and_coverage_are_those_of_brute_force():
    generated, real, k = 0.7 * cloud(70, 6, seed=3) + 0.4, cloud(90, 6, seed=4), 5
    inside = np.zeros((90, 70), bool)
    for i, image in enumerate(real):
        radius = sorted(np.linalg.norm(image.astype(np.float64) - other) for j, other in enumerate(real) if j != i)[k - 1]
        inside[i] = [np.linalg.norm(image.astype(np.float64) - sample) < radius for sample in generated]
    density, coverage = measures.density_coverage(generated, real)
    assert density.value == pytest.approx(inside.sum() / (k * 70), abs=1e-12)
    assert coverage.value == pytest.approx(inside.any(1).mean(), abs=1e-12)
    assert 0 < density.spread < 0.5 and 0 < coverage.spread < 0.5


def test_one_mode_has_precision_and_density_but_neither_recall_nor_coverage():
    real = np.concatenate([cloud(100, 4, seed=seed, scale=0.3) + 5 * seed for seed in range(4)])
    collapsed = cloud(400, 4, seed=9, scale=0.2)  # near the first of four modes
    (precision, recall), (density, coverage) = measures.precision_recall(collapsed, real), measures.density_coverage(collapsed, real)
    assert precision.value > 0.9 and density.value > 1 and recall.value < 0.3 and coverage.value < 0.3


def test_the_jackknifes_error_of_a_mean_is_the_known_one():
    values = np.random.default_rng(0).normal(size=20_000)
    found = measures.jackknife(lambda kept: (values[kept[0]].mean(),), (len(values),))[0]
    assert found == pytest.approx(1 / np.sqrt(len(values)), rel=0.6)


# The statistics that ship


@pytest.mark.parametrize("name", HEADS)
def test_shipped_statistics_belong_to_the_shipped_network_and_hold_no_image(name):
    reference = references.load(references.FOLDER / f"{name}.safetensors")
    assert reference.facts["weights"] == looking.identity("embedded"), "the weights have changed: python -m gandash.features.reference"
    assert reference.facts["images"] == 10_000 and reference.facts["split"] == "test"
    assert reference.features.shape == (references.KEPT, 512) and reference.mean.shape == (512,)
    np.testing.assert_allclose(reference.covariance, reference.covariance.T)
    accuracy = reference.confusion.trace() / reference.confusion.sum()
    import json

    assert accuracy == pytest.approx(json.loads(EMBEDDED_FACTS.read_text())["test_accuracies"][name], abs=0.002)
    assert measures.statistics(reference.features)["mu"] == pytest.approx(reference.mean, abs=0.15)


def test_shipped_statistics_are_small():
    assert sum(path.stat().st_size for path in references.FOLDER.iterdir()) < 8.5e6


def test_the_real_mnist_scores_what_the_study_reports():
    """Real MNIST: 9.67 in the study; 10,000 test images in ten splits through the embedded classifier."""
    reference = references.load(references.FOLDER / "mnist.safetensors")
    assert reference.ceiling("inception_score", 10_000) == pytest.approx(9.67, abs=0.05)


def test_real_images_score_as_the_ceiling_says():
    dataset = datasets.parts["mnist_subset"]({"size": 28})
    features, logits = extractors.extract("embedded", seen(dataset.train().images[:300], dataset), "mnist")
    reference = references.load(references.FOLDER / "mnist.safetensors")
    found = references.measured(features, reference, spreads=False)
    assert found["fid"].value == pytest.approx(reference.ceiling("fid", 300), rel=0.4)
    assert found["coverage"].value == pytest.approx(reference.ceiling("coverage", 300), abs=0.06)
    assert measures.inception(logits).value == pytest.approx(reference.ceiling("inception_score", 300), rel=0.1)


def test_ceilings_between_the_measured_sizes_are_linear_in_one_over_n():
    reference = Reference(*[np.zeros(1)] * 3, {"fid": {100: 8.0, 200: 5.0, 1000: 2.0}}, None, {})
    assert [reference.ceiling("fid", n) for n in (50, 100, 200, 10_000)] == [8.0, 8.0, 5.0, 2.0]
    assert reference.ceiling("fid", 133) == pytest.approx(5.0 + 3.0 * (1 / 133 - 1 / 200) / (1 / 100 - 1 / 200))
    assert reference.ceiling("kid", 100) is None


def test_images_of_28_pixels_are_compared_as_their_data_set_makes_32_of_them():
    small, large = (datasets.parts["fashion_mnist_subset"]({"size": size}) for size in (28, 32))
    np.testing.assert_array_equal(seen(small.test().images[:5], small), large.test().images[:5])


@pytest.mark.parametrize(
    ("name", "options", "ships"),
    [
        ("mnist", {"size": 28}, "mnist"),
        ("mnist_subset", {"size": 32, "colour": True}, "mnist"),
        ("fashion_mnist_subset", {}, "fashion_mnist"),
        ("cifar10", {}, "cifar10"),
        ("mnist", {"size": 64}, None),
        ("mnist", {"classes": ("0", "1")}, None),
        ("cifar10", {"colour": False}, None),
        ("digits", {}, None),
        ("ring", {}, None),
    ],
)
def test_statistics_are_used_only_for_the_images_that_they_are_of(name, options, ships):
    assert references.shipped_name(datasets.parts[name](options), "embedded") == ships
    assert references.shipped_name(datasets.parts[name](options), "inception") is None


def test_other_data_get_a_reference_of_their_own_that_survives_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(references, "MOST", 120)
    dataset = datasets.parts["mnist_subset"]({"size": 32, "classes": ("0", "7")})
    told = []
    made = references.make(dataset, progress=lambda fraction, _: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1.0
    assert made.facts["images"] == 200 and made.confusion.shape == (2, 2) and made.confusion[1, 1] > 90
    assert set(made.ceilings["fid"]) == {100, 120} and made.ceilings["coverage"][120] > 0.8
    references.save(made, tmp_path / "made.safetensors")
    read = references.load(tmp_path / "made.safetensors")
    np.testing.assert_allclose(read.covariance, made.covariance, rtol=1e-5, atol=1e-9)
    np.testing.assert_array_equal(read.features, made.features)
    assert read.ceilings == made.ceilings and read.facts == made.facts


# Inception-v3


def test_without_inceptions_weights_a_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("GANDASH_INCEPTION_V3", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert "let GANDASH_INCEPTION_V3 point to it" in looking.choices()["inception"].where
    with pytest.raises(WeightsUnavailable, match="Inception-v3 is not here"):
        looking.identity("inception")
    monkeypatch.setenv("GANDASH_INCEPTION_V3", str(tmp_path / "absent.pth"))
    with pytest.raises(WeightsUnavailable, match=r"absent\.pth"):
        extractors.extract("inception", np.zeros((1, 3, 8, 8), np.uint8))


def test_inception_looks_with_the_weights_that_a_person_brings(monkeypatch, tmp_path):
    """The published weights are not here; weights of the same names and shapes show that they would be used, and in which way."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Untrained(FeatureExtractorInceptionV3):
        def load_state_dict(self, *_, **__):
            """Keep what the layers begin with."""

    torch.save({}, tmp_path / "empty.pth")
    torch.manual_seed(0)
    untrained = Untrained("inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=tmp_path / "empty.pth")
    torch.save(untrained.state_dict(), tmp_path / "weights.pth")
    monkeypatch.setenv("GANDASH_INCEPTION_V3", str(tmp_path / "weights.pth"))
    images = np.random.default_rng(0).integers(0, 256, (2, 1, 28, 28), np.uint8)
    features, logits = extractors.extract("inception", images)
    with torch.inference_mode():
        expected = untrained(torch.from_numpy(images).expand(-1, 3, -1, -1))
    np.testing.assert_allclose(features, expected[0].numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logits, expected[1].numpy(), rtol=1e-5, atol=1e-6)
    assert looking.choices()["inception"].available and len(looking.identity("inception")) == 16
    (tmp_path / "wrong.pth").write_bytes(b"no weights at all")
    monkeypatch.setenv("GANDASH_INCEPTION_V3", str(tmp_path / "wrong.pth"))
    with pytest.raises(WeightsUnavailable, match="does not hold the weights of Inception-v3"):
        extractors.extract("inception", images)
