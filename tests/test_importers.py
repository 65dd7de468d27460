"""Checkpoints from elsewhere: the original networks, saved as their projects save them, give the same numbers once imported."""

from __future__ import annotations

import json
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from starlette.requests import Request
from torch import nn

from gandash import importers, runs
from gandash.__main__ import main
from gandash.analyses import parts as analyses
from gandash.api_latent import routes
from gandash.assembly import NoDiscriminator
from gandash.config import ConfigError
from gandash.datasets import DatasetUnavailable
from gandash.importers import CannotImport
from gandash.pixels import to_network
from gandash.summary import real_images

PROJECT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def place(runs_folder):
    """Empty folders for runs and data, and one thread, which is fastest for small networks."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield runs_folder
    torch.set_num_threads(before)


# the originals, as their projects publish them


class Main(nn.Module):
    """How the PyTorch examples name a network: one Sequential called ``main``."""

    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def examples_dcgan(nz=100, ngf=64, ndf=64, nc=3):
    up = [(nz, 8, 1, 0), (8, 4, 2, 1), (4, 2, 2, 1), (2, 1, 2, 1)]
    widths = [(nz if not i else before * ngf, after * ngf) for i, (before, after, _, _) in enumerate(up)]
    g = []
    for (before, after), (_, _, stride, around) in zip(widths, up, strict=True):
        g += [nn.ConvTranspose2d(before, after, 4, stride, around, bias=False), nn.BatchNorm2d(after), nn.ReLU(True)]
    g += [nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh()]
    d = [nn.Conv2d(nc, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for factor in (1, 2, 4):
        before, after = factor * ndf, 2 * factor * ndf
        d += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, True)]
    d += [nn.Conv2d(8 * ndf, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
    return Main(*g), Main(*d)


def hidden_layers(before, widths, epsilon):
    layers = []
    for index, width in enumerate(widths):
        normalisation = [nn.BatchNorm1d(width, epsilon)] if index else []
        layers += [nn.Linear(before, width), *normalisation, nn.LeakyReLU(0.2, inplace=True)]
        before = width
    return layers


class Flat(nn.Module):
    """PyTorch-GAN's fully connected networks: ``model``, with an embedding of the class where there is one."""

    def __init__(self, layers, shape=None, embedding=None, classes=10):
        super().__init__()
        self.shape, self.embedding = shape, embedding
        if embedding:
            setattr(self, embedding, nn.Embedding(classes, classes))
        self.model = nn.Sequential(*layers)

    def forward(self, x, labels=None):
        x = x.flatten(1)
        if self.embedding:
            told = getattr(self, self.embedding)(labels)
            x = torch.cat((told, x) if self.embedding == "label_emb" else (x, told), dim=-1)
        made = self.model(x)
        return made.view(len(made), *self.shape) if self.shape else made


def gan(latent=100, shape=(1, 28, 28), epsilon=0.8, sigmoid=True, widths=(128, 256, 512, 1024)):
    pixels = int(np.prod(shape))
    g = Flat([*hidden_layers(latent, widths, epsilon), nn.Linear(widths[-1], pixels), nn.Tanh()], shape)
    d = [nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)]
    return g, Flat([*d, nn.Sigmoid()] if sigmoid else d)


def wgan(**more):
    g, d = gan(sigmoid=False, **more)
    d.clip = 0.01
    return g, d


def cgan(latent=100, shape=(1, 32, 32), classes=10):
    pixels = int(np.prod(shape))
    g = [*hidden_layers(latent + classes, (128, 256, 512, 1024), 0.8), nn.Linear(1024, pixels), nn.Tanh()]
    d = [nn.Linear(classes + pixels, 512), nn.LeakyReLU(0.2, inplace=True)]
    for _ in range(2):
        d += [nn.Linear(512, 512), nn.Dropout(0.4), nn.LeakyReLU(0.2, inplace=True)]
    return Flat(g, shape, "label_emb", classes), Flat([*d, nn.Linear(512, 1)], None, "label_embedding", classes)


