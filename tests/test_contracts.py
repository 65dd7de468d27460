"""What every part of every registry must do; a new part is tested by being there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from games import POINTS, begin, tiny
from pydantic import ValidationError

from gandash.assembly import assemble
from gandash.config import Choice, ConfigError, RunConfig
from gandash.registry import parts
from gandash.runs.weights import read_tensors, write_tensors
from gandash.training.loop import play
from gandash.training.state import restore, state_tensors

pytestmark = pytest.mark.usefixtures("one_thread")

FOLDERS = ("datasets", "architectures", "objectives", "tricks", "priors", "optimisers", "analyses")
PAPERS = ("architectures", "objectives", "tricks", "priors", "optimisers")  # folders whose parts come from the literature
EVERY = [(folder, name) for folder in FOLDERS for name in parts(folder)]
IDS = ["-".join(place) for place in EVERY]
EMBEDDED = [name for name in parts("datasets") if parts("datasets")[name].embedded]


def suitable(**more) -> list[RunConfig]:
    """A config for each pair of architecture and objective that can be trained with ``more``."""
    pairs = [(architecture, objective) for architecture in parts("architectures") for objective in parts("objectives")]
    return [config for pair in pairs if not (config := tiny(*pair, **more)).problems()]


def named(config: RunConfig) -> str:
    return "-".join([config.dataset.name, config.architecture.name, config.objective.name])


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def assert_plays_and_resumes(config: RunConfig, folder: Path) -> None:
    """Three steps change both players and stay finite; the third after a restored state is the third, bit for bit."""
    game = begin(config)
    before = {name: value.clone() for name, value in state_tensors(game)[0].items()}
    first = play(game)
    assert {"d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after", "d_grad_norm", "g_grad_norm"} <= first.keys()
    play(game)
    write_tensors(folder / "state.safetensors", *state_tensors(game))
    third = play(game)
    assert all(np.isfinite(value) for metrics in (first, third) for value in metrics.values())
    after = state_tensors(game)[0]
    for player, network in (("generator", game.generator), ("discriminator", game.discriminator)):
        weights = [name for name, value in network.named_parameters() if value.ndim > 1]
        still = [name for name in weights if torch.equal(before[f"{player}.{name}"], after[f"{player}.{name}"])]
        assert not still, f"{player} was not trained: {still}"

    resumed = begin(config)
    restore(resumed, *read_tensors(folder / "state.safetensors"))
    assert resumed.step == 2
    assert play(resumed) == third
    assert same(state_tensors(resumed)[0], after)
    z, labels = game.sampler().fixed_noise()
    drawn = [seen.sampler().generator.eval()(z, labels) for seen in (game, resumed)]
    assert torch.equal(*drawn)


# every part


@pytest.mark.parametrize(("folder", "name"), EVERY, ids=IDS)
def test_a_part_says_what_it_is(folder: str, name: str) -> None:
    part = parts(folder)[name]
    assert part.name == name
    assert part.title.strip() and part.title != name
    assert part.summary().endswith(".") and len(part.summary()) > 30
    assert part.__doc__ is not part.__mro__[1].__doc__
    if folder in PAPERS:
        assert re.search(r"\b(19|20)\d\d\b", part.__doc__), "the docstring names no paper with its year"


@pytest.mark.parametrize(("folder", "name"), EVERY, ids=IDS)
def test_options_are_default_bound_schema_and_widget_at_once(folder: str, name: str) -> None:
    options = parts(folder)[name].Options
    assert options.model_config["frozen"] and options.model_config["extra"] == "forbid"
    schema = options.model_json_schema()
    json.dumps(schema)
    for key, field in schema.get("properties", {}).items():
        assert field.get("title") and field.get("description"), f"{key} has no title of its own, or no description"
        for kind in field.get("anyOf", [field]):
            if kind.get("type") in ("integer", "number"):
                assert {"minimum", "exclusiveMinimum"} & kind.keys(), f"{key} has no lower bound"
                assert folder not in PAPERS or {"maximum", "exclusiveMaximum"} & kind.keys(), f"{key} has no upper bound"
    with pytest.raises(ValidationError):
        parts(folder)[name]({"no such option": 1})
    if schema.get("required"):  # such as a folder of pictures, which has no default
        return
    made = parts(folder)[name]()
    assert options.model_validate_json(made.options.model_dump_json()) == made.options


@pytest.mark.parametrize(("folder", "name"), EVERY, ids=IDS)
def test_a_part_can_be_asked_whether_it_suits(folder: str, name: str) -> None:
    if parts(folder)[name].Options.model_json_schema().get("required"):
        with pytest.raises(ValidationError):
            parts(folder)[name]()
        return
    reason = parts(folder)[name]().suits(tiny())
    assert reason is None or (reason.endswith(".") and len(reason) > 20)


# data sets


@pytest.mark.parametrize("name", EMBEDDED)
def test_an_embedded_data_set_needs_no_download(name: str) -> None:
    dataset = parts("datasets")[name]()
    assert dataset.available() and dataset.licence and dataset.source
    for images in (dataset.train(), dataset.test()):
        assert images.images.shape[1:] == dataset.shape
        assert images.images.dtype == (np.uint8 if len(dataset.shape) == 3 else np.float32)
        assert len(images) > 100
        assert images.labels is None or (
            images.labels.dtype == np.int64 and set(np.unique(images.labels)) == set(range(dataset.num_classes))
        )
    if images.images.dtype == np.float32:
        assert np.abs(images.images).max() <= 1


def test_a_data_set_that_ships_says_that_it_is_a_subset() -> None:
    for name in EMBEDDED:
        if parts("datasets")[name].subset_of:
            assert "subset" in parts("datasets")[name].title.lower()


# priors and optimisers


@pytest.mark.parametrize("name", list(parts("priors")))
def test_a_prior_samples_and_leads_from_one_latent_to_another(name: str) -> None:
    prior = parts("priors")[name]()
    z = prior.sample(5, 7, torch.Generator().manual_seed(1))
    assert z.shape == (5, 7) and z.dtype == torch.float32
    assert torch.equal(z, prior.sample(5, 7, torch.Generator().manual_seed(1)))
    way = prior.path(z[0], z[1], 9)
    assert way.shape == (9, 7) and torch.equal(way[0], z[0]) and torch.equal(way[-1], z[1])


@pytest.mark.parametrize("name", list(parts("optimisers")))
def test_an_optimiser_trains_and_resumes(name: str, tmp_path: Path) -> None:
    assert_plays_and_resumes(tiny(generator_optimiser=name, discriminator_optimiser=name), tmp_path)


@pytest.mark.parametrize("name", list(parts("optimisers")))
def test_an_optimiser_has_a_learning_rate(name: str) -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    optimiser = parts("optimisers")[name]({"learning_rate": 0.125}).build([weight])
    assert optimiser.param_groups[0]["lr"] == 0.125
    (weight**2).sum().backward()
    optimiser.step()
    assert (weight < 1).all()


# architectures and objectives


@pytest.mark.parametrize("config", suitable() + suitable(dataset=POINTS), ids=named)
def test_every_pair_plays_and_resumes_bit_for_bit(config: RunConfig, tmp_path: Path) -> None:
    assert_plays_and_resumes(config, tmp_path)


def test_points_in_a_plane_are_refused_by_convolutions() -> None:
    assert "mlp" in {config.architecture.name for config in suitable(dataset=POINTS)}
    assert "points" in tiny("dcgan", dataset=POINTS).problems()["architecture"]


def test_every_architecture_and_every_objective_is_in_some_pair() -> None:
    pairs = suitable()
    assert {config.architecture.name for config in pairs} == set(parts("architectures"))
    assert {config.objective.name for config in pairs} == set(parts("objectives"))


@pytest.mark.parametrize("name", list(parts("architectures")))
def test_a_forward_of_both_networks(name: str) -> None:
    config = next(config for config in suitable() if config.architecture.name == name)
    game = begin(config)
    z = config.part("prior").sample(4, config.latent_dim, torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3]) if game.conditional else None
    assert game.generator.latent_dim == config.latent_dim
    images = game.generator(z, labels)
    assert images.shape == (4, *config.part("dataset").shape)
    assert images.dtype == torch.float32 and images.abs().max() <= 1
    judged = game.discriminator(images, labels)
    assert judged.logits.shape == (4,)
    assert judged.class_logits is None or judged.class_logits.shape == (4, 10)
    convolutions = [module for module in game.discriminator.modules() if isinstance(module, torch.nn.Conv2d)]
    assert bool(game.discriminator.cam_layers) == bool(convolutions)


@pytest.mark.parametrize("name", list(parts("architectures")))
def test_labels_have_an_effect_where_the_architecture_is_conditional_and_none_elsewhere(name: str) -> None:
    config = next(config for config in suitable() if config.architecture.name == name)
    networks = begin(config).sampler()
    generator, discriminator = networks.generator.eval(), networks.discriminator.eval()
    z = networks.latents(0).expand(2, -1)
    zero, one = torch.tensor([0, 0]), torch.tensor([0, 1])
    made = generator(z, one)
    assert torch.equal(generator(z, zero)[0], made[0])
    differs = not torch.equal(generator(z, zero)[1], made[1])
    assert differs == networks.conditional
    if networks.conditional:
        # D is told the class, or must name it itself
        told = not torch.equal(discriminator(made, zero).logits, discriminator(made, one).logits)
        assert told or discriminator(made, one).class_logits is not None
    else:
        assert torch.equal(discriminator(made, zero).logits, discriminator(made, None).logits)
        assert torch.equal(generator(z, None), made)


@pytest.mark.parametrize("name", list(parts("objectives")))
def test_an_objective_explains_itself(name: str) -> None:
    objective = parts("objectives")[name]()
    assert len(objective.means) > 80 and len(objective.means_not) > 80
    assert objective.means.endswith(".") and objective.means_not.endswith(".")
    scores = objective.score(torch.linspace(-20, 20, 101))
    assert (scores.diff() >= 0).all() and scores[0] < scores[-1], "a higher logit must mean more real"
    if objective.score_range is not None:
        low, high = objective.score_range
        assert low <= scores.min() and scores.max() <= high
    if objective.equilibrium is not None:
        assert objective.score(torch.zeros(1)).item() == pytest.approx(objective.equilibrium), "a positive logit must mean real"


# tricks


def with_trick(name: str, **more) -> RunConfig:
    """The first pair that the trick suits."""
    return suitable(tricks=({"name": name},), **more)[0]


@pytest.mark.parametrize("name", list(parts("tricks")))
def test_every_trick_plays_and_resumes_bit_for_bit(name: str, tmp_path: Path) -> None:
    config = with_trick(name)
    assert_plays_and_resumes(config, tmp_path)


def test_tricks_play_and_resume_together(tmp_path: Path) -> None:
    config = tiny("auxiliary_classifier")
    for name in parts("tricks"):
        more = config.model_copy(update={"tricks": (*config.tricks, Choice(name=name))})
        config = config if more.problems() else more
    assert len(config.tricks) >= 5
    assert_plays_and_resumes(config, tmp_path)


@pytest.mark.parametrize("name", list(parts("tricks")))
def test_a_trick_changes_the_game(name: str) -> None:
    fast = {"name": "adam", "options": {"learning_rate": 0.005}}  # so that one player soon wins
    config = with_trick(name, discriminator_optimiser=fast)
    games = [begin(config), begin(config.model_copy(update={"tricks": ()}))]
    for _ in range(40):
        for game in games:
            play(game, watched=False)
        with_it, without = (game.sampler().generator for game in games)
        if not same(with_it.state_dict(), without.state_dict()):
            return
    pytest.fail("after 40 steps the samples come from the same weights with the trick and without")


def test_a_run_cannot_name_a_part_that_does_not_suit() -> None:
    config = tiny("dcgan", tricks=({"name": "classifier_guidance"},))
    assert "tricks.classifier_guidance" in config.problems()
    with pytest.raises(ConfigError, match="conditional"):
        assemble(config, config.part("dataset").train())


def test_a_part_takes_options_or_a_mapping() -> None:
    adam = parts("optimisers")["adam"]
    assert adam({"beta1": 0.25}).options == adam(adam.Options(beta1=0.25)).options
