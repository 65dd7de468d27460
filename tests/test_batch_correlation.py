"""Whether the images of a batch depend on each other: of made-up batches, and of generators with and without batch normalisation."""

from itertools import combinations

import numpy as np
import pytest
import torch
from games import tiny

from gandash import analyses, further, runs
from gandash.analyses.batch_correlation import alike, company_share, draw, normalised_over_the_batch
from gandash.assembly import networks

pytestmark = pytest.mark.usefixtures("one_thread")


def test_every_pair_is_counted_once():
    batches = np.random.default_rng(0).normal(size=(4, 5, 30)) + np.linspace(0, 3, 30)
    found, flat = alike(batches), batches.reshape(20, 30)
    pairs = {(i, j): np.corrcoef(flat[i], flat[j])[0, 1] for i, j in combinations(range(20), 2)}
    assert found.within == pytest.approx(np.mean([value for (i, j), value in pairs.items() if i // 5 == j // 5]))
    assert found.between == pytest.approx(np.mean([value for (i, j), value in pairs.items() if i // 5 != j // 5]))
    with pytest.raises(ValueError, match="three batches"):
        alike(batches[:2])


def test_what_a_batch_shares_is_found_and_independent_images_show_none():
    random = np.random.default_rng(1)
    alone = random.normal(size=(60, 10, 400))
    shared = np.sqrt(0.8) * alone + np.sqrt(0.2) * random.normal(size=(60, 1, 400))
    assert alike(alone).excess == pytest.approx(0.0, abs=4 * alike(alone).error)
    found = alike(shared)
    assert found.excess == pytest.approx(0.2, abs=0.01) and 0 < found.error < 0.01
    assert alike(np.zeros((3, 4, 9))).within == 0  # blank images correlate with nothing


def test_the_error_is_what_repeated_draws_show():
    random = np.random.default_rng(2)
    found = [alike(random.normal(size=(12, 6, 40)) + 0.5 * random.normal(size=(12, 1, 40))) for _ in range(150)]
    assert np.mean([each.error for each in found]) == pytest.approx(np.std([each.excess for each in found]), rel=0.25)


def test_the_share_that_is_due_to_the_company():
    random = np.random.default_rng(3)
    images = 3.0 * random.normal(size=(400, 1, 50)) + random.normal(size=(400, 6, 50))
    assert company_share(images) == pytest.approx(0.1, abs=0.01)
    assert company_share(np.repeat(images[:, :1], 6, 1)) < 1e-12 and company_share(np.zeros((3, 3, 2))) == 0


@pytest.mark.parametrize(("tricks", "kind"), [((), "batch"), (({"name": "virtual_batch_norm"},), "virtual")], ids=["batch", "virtual"])
def test_batch_normalisation_lets_images_depend_on_their_company_and_virtual_does_not(tricks, kind):
    made = networks(tiny("dcgan", tricks=tricks))
    before = {name: value.clone() for name, value in made.generator.state_dict().items()}
    training, in_use = (draw(made, mode, 6, 4, 0) for mode in (True, False))
    assert company_share(in_use[1]) < 1e-9
    assert (company_share(training[1]) > 0.01) == (kind == "batch")
    assert np.array_equal(*(each[0] for each in (training, in_use))) == (kind == "virtual")
    assert normalised_over_the_batch(made) == kind
    assert all(torch.equal(value, before[name]) for name, value in made.generator.state_dict().items()), "the run's own G was changed"
    assert not made.generator.training


def test_of_a_run_beside_its_real_images(shelf):
    run = runs.get("digits-dcgan")
    told = further.compute(run, run.snapshot(), analyses.parts["batch_correlation"]({"batches": 12, "batch_size": 8}))
    numbers = {number["name"]: number for number in told["numbers"]}
    assert list(numbers) == ["alike_within", "alike_between", "alike_excess", "company"]
    assert numbers["company"]["value"] > 0.001 and numbers["company"]["beside"] < 1e-9 and numbers["company"]["real"] == 0
    assert 0 < numbers["alike_between"]["real"] < 1
    assert "G is normalised over the batch: while it trains" in told["reading"]
    assert len(further.figure(told).data) == 2
