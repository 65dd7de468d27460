"""Where D looks, on a small copy of CUB-200-2011 in its original layout: green birds on grey."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_celeba_cub200 import cub_files, data, tgz  # noqa: F401  the fixture gives an empty data folder
from torch import nn

from gandash import further, runs
from gandash.analyses import parts
from gandash.analyses.heat_in_box import EVEN, HeatInBox, heat_share, own_of_others, within
from gandash.architectures import Discriminator, Judged
from gandash.assembly import assemble, networks
from gandash.config import RunConfig
from gandash.datasets import Images
from gandash.runs.recorder import Recorder
from gandash.training.loop import take_snapshot
from gandash.training.state import state_tensors

BIRDS = RunConfig(dataset={"name": "cub200", "options": {"size": 32, "crop": "box", "margin": 0.5}}, architecture={"name": "dcgan"})


class LooksAt(Discriminator):
    """Finds evidence for real in green (``sign`` 1) or in all that is not (-1)."""

    def __init__(self, sign: float):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3, padding=1, bias=True)
        nn.init.zeros_(self.conv.weight)
        with torch.no_grad():
            self.conv.weight[0, :, 1, 1] = sign * torch.tensor([-1.0, 1.0, -1.0])
            self.conv.bias.fill_(-1.5 * sign)
        self.block = nn.Sequential(self.conv, nn.ReLU())

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {"conv 1, 32x32": self.block}

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.block(x).mean((1, 2, 3)))


@pytest.fixture
def birds(data) -> Images:  # noqa: F811
    """The birds whose box is more than a sliver of the crop."""
    (data / "CUB_200_2011.tgz").write_bytes(tgz(cub_files()))
    dataset = BIRDS.part("dataset")
    both = [dataset.train(), dataset.test()]
    found = Images(*(np.concatenate([getattr(each, name) for each in both]) for name in ("images", "labels")))
    boxes = np.concatenate([each.boxes for each in both])
    large = (boxes[:, 2] - boxes[:, 0] > 4) & (boxes[:, 3] - boxes[:, 1] > 4)
    assert large.sum() >= 3
    return Images(found.images[large], found.labels[large], "", boxes[large])


@pytest.mark.parametrize(("sign", "low", "high"), [(1.0, 0.9, 1.0), (-1.0, 0.0, 0.15)], ids=["the bird", "the sky"])
def test_a_discriminator_that_looks_at_the_bird_is_told_from_one_that_looks_at_the_sky(birds, sign, low, high):
    made = replace(networks(BIRDS), discriminator=LooksAt(sign).requires_grad_(False))
    told = HeatInBox({"count": 20}).compare(made, birds)
    by_name = {number.title: number for number in told.numbers}
    assert low <= by_name["conv 1, 32x32"].real <= high
    area = float(np.mean((birds.boxes[:, 2] - birds.boxes[:, 0]) * (birds.boxes[:, 3] - birds.boxes[:, 1]))) / 32**2
    assert by_name[EVEN].real == pytest.approx(area)
    assert ("at the object more than beside it" in told.reading) == (sign > 0)
    figure = HeatInBox().figure(told)
    assert len(figure.data) == 4 and len(figure.layout.shapes) == 2 * len(birds)


def test_a_run_is_measured_from_its_archive(data, runs_folder):  # noqa: F811
    (data / "CUB_200_2011.tgz").write_bytes(tgz(cub_files()))
    config = RunConfig(**{**BIRDS.model_dump(), "architecture": {"name": "dcgan", "options": {"width": 4}}, "batch_size": 2, "epochs": 1})
    run = runs.create(config)
    take_snapshot(assemble(config, config.part("dataset").train()), Recorder(run, state_tensors))
    told = further.compute(run, run.snapshot(), parts["heat_in_box"]({"count": 4}))
    assert told["numbers"][0]["title"] == EVEN and told["detail"]["heads"]["value"] == "Generated, usual place"
    assert further.figure(told).data and further.kept(run, run.snapshot(), parts["heat_in_box"]({"count": 4}))


def test_shares_of_cells_are_exact_however_a_box_falls():
    boxes = np.array([[3.0, 0.0, 13.0, 8.0], [0.0, 0.0, 16.0, 16.0], [5.0, 5.0, 5.0, 9.0]])
    masks = within(boxes, (16, 16), (4, 4))
    np.testing.assert_allclose(masks[0], np.outer([1, 1, 0, 0], [0.25, 1, 1, 0.25]))
    np.testing.assert_allclose(masks[1], 1)
    assert masks[2].sum() == 0
    np.testing.assert_allclose(masks.mean((1, 2)) * 256, [80, 256, 0])


def test_even_heat_gets_the_boxs_area_and_no_heat_gets_no_number():
    boxes = np.array([[2.0, 2.0, 10.0, 6.0], [0.0, 0.0, 4.0, 4.0]])
    masks = within(boxes, (16, 16), (8, 8))
    assert heat_share(np.ones((2, 8, 8), np.float32), masks) == pytest.approx([32 / 256, 16 / 256])
    found = heat_share(np.stack([np.zeros((8, 8)), np.eye(8)]).astype(np.float32), masks)
    assert np.isnan(found[0]) and found[1] == pytest.approx(2 / 8)
    np.testing.assert_allclose(own_of_others(masks)[0], masks[1])


def test_it_says_why_other_runs_have_no_answer():
    assert "does not say where" in HeatInBox().suits(RunConfig(dataset="mnist_subset", architecture="dcgan"))
    connected = RunConfig(dataset=BIRDS.dataset, architecture="mlp")
    assert "fully connected" in HeatInBox().suits(connected)
    assert HeatInBox().suits(BIRDS) is None
