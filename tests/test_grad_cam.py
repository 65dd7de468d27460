"""Grad-CAM and Grad-CAM++: where the heat lies, its sign, and the same maps as the library's own call."""

import threading

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus
from torch import nn

from gandash.analyses._class_activation import Evidence, NoConvolutions, SingleLogit, own_modules, stretched
from gandash.analyses.grad_cam import grad_cam
from gandash.analyses.grad_cam_plus_plus import grad_cam_plus_plus
from gandash.architectures import Discriminator, Judged

METHODS = {"Grad-CAM": (grad_cam, GradCAM), "Grad-CAM++": (grad_cam_plus_plus, GradCAMPlusPlus)}
either = pytest.mark.parametrize("method", METHODS)


class Convolutional(Discriminator):
    """Two convolutions and a dense end, with the in-place activations and batch normalisation that discriminators have."""

    def __init__(self, channels: int = 1, classes: int = 0):
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, 6, 4, 2, 1), nn.Conv2d(6, 8, 4, 2, 1)
        self.norm, self.active = nn.BatchNorm2d(8), nn.LeakyReLU(0.2, inplace=True)
        self.end = nn.Linear(8 * 4 * 4, 1)
        self.by_class = nn.Embedding(classes, 1) if classes else None

    @property
    def cam_layers(self):
        return {"first": self.first, "second": self.second}

    def forward(self, x, labels=None):
        x = self.active(self.first(x))
        x = self.active(self.norm(self.second(x))).flatten(1)
        bias = self.by_class(labels) * x.mean(1, keepdim=True) if self.by_class else 0
        return Judged((self.end(x) + bias).squeeze(1))


class Quadrant(Discriminator):
    """Its logit is the mean of the upper left quadrant: positive, "real", where that is bright."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.convolution.weight)

    @property
    def cam_layers(self):
        return {"convolution": self.convolution}

    def forward(self, x, labels=None):
        return Judged(self.convolution(x)[:, 0, :8, :8].mean((1, 2)))


class Dense(Discriminator):
    def forward(self, x, labels=None):
        return Judged(x.flatten(1).mean(1))


def a_discriminator(**options) -> Convolutional:
    torch.manual_seed(1)
    made = Convolutional(**options).eval().requires_grad_(False)
    made.norm.running_mean.normal_()
    return made


def images(count: int = 3, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, channels, 16, 16), dtype=np.uint8)


@either
@pytest.mark.parametrize("target", ["fake", "real"])
def test_the_same_as_the_librarys_own_call_on_every_layer(method, target):
    ours, theirs = METHODS[method]
    D, pictures = a_discriminator(channels=3), images(5, 3)
    found = ours(D, pictures, target)
    reference = own_modules(D)  # the library would read activations that were changed in place
    for name, layer in reference.cam_layers.items():
        inputs = (torch.from_numpy(pictures).float() / 127.5 - 1).requires_grad_()
        with theirs(model=SingleLogit(reference), target_layers=[layer]) as library:
            expected = library(input_tensor=inputs, targets=[Evidence(target)] * 5)
        assert expected.max() > 0.9
        np.testing.assert_allclose(stretched(found.maps[name], (16, 16)), expected, atol=1e-5)


@either
def test_heat_sits_in_the_quadrant_that_decides(method):
    lit = np.zeros((1, 1, 16, 16), np.uint8)
    lit[..., :8, :8] = 255
    heat = METHODS[method][0](Quadrant(), lit, "real").maps["convolution"][0]
    assert heat[:8, :8].sum() > 0
    assert heat[:8, :8].sum() / heat.sum() > 0.99


@either
def test_evidence_for_one_verdict_is_none_for_the_other(method):
    lit = np.zeros((1, 1, 16, 16), np.uint8)
    lit[..., :8, :8] = 255
    fake = METHODS[method][0](Quadrant(), lit, "fake")
    assert fake.logits[0] > 0  # D takes it for real
    assert fake.maps["convolution"][0, :8, :8].max() == 0


def test_a_map_without_evidence_is_zero_and_never_nan():
    D = a_discriminator()
    nn.init.zeros_(D.end.weight)
    for method, _ in METHODS.values():
        found = method(D, images(), "fake")
        assert found.blank.all() and found.blank.shape == (3, 2)
        assert all(np.isfinite(maps).all() for maps in found.maps.values())


def test_maps_are_raw_and_at_the_layers_own_resolution():
    found = grad_cam(a_discriminator(), images(), "real")
    assert {name: maps.shape for name, maps in found.maps.items()} == {"first": (3, 8, 8), "second": (3, 4, 4)}
    assert all(maps.dtype == np.float32 and maps.min() >= 0 for maps in found.maps.values())
    np.testing.assert_array_equal(found.peaks[:, 1], found.maps["second"].max((1, 2)))
    assert found.size == (16, 16)


def test_twice_the_logit_is_twice_the_evidence():
    D = a_discriminator()
    before = grad_cam(D, images(), "fake")
    D.end.weight.mul_(2)
    after = grad_cam(D, images(), "fake")
    for name in before.maps:
        np.testing.assert_allclose(after.maps[name], 2 * before.maps[name], rtol=1e-4, atol=1e-7)


def test_an_image_does_not_depend_on_the_batch_it_is_in():
    D, many = a_discriminator(), images(70)  # more than one batch
    together, alone = grad_cam(D, many), grad_cam(D, many[68:69])
    np.testing.assert_allclose(together.maps["first"][68], alone.maps["first"][0], rtol=1e-3, atol=1e-6)
    assert len(together) == 70


def test_the_class_that_was_asked_for_matters():
    D = a_discriminator(classes=3)
    pictures = np.repeat(images(1), 2, 0)
    found = grad_cam(D, pictures, "real", torch.tensor([0, 2]))
    assert found.logits[0] != found.logits[1]
    assert not np.allclose(found.maps["second"][0], found.maps["second"][1])


def test_nothing_is_left_in_a_network_that_others_use():
    D = a_discriminator()
    for method, _ in METHODS.values():
        method(D, images())
    assert not any(module._forward_hooks for module in D.modules())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in D.parameters())
    assert D.active.inplace


def test_six_visitors_at_once_see_their_own_maps():
    D, each = a_discriminator(), [images(6)[i : i + 1] for i in range(6)]
    expected = [grad_cam(D, one).maps for one in each]
    found: dict[tuple[int, int], dict] = {}

    def visit(i):
        for turn in range(4):
            found[i, turn] = grad_cam(D, each[i]).maps

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24
    for (i, _), maps in found.items():
        for name in maps:
            np.testing.assert_allclose(maps[name], expected[i][name], rtol=1e-5, atol=1e-7)


def test_a_fully_connected_discriminator_says_so():
    with pytest.raises(NoConvolutions, match="no convolutional layers"):
        grad_cam(Dense(), images())
