"""What retraining is made of: the small classifier, its images, their labels and filter, augmentation; which runs do not suit."""

import numpy as np
import pytest
import torch

from gandash import registry
from gandash.analyses._augmentation import Augmentation, mirror_keeps_the_class
from gandash.analyses._retraining_images import Labelled, Labeller, generated, labeller_for, real_images
from gandash.analyses._small_classifier import Recipe, accuracy, at_size, train
from gandash.analyses.retraining import Retraining
from gandash.assembly import networks
from gandash.config import RunConfig
from gandash.randomness import generator

pytestmark = pytest.mark.usefixtures("one_thread")


def config(dataset="mnist_subset", architecture="dcgan", **options) -> RunConfig:
    return RunConfig.model_validate({
        "dataset": {"name": dataset, "options": options},
        "architecture": {"name": architecture, "options": {} if dataset == "ring" else {"width": 4}},
        "latent_dim": 8,
    })  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    return real_images(config(size=28), 1000)


class TestTheClassifier:
    def test_a_thousand_real_digits_teach_it_to_read(self, digits):
        found = {}
        for count in (50, 1000):
            images = digits.drawn(count, 0)
            model = train([(images.images, images.labels)], 10, Recipe(steps=150), seed=0)
            found[count] = accuracy(model, digits.test.images, digits.test.labels)
        assert 0.35 < found[50] < found[1000] - 0.1 and 0.85 < found[1000] < 0.99

    def test_the_same_seed_gives_the_same_network_and_another_one_another(self, digits):
        images = digits.drawn(40, 3)
        stages = [(images.images, images.labels)] * 2
        states = [
            train(stages, 10, Recipe(steps=6, batch_size=8), seed, augment).state_dict()
            for seed, augment in ((5, Augmentation()), (5, Augmentation()), (6, Augmentation()), (5, None))
        ]
        same = [all(torch.equal(value, other[name]) for name, value in states[0].items()) for other in states]
        assert same == [True, True, False, False]

    def test_an_order_shows_each_image_once_an_epoch(self):
        from gandash.analyses._small_classifier import _order

        order = _order(10, 4, 5, seed=0, stage=0)
        assert order.shape == (4, 5) and sorted(order[:2].flatten()) == list(range(10)) == sorted(order[2:].flatten())

    def test_few_real_images_are_a_part_of_more_and_as_many_of_each_class(self, digits):
        few, more = digits.drawn(50, 7), digits.drawn(200, 7)
        assert np.bincount(few.labels).tolist() == [5] * 10 and np.bincount(more.labels).tolist() == [20] * 10
        assert np.array_equal(few.images, more.images[:50])
        assert not np.array_equal(few.images, digits.drawn(50, 8).images)

    def test_other_sizes_are_brought_to_32(self):
        assert at_size(np.zeros((2, 3, 64, 64), np.uint8)).shape == (2, 3, 32, 32)
        assert at_size(np.zeros((2, 1, 28, 28), np.uint8)).shape == (2, 1, 28, 28)


class TestAugmentation:
    def test_a_shift_moves_and_a_flip_mirrors(self):
        images = torch.full((64, 1, 9, 9), -1.0)
        images[:, :, 4, 2] = 1.0
        moved = Augmentation(rotation=0, shift=0.2)(images, generator(0, "test"))
        places = {tuple(place) for place in torch.stack(torch.where(moved[:, 0] > 0.9)[1:], 1).tolist()}
        assert places <= {(row, column) for row in range(2, 7) for column in range(5)} and len(places) > 5
        flipped = Augmentation(rotation=0, shift=0, flips=True)(images, generator(0, "test"))
        assert {int(column) for column in torch.where(flipped > 0.9)[3]} == {2, 6}

    def test_flips_are_for_clothes_and_not_for_digits(self):
        digits, clothes = (registry.parts("datasets")[name]().class_names for name in ("mnist_subset", "fashion_mnist_subset"))
        assert not mirror_keeps_the_class(digits) and mirror_keeps_the_class(clothes)
        assert not Retraining().augmentation(digits).flips and Retraining().augmentation(clothes).flips
        assert Retraining({"flips": "always"}).augmentation(digits).flips


class TestLabels:
    def test_filtering_keeps_exactly_those_that_are_sure_enough(self):
        confidence = np.array([0.2, 0.9, 0.8999, 1.0, 0.95], np.float32)
        made = Labelled(np.arange(5, dtype=np.uint8)[:, None, None, None], np.arange(5), confidence)
        assert made.confident(0.9).labels.tolist() == [1, 3, 4] and made.confident(0.9).images.ravel().tolist() == [1, 3, 4]
        assert len(made.confident(0.0)) == 5

    def test_a_conditional_generator_labels_its_own_samples(self):
        game = networks(config(architecture="conditional_dcgan", size=28))
        made = generated(game, 30, 4, labeller_for(real_images(game.config, 50).dataset))
        assert made.labels.tolist() == game.labels(4, 30).tolist()
        assert made.confidence.shape == (30,) and made.confidence.max() <= 1  # of an untrained generator: in the class that was asked for
        assert generated(game, 30, 4, None).confidence is None

    def test_samples_of_others_get_the_class_that_the_embedded_classifier_sees(self):
        game = networks(config(size=28))
        labeller = labeller_for(real_images(game.config, 50).dataset)
        made = generated(game, 20, 4, labeller)
        likely = labeller.network.probabilities(made.images, "mnist")
        assert np.array_equal(made.labels, likely.argmax(1)) and np.allclose(made.confidence, likely.max(1), atol=1e-5)

    def test_a_run_on_some_classes_is_judged_among_these(self):
        labeller = labeller_for(real_images(config(size=28, classes=("3", "7")), 60).dataset)
        assert isinstance(labeller, Labeller) and labeller.columns == (3, 7)
        real = real_images(config(size=28, classes=("3", "7")), 60)
        likely = labeller.probabilities(real.test.images)
        assert likely.shape == (60, 2) and np.allclose(likely.sum(1), 1) and (likely.argmax(1) == real.test.labels).mean() > 0.9


class TestWhatDoesNotSuit:
    @pytest.mark.parametrize(
        ("made", "told"),
        [
            (("ring", "mlp"), "points in a plane"),
            (("image_folder", "dcgan"), "no classes"),
            (("unknown", "dcgan"), "no classes"),
        ],
    )
    def test_is_said_in_a_sentence(self, made, told):
        assert told in Retraining().suits(config(*made))

    def test_what_nobody_can_label_is_refused_and_what_labels_itself_is_not(self):
        unknown = {"classes": 5, "size": 32, "channels": 1}
        assert "Nobody can label" in Retraining().suits(config("unknown", "dcgan", **unknown))
        assert Retraining().suits(config("unknown", "conditional_dcgan", **unknown)) is None
        assert Retraining().suits(config("mnist", "dcgan")) is None
