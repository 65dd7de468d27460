"""The feature network: the embedded weights, the four blocks, ImageNet weights found, refused and fetched, and the judge."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import ResNet18_Weights, resnet18

from gandash import datasets, runs
from gandash.analyses.inception_score import InceptionScore
from gandash.assembly import assemble
from gandash.config import Choice, RunConfig
from gandash.features import resnet18 as features
from gandash.features.batches import Sampler
from gandash.features.export import export
from gandash.features.judge import inception_score, judge, judge_run, nearest_distances
from gandash.features.network import imagenet_module
from gandash.features.training import Recipe, Trainer
from gandash.runs.recorder import Recorder
from gandash.training.loop import take_snapshot
from gandash.training.state import state_tensors

WIDTHS = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}


def pictures(count: int, channels: int = 3, size: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, channels, size, size), dtype=np.uint8)


@pytest.fixture
def imagenet_like(tmp_path, monkeypatch) -> Path:
    """A file of random weights for torchvision's ResNet-18, where GANDASH_RESNET18 points."""
    torch.manual_seed(0)
    path = tmp_path / "weights.pth"
    torch.save(resnet18().state_dict(), path)
    monkeypatch.setenv("GANDASH_RESNET18", str(path))
    return path


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serves 300 kB where the ImageNet weights are fetched from; gives them and the URL's setter."""
    content = np.random.default_rng(0).bytes(300_000)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("GANDASH_RESNET18", raising=False)

    def name(file: str) -> None:
        monkeypatch.setattr(features, "IMAGENET_URL", f"http://127.0.0.1:{server.server_port}/{file}")

    yield content, name
    server.shutdown()
    server.server_close()


# The embedded weights


def test_embedded_weights_are_small_and_say_what_was_measured():
    facts = json.loads(features.EMBEDDED_FACTS.read_text())
    assert features.EMBEDDED_WEIGHTS.stat().st_size <= 25e6
    assert facts["test_images"] == {"mnist": 10_000, "fashion_mnist": 10_000, "cifar10": 10_000}
    assert features.sources()["embedded"].accuracies == facts["test_accuracies"]
    assert facts["images_seen"] >= Recipe.model_validate_json(json.dumps(facts["recipe"])).images
    least = {"mnist": 0.994, "fashion_mnist": 0.92, "cifar10": 0.85}
    assert all(facts["test_accuracies"][name] >= share for name, share in least.items())


@pytest.mark.parametrize(("name", "images"), [("mnist_subset", 1000), ("fashion_mnist_subset", 2000)])
def test_embedded_weights_are_as_accurate_as_they_say(name, images):
    test = datasets.parts[name]().test()
    head = features.head_for(name)
    seen = features.load().probabilities(test.images[:images], head)
    said = features.sources()["embedded"].accuracies[head]
    assert (seen.argmax(1) == test.labels[:images]).mean() > said - 0.02
    np.testing.assert_allclose(seen.sum(1), 1.0, atol=1e-5)


@pytest.mark.parametrize("size", [28, 32])
def test_digits_in_another_hand_are_read_as_mnist_s_are(size):
    """They have MNIST's margin; without it the network reads 61 % of them."""
    test = datasets.parts["digits"]({"size": size}).test()
    assert (features.load().probabilities(test.images, "mnist").argmax(1) == test.labels).mean() > 0.9


def test_heads_belong_to_the_data_sets_whose_classes_they_name():
    assert {features.head_for(name) for name in ("mnist", "mnist_subset", "digits")} == {"mnist"}
    assert {features.head_for(name) for name in ("fashion_mnist", "fashion_mnist_subset")} == {"fashion_mnist"}
    assert features.head_for("cifar10") == "cifar10"
    assert features.head_for("image_folder") is None
    assert features.head_for("no such data set") is None


def test_a_choice_of_classes_is_read_in_its_own_numbers():
    chosen = datasets.parts["mnist_subset"]({"classes": ["3", "8"]})
    reader, test = features.reader_for(chosen), chosen.test()
    assert reader == features.Reader("mnist", (3, 8)) and set(test.labels.tolist()) == {0, 1}
    network = features.load()
    said = network.classify(network.penultimate(test.images), reader.head, reader.columns)
    assert said.shape == (len(test), 2) and (said.argmax(1) == test.labels).mean() > 0.98
    np.testing.assert_allclose(said.sum(1), 1.0, atol=1e-5)
    assert features.reader_for(datasets.parts["ring"]()) is None


