"""Differentiable augmentation against the same changes made by hand."""

from __future__ import annotations

import pytest
import torch

from gandash.objectives import Step
from gandash.randomness import generator
from gandash.registry import parts
from gandash.tricks.differentiable_augmentation import coloured, cut_out, translated


def augmentation(**options):
    return parts("tricks")["differentiable_augmentation"](options)


def step_of(phase: str, number: int = 0) -> Step:
    return Step(number, phase, random=lambda purpose: generator(0, purpose, number))


def pictures(count: int = 200, channels: int = 3, side: int = 16) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_colours_by_hand() -> None:
    images = pictures()
    brightness, saturation, contrast = torch.rand(3, 200, 1, 1, 1, generator=seeded())
    bright = images + brightness - 0.5
    grey = bright.mean(1, keepdim=True)
    vivid = grey + (bright - grey) * saturation * 2
    mean = vivid.mean((1, 2, 3), keepdim=True)
    assert torch.allclose(coloured(images, seeded()), mean + (vivid - mean) * (contrast + 0.5), atol=1e-6)
    assert (coloured(images, seeded()) - images).flatten(1).norm(dim=1).min() > 0  # no image is left as it was


def test_translation_shifts_each_image_by_whole_pixels() -> None:
    images = pictures()
    moved, shifts = translated(images, 0.125, seeded()), []
    for before, after in zip(images, moved, strict=True):
        found = []
        for down in range(-2, 3):
            for right in range(-2, 3):
                expected = torch.zeros_like(before)
                rows, columns = slice(max(0, down), 16 + min(0, down)), slice(max(0, right), 16 + min(0, right))
                from_rows, from_columns = slice(max(0, -down), 16 - max(0, down)), slice(max(0, -right), 16 - max(0, right))
                expected[:, rows, columns] = before[:, from_rows, from_columns]
                found += [(down, right)] if torch.equal(expected, after) else []
        assert len(found) == 1
        shifts += found
    assert len(set(shifts)) == 25  # every shift of up to 2 of 16 pixels, in both directions


def test_cutout_makes_a_square_grey() -> None:
    cut = cut_out(torch.ones(500, 3, 16, 16), 0.5, seeded())
    gone = (cut == 0).all(1)
    assert torch.equal(gone, (cut == 0).any(1)) and ((cut == 0) | (cut == 1)).all()
    for hole in gone:
        rows, columns = hole.any(1).nonzero().flatten(), hole.any(0).nonzero().flatten()
        for places in (rows, columns):
            assert 4 <= len(places) <= 8 and places[-1] - places[0] == len(places) - 1
        assert hole.sum() == len(rows) * len(columns)  # a rectangle: the square, or what lies inside the image of it
    assert (gone.sum((1, 2)) == 64).any()


@pytest.mark.parametrize("phase", ["discriminator", "generator"])
def test_real_and_generated_images_are_changed_in_the_same_way_but_not_alike(phase: str) -> None:
    change, images = augmentation().images, pictures(400)
    real, fake = (change(images, step_of(phase), origin) for origin in ("real", "fake"))
    assert not torch.equal(real, fake) and torch.equal(real, change(images, step_of(phase), "real"))
    for statistic in (torch.mean, torch.std):
        assert statistic(real).item() == pytest.approx(statistic(fake).item(), abs=0.05)
    grey = [(batch == 0).all(1).float().mean().item() for batch in (real, fake)]
    # of 16 places a line loses 7 to the square on the average and 1.2 to the shift: 1 - (1 - (7 / 16)^2) (1 - 1.2 / 16)^2
    assert grey == pytest.approx([0.308, 0.308], abs=0.02)
    assert not torch.equal(real, change(images, step_of(phase, 1), "real"))


def test_g_s_gradient_passes_through_augmentation() -> None:
    fake = pictures(8).requires_grad_()
    shown = augmentation().images(fake, step_of("generator"), "fake")
    shown.square().sum().backward()
    assert torch.isfinite(fake.grad).all()
    assert (fake.grad.flatten(1).norm(dim=1) > 0).all()
    shift = augmentation(colour=False, cutout=0.0)
    fake.grad = None
    shift.images(fake, step_of("generator"), "fake").sum().backward()
    assert set(fake.grad.unique().tolist()) == {0.0, 1.0}  # each pixel that is still in the image, once


def test_augmentation_may_be_switched_off_part_by_part() -> None:
    images = pictures(4)
    off = augmentation(colour=False, translation=0.0, cutout=0.0)
    assert off.images(images, step_of("discriminator"), "real") is images