class Upsampling(nn.Module):
    def __init__(self, latent, side, channels, name):
        super().__init__()
        self.side, self.name = side // 4, name
        self.l1 = nn.Sequential(nn.Linear(latent, 128 * self.side**2))
        layers = [nn.BatchNorm2d(128), nn.Upsample(scale_factor=2), nn.Conv2d(128, 128, 3, stride=1, padding=1)]
        layers += [nn.BatchNorm2d(128, 0.8), nn.LeakyReLU(0.2, inplace=True), nn.Upsample(scale_factor=2)]
        layers += [nn.Conv2d(128, 64, 3, stride=1, padding=1), nn.BatchNorm2d(64, 0.8), nn.LeakyReLU(0.2, inplace=True)]
        setattr(self, name, nn.Sequential(*layers, nn.Conv2d(64, channels, 3, stride=1, padding=1), nn.Tanh()))

    def forward(self, z):
        return getattr(self, self.name)(self.l1(z).view(len(z), 128, self.side, self.side))


class Strided(nn.Module):
    def __init__(self, side, channels, normalised):
        super().__init__()
        layers, before = [], channels
        for width, norm in zip((16, 32, 64, 128), normalised, strict=True):
            layers += [nn.Conv2d(before, width, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Dropout2d(0.25)]
            layers += [nn.BatchNorm2d(width, 0.8)] if norm else []
            before = width
        self.model = nn.Sequential(*layers)
        self.adv_layer = nn.Sequential(nn.Linear(128 * (side // 16) ** 2, 1), nn.Sigmoid())

    def forward(self, x):
        return self.adv_layer(self.model(x).flatten(1))


def gan_dcgan(latent=100, side=32, channels=1, name="conv_blocks", normalised=(False, True, True, True)):
    return Upsampling(latent, side, channels, name), Strided(side, channels, normalised)


# their weights


def trained(*networks, seed=0):
    """As after training, not as initialised: no weight, scale, shift or running statistic is what it was."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for network in networks:
            for name, value in network.state_dict().items():
                if value.ndim == 1 and value.is_floating_point():
                    noise = torch.rand(value.shape, generator=random)
                    value.copy_(0.5 + noise if "var" in name or value.mean() > 0.9 else noise - 0.5)
                elif value.ndim == 0:
                    value.fill_(40)
                if clip := getattr(network, "clip", None):
                    value.clamp_(-clip, clip)
            network.eval()
    return networks


def saved(folder, networks, names=("netG_epoch_4.pth", "netD_epoch_4.pth")):
    paths = []
    for network, name in zip(networks, names, strict=True):
        paths.append(folder / name)
        if name.endswith(".safetensors"):
            save_file(network.state_dict(), paths[-1])
        else:
            torch.save(network.state_dict(), paths[-1])
    return paths


def without_sigmoid(network):
    """The network as it is up to its logit, which a sigmoid cannot be asked for where it is saturated."""
    for module in network.modules():
        if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.Sigmoid):
            module[-1] = nn.Identity()
    return network


def assert_same(run, g, d, inputs=lambda z: z):
    """One z, and one image, give the same numbers in both."""
    networks = run.networks(run.snapshot())
    z = networks.latents(7, 5)
    labels = torch.tensor([0, 3, 3, 9, 1]) if networks.conditional else None
    told = (labels,) if networks.conditional else ()
    with torch.no_grad():
        expected = g(inputs(z), *told)
        torch.testing.assert_close(networks.generator(z, labels), expected, atol=1e-5, rtol=0)
        assert expected.std() > 0.01, "an image in which nothing is shows nothing"
        logits = without_sigmoid(d)(expected, *told).flatten()
        assert logits.std() > 0
        np.testing.assert_allclose(networks.logits(expected, labels), logits, atol=1e-5 * max(1.0, float(logits.abs().max())))


ORIGINALS = {
    "examples": (lambda: examples_dcgan(12, 8, 8, 3), "dcgan", (3, 64, 64), "non_saturating"),
    "examples-wider-d": (lambda: examples_dcgan(20, 4, 6, 1), "dcgan", (1, 64, 64), "non_saturating"),
    "gan": (lambda: gan(16), "pytorch_gan_mlp", (1, 28, 28), "non_saturating"),
    "gan-colour": (lambda: gan(16, (3, 32, 32)), "pytorch_gan_mlp", (3, 32, 32), "non_saturating"),
    "gan-widths": (lambda: gan(16, widths=(64, 96)), "pytorch_gan_mlp", (1, 28, 28), "non_saturating"),
    "wgan": (lambda: wgan(latent=16), "pytorch_gan_mlp", (1, 28, 28), "wasserstein"),
    "cgan": (lambda: cgan(16), "pytorch_gan_conditional_mlp", (1, 32, 32), "least_squares"),
    "dcgan": (lambda: gan_dcgan(16), "pytorch_gan_dcgan", (1, 32, 32), "non_saturating"),
    "dcgan-64": (lambda: gan_dcgan(16, 64, 3), "pytorch_gan_dcgan", (3, 64, 64), "non_saturating"),
    "dcgan-old": (
        lambda: gan_dcgan(16, name="conv_model", normalised=(False, True, True, False)),
        "pytorch_gan_dcgan",
        (1, 32, 32),
        "non_saturating",
    ),
}


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
@pytest.mark.parametrize("name", ORIGINALS)
def test_an_imported_pair_gives_what_the_original_gives(name, kind, tmp_path):
    make, architecture, shape, objective = ORIGINALS[name]
    g, d = trained(*make())
    found = importers.read(saved(tmp_path, (g, d), (f"g_4.{kind}", f"d_4.{kind}")))
    config = found.config
    assert (config.architecture.name, config.objective.name) == (architecture, objective)
    assert config.part("dataset").shape == shape
    run = found.create()
    assert run.networks(run.snapshot()).shape == shape
    assert_same(run, g, d, (lambda z: z[:, :, None, None]) if name.startswith("examples") else lambda z: z)


def test_the_epsilon_of_an_older_wgan_can_be_said(tmp_path):
    g, d = trained(*wgan(latent=16, epsilon=1e-5))
    found = importers.read(saved(tmp_path, (g, d)))
    options = {**found.config.architecture.options, "epsilon": 1e-5}
    assert_same(found.create(found.config.with_part("architecture", {"name": "pytorch_gan_mlp", "options": options})), g, d)


def test_what_data_parallel_wraps_and_what_one_file_holds_together(tmp_path):
    g, d = trained(*examples_dcgan(12, 4, 4, 3))
    wrapped = {f"module.{name}": value for name, value in d.state_dict().items()}
    torch.save(
        {"epoch": 3, "netG": g.state_dict(), "netD": wrapped, "optimizerD": {"state": {0: {"step": torch.tensor(1)}}}}, tmp_path / "all.pt"
    )
    assert_same(importers.read([tmp_path / "all.pt"]).create(), g, d, lambda z: z[:, :, None, None])


def test_the_count_of_batches_that_old_versions_did_not_write(tmp_path):
    g, d = trained(*gan(16))
    for network, name in ((g, "g.pth"), (d, "d.pth")):
        torch.save({key: value for key, value in network.state_dict().items() if "num_batches" not in key}, tmp_path / name)
    assert_same(importers.read([tmp_path / "g.pth", tmp_path / "d.pth"]).create(), g, d)


# as a run


def test_several_epochs_become_a_run_with_an_evolution(tmp_path):
    pairs = {epoch: trained(*examples_dcgan(12, 4, 4, 3), seed=epoch) for epoch in (0, 2, 10)}
    paths = [
        path for epoch, pair in pairs.items() for path in saved(tmp_path, pair, (f"netG_epoch_{epoch}.pth", f"netD_epoch_{epoch}.pth"))
    ]
    run = importers.read(reversed(paths)).create()
    assert [run.id] == [found.id for found in runs.all()]
    assert (run.status.phase, run.status.epoch, run.status.progress) == ("finished", 11.0, 1.0)
    assert [(s.label, s.has_weights, s.has_state) for s in run.snapshots] == [(f"epoch {n}", True, False) for n in (1, 3, 11)]
    sheets = {snapshot.sheet.read_bytes() for snapshot in run.snapshots}
    assert len(sheets) == 3
    for snapshot, (g, _) in zip(run.snapshots, pairs.values(), strict=True):
        networks = run.networks(snapshot)
        z, _ = networks.fixed_noise()
        with torch.no_grad():
            torch.testing.assert_close(networks.generator(z), g(z[:, :, None, None]), atol=1e-5, rtol=0)
    assert run.events()[0] == {"kind": "import", "importer": "pytorch_examples_dcgan", "files": [path.name for path in reversed(paths)]}
    assert run.metrics() == [] and runs.get(run.id).config.epochs == 11


def test_latent_space_and_grad_cam_work_on_it(tmp_path):
    pair = trained(*gan_dcgan(8))
    run = importers.read(saved(tmp_path, pair)).with_dataset("digits").create()
    snapshot = run.snapshot()
    assert run.judges(snapshot)
    walk = analyses["interpolation"]({"steps": 5}).run(run, snapshot)
    assert walk.images.shape == (5, 1, 32, 32) and np.isfinite(walk.scores).all()
    explained = analyses["grad_cam"]({"count": 3}).run(run, snapshot)
    assert list(explained.heat.maps) == ["conv 1, 16x16", "conv 2, 8x8", "conv 3, 4x4", "conv 4, 2x2"]
    logits = without_sigmoid(pair[1])(to_network(torch.from_numpy(explained.pictures.images))).detach().flatten()
    np.testing.assert_allclose(explained.heat.logits, logits, rtol=1e-4, atol=1e-6)
    real = analyses["grad_cam"]({"count": 2, "images": "real"}).run(run, snapshot)
    assert real.pictures.images.shape == (2, 1, 32, 32)


def test_a_generator_alone_is_judged_by_nobody(tmp_path):
    g, _ = trained(*gan_dcgan(8))
    (path,) = saved(tmp_path, (g,), ("generator.pth",))
    run = importers.read([path]).create()
    snapshot = run.snapshot()
    networks = run.networks(snapshot)
    assert networks.discriminator is None and not run.judges(snapshot)
    assert "No discriminator came along" in run.status.note
    walk = analyses["interpolation"]({"steps": 3}).run(run, snapshot)
    assert walk.scores is None and len(walk.images) == 3
    analyses["interpolation"]().figure(walk)
    for judged in (lambda: networks.scores(walk.images), lambda: analyses["grad_cam"]().run(run, snapshot)):
        with pytest.raises(NoDiscriminator, match="without its discriminator"):
            judged()


def test_the_latent_routes_answer_without_a_discriminator(tmp_path):
    run = importers.read(saved(tmp_path, trained(gan(8)[0]), ("generator.pth",))).create()
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"run_id": run.id}, "query_string": b"a=0&b=1&steps=4"}
    strip, film = (route.endpoint(Request(scope)) for route in routes() if route.path.endswith(("/path", "/path.gif")))
    assert strip.status_code == 200 and json.loads(strip.headers["x-walk"])["scores"] == [None] * 4
    assert film.body.startswith(b"GIF")


def test_some_epochs_may_lack_their_discriminator(tmp_path):
    first, second = (trained(*gan(8), seed=seed) for seed in (0, 1))
    paths = saved(tmp_path, first, ("g_0.pth", "d_0.pth")) + saved(tmp_path, second[:1], ("g_1.pth",))
    run = importers.read(paths).create()
    assert [run.judges(snapshot) for snapshot in run.snapshots] == [True, False]
    assert "for epoch 2" in run.status.note


# the data set


@pytest.mark.parametrize(
    ("make", "name", "options"),
    [
        (lambda: gan(8), "mnist", {"size": 28}),
        (lambda: gan_dcgan(8), "mnist", {"size": 32}),
        (lambda: examples_dcgan(8, 4, 4, 3), "unknown", {"channels": 3, "size": 64, "classes": 0}),
        (lambda: cgan(8, classes=26), "unknown", {"channels": 1, "size": 32, "classes": 26}),
    ],
    ids=["28", "32", "colour", "26 classes"],
)
def test_the_data_set_is_guessed_by_shape_or_left_open(make, name, options, tmp_path):
    found = importers.read(saved(tmp_path, trained(*make())))
    assert (found.config.dataset.name, found.config.dataset.options) == (name, options)
    assert ("is a guess" in found.note) == (name == "mnist")
    run = found.create()
    if name == "mnist":
        assert "subset" in real_images(run.config, 4)[1]
    else:
        with pytest.raises(DatasetUnavailable, match="import it again and name its data set"):
            real_images(run.config)


def test_a_named_data_set_comes_as_the_generator_makes_images(tmp_path):
    found = importers.read(saved(tmp_path, trained(*gan(8, (3, 32, 32)))))
    assert found.config.dataset.name == "unknown"
    named = found.with_dataset("cifar10")
    assert named.config.dataset.options == {"size": 32, "colour": True} and "guess" not in named.note
    with pytest.raises(CannotImport, match=r"points in a plane; the generator makes 32 by 32 pixels in colour"):
        found.with_dataset("ring")
    with pytest.raises(CannotImport, match="path"):
        found.with_dataset("image_folder")
    with pytest.raises(CannotImport, match=r"has 10 classes, and the generator knows 26"):
        importers.read(saved(tmp_path, trained(*cgan(8, classes=26)))).with_dataset("fashion_mnist")


# what is refused


def assert_refused(files, words):
    with pytest.raises(CannotImport, match=words):
        importers.read(files).create()
    assert runs.all() == [] and not list(runs.root().glob("*"))


class Hostile:
    """Unpickled carelessly, it leaves a file behind."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value, 2))], ids=["torch.save", "pickle"])
def test_a_file_that_would_run_code_is_refused_and_runs_none(save, tmp_path):
    mark, path = tmp_path / "ran", tmp_path / "netG_epoch_0.pth"
    save({"main.0.weight": Hostile(mark)}, path)
    pickle.loads(pickle.dumps(Hostile(mark)))  # noqa: S301  it does what it says where nobody looks
    assert mark.exists()
    mark.unlink()
    assert_refused([path], r"netG_epoch_0\.pth was refused.*would call (posix|nt)\.system")
    assert_refused([(path.name, path.read_bytes())], "was refused")
    assert not mark.exists()


def test_a_pickled_network_is_refused_with_what_to_do(tmp_path):
    torch.save(gan(8)[0], tmp_path / "whole.pth")
    assert_refused([tmp_path / "whole.pth"], r"whole\.pth was refused.*torch\.save\(netG\.state_dict\(\)")


@pytest.mark.parametrize("name", ["netG.pth", "netG.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 half a zip"], ids=["empty", "text", "zip"])
def test_what_is_no_checkpoint_is_refused(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert_refused([tmp_path / name], name.replace(".", r"\."))
    assert_refused([tmp_path / "absent.pth"], "There is no file")


def test_weights_that_do_not_fit_are_named_and_nothing_is_written(tmp_path):
    g, d = trained(*examples_dcgan(12, 4, 4, 3))
    weights = g.state_dict()
    weights["main.14.scale"] = torch.ones(1)
    weights["main.3.weight"] = torch.zeros(32, 16, 5, 5)
    del weights["main.7.bias"]
    torch.save(weights, tmp_path / "g.pth")
    shapes = r"main\.3\.weight \(32, 16, 5, 5\) in place of \(32, 16, 4, 4\)"
    assert_refused([tmp_path / "g.pth"], rf"missing: main\.7\.bias; not known: main\.14\.scale; of another shape: {shapes}")
    spoilt = d.state_dict()
    spoilt["main.2.weight"][0, 0, 0, 0] = float("nan")
    torch.save(spoilt, tmp_path / "d.pth")
    torch.save(g.state_dict(), tmp_path / "good.pth")
    assert_refused([tmp_path / "good.pth", tmp_path / "d.pth"], r"not finite numbers in main\.2\.weight")


def test_networks_that_do_not_belong_together_are_refused(tmp_path):
    dcgan, mlp = trained(*examples_dcgan(12, 4, 4, 3)), trained(*gan(8))
    other = trained(*examples_dcgan(12, 8, 8, 3))
    paths = saved(tmp_path, (*dcgan, *mlp, *other), ("g_0.pth", "d_0.pth", "mlp_g.pth", "mlp_d.pth", "g_1.pth", "d_1.pth"))
    assert_refused([paths[0], paths[3]], "do not belong together")
    assert_refused([paths[1]], "No generator")
    assert_refused([paths[0], paths[4]], "sizes differ")
    assert_refused([], "No generator")
    grey = saved(tmp_path, trained(*examples_dcgan(12, 4, 4, 1)), ("grey_g.pth", "grey_d.pth"))
    assert_refused([paths[0], grey[1]], r"main\.0\.weight \(4, 1, 4, 4\) in place of \(4, 3, 4, 4\)")


def test_epochs_that_cannot_be_told_apart_or_paired_are_refused(tmp_path):
    pairs = [trained(*gan(8), seed=seed) for seed in (0, 1)]
    paths = saved(tmp_path, pairs[0], ("g_1.pth", "d_1.pth")) + saved(tmp_path, pairs[1], ("other_g_1.pth", "d_2.pth"))
    assert_refused([paths[0], paths[2]], "of the same epoch")
    assert_refused([paths[0], paths[1], paths[3]], r"No generator of the same epoch is beside d_2\.pth")


def test_other_networks_are_refused_with_what_is_known(tmp_path):
    torch.save(nn.Sequential(nn.Linear(3, 4)).state_dict(), tmp_path / "net.pth")
    assert_refused([tmp_path / "net.pth"], r"DCGAN of the PyTorch examples.*called 0\.weight, 0\.bias")
    torch.save({"epoch": 3}, tmp_path / "number.pth")
    assert_refused([tmp_path / "number.pth"], "holds no weights")


def test_a_config_that_does_not_fit_writes_nothing(tmp_path):
    found = importers.read(saved(tmp_path, trained(*examples_dcgan(12, 4, 4, 3))))
    with pytest.raises(CannotImport, match="do not fit"):
        found.create(found.config.with_part("architecture", {"name": "dcgan", "options": {"width": 16}}))
    with pytest.raises(ConfigError):
        found.create(found.config.with_part("dataset", "ring"))
    assert runs.all() == []


def test_the_command_line(tmp_path, monkeypatch, capsys):
    paths = saved(tmp_path, trained(*gan(8)))

    def asked(*arguments):
        monkeypatch.setattr(sys, "argv", ["gandash", "import", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    assert asked(*paths, "--dataset", "digits", "--set", "title=Mine", "--set", "dataset.count=500") == 0
    (run,) = runs.all()
    said = capsys.readouterr().out
    assert said.startswith(run.id) and "GAN and WGAN of PyTorch-GAN" in said and "guess" not in said
    assert (run.title, run.config.dataset.name) == ("Mine", "digits")
    assert run.config.dataset.options == {"size": 28, "colour": False, "count": 500}
    assert asked(paths[1]) == "No generator is among the files; a discriminator alone makes no run."
    assert "Did you mean 'digits'?" in asked(*paths, "--dataset", "digitz")
    assert runs.all() == [run]


# the sidebar


def test_files_dropped_in_the_sidebar_become_the_chosen_run(tmp_path):
    from streamlit.testing.v1 import AppTest

    def drop(paths):
        dropped = [(path.name, path.read_bytes(), "application/octet-stream") for path in paths]
        test.file_uploader(key="import_files_0").set_value(dropped).run()
        test.button(key="import_start").click().run()
        assert not test.exception, [error.value for error in test.exception]

    paths = saved(tmp_path, trained(*gan_dcgan(8)))
    test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120).run()
    drop(paths[1:])
    assert "No generator is among the files" in test.error[0].value and runs.all() == []
    drop(paths)
    (run,) = runs.all()
    assert not test.error and test.query_params["run"] == run.id
    assert next(widget for widget in test.selectbox if widget.label == "Run").value == run.id
    assert any("is a guess by the shape" in caption.value for caption in test.caption)
    for page in ("3_evolution", "4_latent_space", "5_discriminator"):
        test.switch_page(f"{page}.py").run()
        assert not test.exception and not test.error, page


def test_pages_say_that_a_run_has_no_discriminator(tmp_path):
    from streamlit.testing.v1 import AppTest

    run = importers.read(saved(tmp_path, trained(examples_dcgan(8, 4, 4, 3)[0]), ("netG_epoch_0.pth",))).create()
    test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120)
    test.query_params["run"] = run.id
    test.run()
    shown = "\n".join(element.value for element in (*test.markdown, *test.caption, *test.info))
    assert not test.exception
    assert "without its discriminator" in shown and "Discriminator** ·" not in shown and "Generator** ·" in shown
    assert "import it again and name its data set" in shown
    test.switch_page("5_discriminator.py").run()
    assert not test.exception
    assert any(markdown.value == "**No discriminator**" for markdown in test.markdown)
    test.switch_page("6_embeddings.py").run()
    assert not test.exception


def test_in_a_browser_a_generator_alone_is_walked_through(app, page, tmp_path, monkeypatch):
    from playwright.sync_api import expect

    monkeypatch.setenv("GANDASH_RUNS", str(app.shelf.runs))
    run = importers.read(saved(tmp_path, trained(gan(8)[0]), ("generator.pth",))).create()
    page.goto(f"{app.url}/latent_space?run={run.id}")
    page.locator(".strip[data-count]").wait_for(timeout=120_000)
    expect(page.locator(".path .reading")).to_contain_text("t = ", timeout=30_000)
    expect(page.locator(".path .reading")).not_to_contain_text("D(x)")
    expect(page.locator(".path .curve svg")).to_have_count(0)