def test_only_known_heads_of_the_embedded_weights_name_classes(imagenet_like):
    with pytest.raises(ValueError, match="only the embedded weights have heads"):
        features.load("imagenet").probabilities(pictures(1), "mnist")
    with pytest.raises(ValueError, match="mnist, fashion_mnist, cifar10"):
        features.load().probabilities(pictures(1), "letters")


# The four blocks


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 64), (3, 32), (1, 8)])
def test_blocks_give_pooled_values_for_any_images(channels, size):
    found = features.load().blocks(pictures(3, channels, size))
    assert {block: values.shape for block, values in found.items()} == {block: (3, width) for block, width in WIDTHS.items()}
    assert all(values.dtype == np.float32 and np.isfinite(values).all() for values in found.values())


def test_an_image_gives_the_same_numbers_whatever_its_batch():
    network, images = features.load(), pictures(37)
    whole, parts, alone = network.blocks(images), network.blocks(images, batch_size=5), network.blocks(images[20:21])
    for block in features.BLOCKS:
        np.testing.assert_allclose(whole[block], parts[block], atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(whole[block][20:21], alone[block], atol=1e-5, rtol=1e-5)


def test_one_pass_gives_what_hooks_on_torchvisions_network_see(imagenet_like):
    reference = resnet18().eval()
    reference.load_state_dict(torch.load(imagenet_like, weights_only=True))
    seen = {}
    for block in features.BLOCKS:
        getattr(reference, block).register_forward_hook(lambda _, __, out, block=block: seen.update({block: out.mean((2, 3)).numpy()}))
    images = pictures(4, size=64)
    standard = ResNet18_Weights.IMAGENET1K_V1.transforms()
    pixels = torch.from_numpy(images).float() / 255
    with torch.no_grad():
        reference((pixels - torch.tensor(standard.mean)[:, None, None]) / torch.tensor(standard.std)[:, None, None])
    network = features.load("imagenet", input_size=64)
    passes = []
    network.module.conv1.register_forward_hook(lambda *_: passes.append(1))
    found = network.blocks(images)
    assert len(passes) == 1
    for block in features.BLOCKS:
        np.testing.assert_allclose(found[block], seen[block], atol=1e-4, rtol=1e-4)


def test_embedding_tells_how_far_it_is_and_refuses_what_is_no_image():
    told = []
    features.load().blocks(pictures(10), batch_size=4, progress=lambda fraction, _: told.append(fraction))
    assert told == [0.4, 0.8, 1.0]
    for wrong in (pictures(2).astype(np.float32), pictures(2)[0], pictures(2, channels=2), pictures(0)):
        with pytest.raises(ValueError, match="uint8"):
            features.load().blocks(wrong)


def test_threads_share_one_loaded_network(imagenet_like):
    found = []
    threads = [threading.Thread(target=lambda: found.append(features.load("imagenet", input_size=48))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(map(id, found))) == 1
    assert found[0].module is features.load("imagenet").module
    assert not any(parameter.requires_grad for parameter in found[0].module.parameters()) and not found[0].module.training


# Where the ImageNet weights are


def test_listing_the_weights_needs_no_torch():
    code = "import sys; from gandash.features.resnet18 import sources; print(list(sources()), 'torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert told.stdout.split("\n")[0] == "['embedded', 'imagenet'] False"


def test_the_cache_is_torch_hubs(monkeypatch, tmp_path):
    assert ResNet18_Weights.IMAGENET1K_V1.url == features.IMAGENET_URL
    for variable in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv("TORCH_HOME", raising=False)
        monkeypatch.setenv(variable, str(tmp_path))
        assert features._hub_path().parents[1] == Path(torch.hub.get_dir())


def test_absent_weights_are_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("GANDASH_RESNET18", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert not features.sources()["imagenet"].available
    with pytest.raises(features.WeightsUnavailable, match="let GANDASH_RESNET18 point to it"):
        features.load("imagenet")
    monkeypatch.setenv("GANDASH_RESNET18", str(tmp_path / "absent.pth"))
    with pytest.raises(features.WeightsUnavailable, match=r"absent\.pth, where there is no file"):
        features.load("imagenet")


def test_weights_may_be_safetensors_and_may_lack_counters(tmp_path, monkeypatch):
    torch.manual_seed(1)
    tensors = {name: value for name, value in resnet18().state_dict().items() if not name.endswith("num_batches_tracked")}
    save_file(tensors, tmp_path / "weights.safetensors")
    monkeypatch.setenv("GANDASH_RESNET18", str(tmp_path / "weights.safetensors"))
    assert torch.equal(features.load("imagenet").module.conv1.weight, tensors["conv1.weight"])


def test_weights_that_do_not_fit_are_refused_in_one_sentence(tmp_path):
    tensors = resnet18().state_dict()
    wrong = {
        "a name too many": {**tensors, "layer5.weight": torch.zeros(3)},
        "a name too few": {name: value for name, value in tensors.items() if name != "layer2.0.conv1.weight"},
        "another shape": {**tensors, "fc.weight": torch.zeros(10, 512)},
        "no tensors": {"model": tensors},
        "no names": [1, 2],
    }
    for content in wrong.values():
        torch.save(content, tmp_path / "weights.pth")
        with pytest.raises(features.WeightsUnavailable, match=r"weights\.pth (does not hold|holds no)"):
            imagenet_module(tmp_path / "weights.pth")
    for name in ("noise.pth", "noise.safetensors"):
        (tmp_path / name).write_bytes(b"not weights at all")
        with pytest.raises(features.WeightsUnavailable, match="cannot be read"):
            imagenet_module(tmp_path / name)


def test_a_pickle_with_code_is_refused(tmp_path):
    torch.save({"conv1.weight": Path("anything")}, tmp_path / "weights.pth")
    with pytest.raises(features.WeightsUnavailable, match="cannot be read"):
        imagenet_module(tmp_path / "weights.pth")


def test_download_reports_and_checks_the_hash(served):
    content, name = served
    name(f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth")
    told = []
    path = features.download(lambda fraction, _: told.append(fraction))
    assert path.read_bytes() == content and features.sources()["imagenet"].where == str(path)
    assert told[-1] == 1.0 and told == sorted(told) and len(told) > 1


def test_download_refuses_another_file_and_leaves_nothing(served):
    served[1]("resnet18-00000000.pth")
    with pytest.raises(features.WeightsUnavailable, match="not the file that was asked for"):
        features.download()
    assert not list(features._hub_path().parent.iterdir())


def test_download_can_be_stopped_and_a_dead_server_is_told(served, monkeypatch):
    content, name = served
    name(f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth")

    class Stopped(RuntimeError):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        features.download(stop)
    assert not list(features._hub_path().parent.iterdir())
    monkeypatch.setattr(features, "IMAGENET_URL", "http://127.0.0.1:9/resnet18-f37072fd.pth")
    with pytest.raises(features.WeightsUnavailable, match="could not be fetched"):
        features.download()


# How the embedded weights are made


def tiny_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    labels = np.arange(40, dtype=np.int64) % 10
    shapes = {"mnist": (1, 28), "fashion_mnist": (1, 28), "cifar10": (3, 32)}
    return {name: (pictures(40, channels, size), labels) for name, (channels, size) in shapes.items()}


def test_training_resumes_bit_for_bit_and_ships_what_it_measured(tmp_path):
    recipe = Recipe(images=64, batch={"mnist": 2, "fashion_mnist": 4, "cifar10": 10}, warm_up=16, average_every=1)
    whole = Trainer(recipe, tiny_data(), tmp_path / "whole")
    for _ in range(2):
        whole.step()
    whole.save()
    resumed = Trainer(recipe, tiny_data(), tmp_path / "whole")
    resumed.restore()
    assert resumed.seen == 32 and whole.step() == resumed.step()
    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, resumed.average.state_dict()[name]), name

    shorter = Trainer(recipe.model_copy(update={"images": 48}), tiny_data(), tmp_path / "whole")
    shorter.restore()
    assert resumed.changes == [] and shorter.changes == [{"seen": 32, "images": (64, 48)}]

    told = export(whole.average.module, tmp_path / "weights.safetensors", tiny_data(), {"recipe": recipe.model_dump(mode="json")})
    assert json.loads((tmp_path / "weights.json").read_text()) == told
    assert set(told["test_accuracies"]) == {"mnist", "fashion_mnist", "cifar10"} and told["versions"]["torch"]


def test_the_learning_rate_ends_at_zero_and_the_images_at_full_size():
    recipe = Recipe(images=1000, warm_up=100)
    rates = [recipe.learning_rate_at(seen) for seen in range(0, 1001, 50)]
    assert max(rates) == recipe.learning_rate and rates[-1] == 0.0 and rates[0] < 0.01
    assert [recipe.size_at(seen) for seen in (0, 299, 300, 500, 999)] == [24, 24, 28, 32, 32]


def test_every_image_comes_once_an_epoch_and_digits_are_never_mirrored():
    images = np.zeros((40, 1, 28, 28), dtype=np.uint8)
    images[:, :, :, :14] = 255
    sampler = Sampler("mnist", images, np.arange(40), seed=0)
    batches = [sampler.batch(position, 8) for position in range(0, 40, 8)]
    assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == list(range(40))
    assert all((batch[:, :, 8:24, 6:10] == 1).all() and (batch[:, :, 8:24, 22:26] == -1).all() for batch, _ in batches)
    assert not torch.equal(sampler.batch(0, 8)[1], sampler.batch(40, 8)[1])


# The judge


def test_the_inception_score_runs_from_one_to_the_number_of_classes():
    assert inception_score(np.eye(10)[np.arange(50) % 10]) == pytest.approx(10.0)
    assert inception_score(np.full((7, 10), 0.1)) == pytest.approx(1.0)
    assert inception_score(np.eye(10)[[3] * 9]) == pytest.approx(1.0)
    p = np.array([[0.7, 0.3], [0.2, 0.8]])
    by_hand = np.mean([sum(q * np.log(q / m) for q, m in zip(row, p.mean(0), strict=True)) for row in p])
    assert inception_score(p) == pytest.approx(np.exp(by_hand))
    with pytest.raises(ValueError, match="summing to one"):
        inception_score(np.ones((2, 10)))


def test_nearest_distances_are_exact():
    rng = np.random.default_rng(0)
    references = (1000 + rng.random((9000, 12))).astype(np.float32)  # far from zero, where squares lose their digits
    queries = np.concatenate([references[[5, 8999]], 1000 + rng.random((40, 12))]).astype(np.float32)
    brute = np.sqrt(((queries[:, None].astype(np.float64) - references[None]) ** 2).sum(2)).min(1)
    found = nearest_distances(queries, references)
    assert not found[:2].any()
    np.testing.assert_allclose(found, brute, rtol=1e-3)


def test_the_judge_tells_copies_and_a_collapse_from_real_images():
    fashion = datasets.parts["fashion_mnist_subset"]()
    train, test = fashion.train().images[:800], fashion.test().images[:800]
    network = features.load()
    honest = judge(test[:300], test[300:], train, "fashion_mnist", network)
    assert 0.4 < honest.features.share_closer < 0.6 and honest.ratio == pytest.approx(1.0, abs=0.1)
    copies = judge(train[:200], test[:300], train, "fashion_mnist", network)
    assert copies.pixels.generated == 0.0 and copies.features.share_closer > 0.95
    assert any("closer to the training images" in problem for problem in copies.problems(least_ratio=0.8))
    collapsed = judge(np.repeat(test[:1], 50, axis=0), test[:300], train, "fashion_mnist", network)
    assert collapsed.inception_score == pytest.approx(1.0, abs=1e-4) and len(collapsed.problems(0.8)) >= 10
    assert json.loads(json.dumps(collapsed.as_dict()))["ratio"] == collapsed.ratio


def test_an_untrained_run_is_judged_badly_and_the_analysis_agrees(tmp_path, monkeypatch):
    monkeypatch.setenv("GANDASH_RUNS", str(tmp_path))
    digits = Choice(name="mnist_subset", options={"count": 500})
    run = runs.create(RunConfig(dataset=digits, architecture=Choice(name="dcgan", options={"width": 8}), epochs=1))
    take_snapshot(assemble(run.config, run.config.part("dataset").train()), Recorder(run, state_tensors))
    judgement = judge_run(run, run.snapshot(), count=200)
    assert judgement.ratio < 0.5 and judgement.problems(least_ratio=0.9)
    analysis = InceptionScore({"count": 200})
    score = analysis.run(run, run.snapshot())
    even, doubt = score.detail["generated"]  # of the same samples, though framed to 32 pixels where the judge stretches 28
    assert even / doubt == pytest.approx(judgement.inception_score, rel=0.3) and score.numbers[0].value < 4 < score.numbers[0].real
    assert [next(iter(bars.y)) for bars in analysis.figure(score).data] == ["Evenness of the classes"] * 2

    points = runs.create(RunConfig(dataset="ring", architecture="mlp", epochs=1))
    take_snapshot(assemble(points.config, points.config.part("dataset").train()), Recorder(points, state_tensors))
    with pytest.raises(ValueError, match="draws points in a plane"):
        analysis.run(points, points.snapshot())
