"""The architectures beside the DCGAN and the MLP, and the DCGAN's kernels and strides, against what is known of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pytest
import torch
from games import begin, tiny
from torch import nn

from gandash.architectures._convolutional import ConvolutionalOptions, padding, start, transposed
from gandash.architectures.resize_dcgan import resized
from gandash.registry import parts
from gandash.training.loop import play


def build(name: str, shape: tuple[int, ...] = (1, 28, 28), classes: int = 10, latent: int = 8, **options):
    return parts("architectures")[name](options).build(shape, classes, latent)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


# kernels, strides and tiles


@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("kernel", range(2, 10))
def test_sides_come_out_right_with_any_kernel_and_stride(kernel: int, stride: int) -> None:
    side = 4 * stride * stride
    generator, discriminator = build("dcgan", (3, side, side), width=2, kernel=kernel, stride=stride)
    images = generator(torch.randn(2, 8))
    assert images.shape == (2, 3, side, side)
    assert discriminator(images).logits.shape == (2,)
    maps = []
    for name, layer in discriminator.cam_layers.items():
        images = layer(images)
        assert name.endswith(f" {images.shape[2]}x{images.shape[3]}")
        maps.append(images.shape[2])
    assert maps == [4 * stride, 4]


def test_the_padding_of_well_known_layers() -> None:
    assert [padding(*layer) for layer in ((4, 2), (5, 2), (2, 2), (8, 4), (3, 4))] == [(1, 0), (2, 1), (0, 0), (2, 0), (0, 1)]


@pytest.mark.parametrize(("side", "stride", "small"), [(28, 2, 7), (64, 2, 4), (28, 4, 7), (32, 4, 8), (64, 4, 4), (36, 3, 4), (33, 3, 11)])
def test_the_smallest_map(side: int, stride: int, small: int) -> None:
    assert start(side, stride) == small


@pytest.mark.parametrize("name", ["dcgan", "resize_dcgan", "conditional_dcgan", "auxiliary_classifier"])
def test_a_stride_that_cannot_lead_to_the_side_is_refused_with_the_sizes_that_could_be(name: str) -> None:
    refused = tiny({"name": name, "options": {"width": 2, "stride": 3}}).problems()
    assert "stride 3" in refused["architecture"] and "4 to 11 pixels" in refused["architecture"] and "21 pixels" in refused["architecture"]
    assert not tiny({"name": name, "options": {"width": 2, "stride": 4, "kernel": 3}}).problems()


def coverage(enlarge: Callable, kernel: int, stride: int) -> torch.Tensor:
    """What two layers make of a map of ones, with weights of one: how often each place is written; without the border, ``(M, M)``."""
    options = ConvolutionalOptions(kernel=kernel, stride=stride)
    layers = nn.Sequential(enlarge(1, 1, options, False), enlarge(1, 1, options, False))
    for weight in layers.parameters():
        nn.init.ones_(weight)
    covered = layers(torch.ones(1, 1, 8, 8))[0, 0].detach()
    assert covered.shape == (8 * stride**2, 8 * stride**2)
    return covered[2 * stride**2 : -2 * stride**2, 2 * stride**2 : -2 * stride**2]


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (2, 2), (6, 2), (3, 3), (6, 3), (4, 4), (8, 4)])
def test_a_kernel_that_the_stride_divides_covers_all_places_alike(kernel: int, stride: int) -> None:
    assert (coverage(transposed, kernel, stride) == (kernel // stride) ** 4).all()


@pytest.mark.parametrize(
    ("kernel", "stride", "along_a_side"),
    [
        (3, 2, [1, 3, 2, 3]),  # one layer writes 1, 2 times in turn; the second adds up one of these, or two neighbours
        (5, 2, [7, 5, 8, 5]),  # 3, 2 times, of which it adds up three neighbours, or two
        (3, 4, [1, 1, 1, 0] * 3 + [0] * 4),  # each fourth place is left out, twice over
    ],
)
def test_other_kernels_tile(kernel: int, stride: int, along_a_side: list[int]) -> None:
    covered = coverage(transposed, kernel, stride)
    expected = torch.tensor(along_a_side).float().repeat(len(covered) // len(along_a_side))
    assert torch.equal(covered, torch.outer(expected, expected))


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_resize_convolutions_cover_all_places_alike_whatever_the_kernel_option_says(stride: int) -> None:
    assert {coverage(resized, kernel, stride).unique().item() for kernel in (3, 5)} == {81.0}


def tiling(name: str, **options) -> float:
    """How much the brightness of a fresh generator's images varies from place to place with the stride's period, against its mean.

    Single images vary in this way whatever the kernel; over many generators, only what the layers' geometry does is left.
    """
    stride = options.get("stride", 2)
    squares = torch.zeros(32, 32)
    for seed in range(32):
        torch.manual_seed(seed)
        generator, _ = build(name, (3, 32, 32), latent=16, width=8, normalisation_g="none", **options)
        with torch.no_grad():
            for module in generator.modules():  # loud enough to be seen, and not yet so loud that tanh levels it
                if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                    module.weight.mul_(4)
            squares += generator(torch.randn(4, 16)).square().mean((0, 1))
    inner = squares[8:-8, 8:-8]
    spectrum = torch.fft.fft2(inner).abs()
    harmonics = torch.arange(0, 16, 16 // stride)
    at_the_stride = spectrum[harmonics][:, harmonics].square().sum() - spectrum[0, 0].square()
    return (at_the_stride.sqrt() / spectrum[0, 0]).item()


def test_a_fresh_generator_s_images_are_tiled_with_the_wrong_kernel_and_not_with_resize_convolutions() -> None:
    whole = max(tiling("dcgan"), tiling("resize_dcgan", kernel=3))
    assert whole < 0.1
    assert tiling("dcgan", kernel=3) > 3 * whole
    assert tiling("dcgan", kernel=5) > 3 * whole
    assert tiling("dcgan", kernel=3, stride=4) > 5 * tiling("resize_dcgan", kernel=3, stride=4)


# resize convolutions


def test_resize_dcgan_parameters_by_hand_and_the_dcgan_s_discriminator() -> None:
    generator, discriminator = build("resize_dcgan", width=16, latent=50)
    assert count(generator) == 50 * 32 * 49 + 2 * 32 + 32 * 16 * 9 + 2 * 16 + 16 * 1 * 9
    _, plain = build("dcgan", width=16, latent=50)
    assert {name: value.shape for name, value in discriminator.state_dict().items()} == {
        name: value.shape for name, value in plain.state_dict().items()
    }


# conditional ones


def inputs(layer: nn.Module, network: nn.Module, values: torch.Tensor, *labels: torch.Tensor) -> list[torch.Tensor]:
    """What ``layer`` is given when ``network`` is called with ``values`` and each of ``labels``."""
    seen: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    for told in labels:
        network(values, told)
    hook.remove()
    return seen


def test_conditional_mlp_parameters_by_hand() -> None:
    generator, discriminator = build("conditional_mlp", width=8, depth=2, latent=5)
    assert count(generator) == (5 + 10 + 1) * 8 + (8 + 1) * 16 + (16 + 1) * 784
    assert count(discriminator) == (784 + 10 + 1) * 16 + (16 + 1) * 8 + (8 + 1)
    assert generator.latent_dim == 5


def test_conditional_mlp_reads_the_class_as_a_learnt_vector() -> None:
    """In the first layer, another class is the difference of two columns of its weights."""
    generator, discriminator = build("conditional_mlp", (2,), classes=3, latent=4, width=4)
    for network, values in ((generator, torch.randn(1, 4)), (discriminator, torch.randn(1, 2))):
        first = network.layers[0][0]
        zero, two = (first(given) for given in inputs(first, network, values, torch.tensor([0]), torch.tensor([2])))
        assert torch.allclose(two - zero, first.weight[:, -1] - first.weight[:, -3], atol=1e-6)


def test_conditional_dcgan_parameters_by_hand() -> None:
    generator, by_maps = build("conditional_dcgan", width=16, latent=50, condition_g="appended", condition_d="maps")
    factor, by_projection = build("conditional_dcgan", width=16, latent=50)
    plain_generator, plain = build("dcgan", width=16, latent=50)
    assert count(generator) == count(plain_generator) + 10 * 50 + 50 * 32 * 49  # 50 more numbers into the first layer
    assert count(factor) == count(plain_generator) + 10 * 50
    assert count(by_maps) == count(plain) + 10 * 16 * 16  # ten more channels to the first convolution of 16 kernels, 4 by 4
    assert count(by_projection) == count(plain) + 10 * 32 * 49


def test_conditional_dcgan_s_maps_say_the_class_everywhere() -> None:
    _, discriminator = build("conditional_dcgan", (3, 32, 32), classes=4, width=2, condition_d="maps")
    images = torch.rand(2, 3, 32, 32)
    (seen,) = inputs(discriminator.blocks[0][0], discriminator, images, torch.tensor([3, 1]))
    assert torch.equal(seen[:, :3], images)
    assert torch.equal(seen[:, 3:], torch.eye(4)[[3, 1]][:, :, None, None].expand(2, 4, 32, 32))


def test_conditional_dcgan_s_projection_is_an_inner_product() -> None:
    _, discriminator = build("conditional_dcgan", width=2)
    discriminator.eval()
    images, one, other = torch.rand(3, 1, 28, 28), torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    features = discriminator.blocks(images).flatten(1)
    turned = discriminator.embedding(other) - discriminator.embedding(one)
    difference = discriminator(images, other).logits - discriminator(images, one).logits
    assert torch.allclose(difference, (features * turned).sum(1), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [("conditional_mlp", {}), ("conditional_dcgan", {}), ("conditional_dcgan", {"condition_g": "appended", "condition_d": "maps"})],
)
def test_the_label_reaches_both_networks_and_is_trained(name: str, options: dict) -> None:
    """Another class is another image and another logit, and one step moves the weights that only a label reaches."""
    game = begin(tiny({"name": name, "options": {"width": 4, **options}}))
    z, images = torch.randn(4, 8), torch.rand(4, *game.images.shape[1:]) * 2 - 1
    one, other = torch.tensor([0, 1, 2, 3]), torch.tensor([9, 8, 7, 6])
    assert (game.generator(z, one) != game.generator(z, other)).flatten(1).any(1).all()
    assert (game.discriminator(images, one).logits != game.discriminator(images, other).logits).all()
    before = [_of_labels(name, network).detach().clone() for network in (game.generator, game.discriminator)]
    play(game)
    after = [_of_labels(name, network) for network in (game.generator, game.discriminator)]
    assert not any(torch.equal(*pair) for pair in zip(before, after, strict=True))


def _of_labels(name: str, network: nn.Module) -> torch.Tensor:
    """The weights that read the label."""
    if name == "conditional_mlp":
        return network.layers[0][0].weight[:, -10:]
    return network.embedding.weight if hasattr(network, "embedding") else network.blocks[0][0].weight[:, -10:]


@pytest.mark.parametrize("name", ["conditional_mlp", "conditional_dcgan"])
def test_conditional_networks_want_to_be_told(name: str) -> None:
    generator, discriminator = build(name, width=2)
    with pytest.raises(ValueError, match="class"):
        generator(torch.zeros(1, 8))
    with pytest.raises(ValueError, match="class"):
        discriminator(torch.zeros(1, 1, 28, 28))
    unlabelled = parts("architectures")[name]().suits(tiny(dataset={"name": "image_folder", "options": {"path": "nowhere"}}))
    assert "no labels" in unlabelled


# the residual network


def shapes(layers: Iterable[nn.Module], x: torch.Tensor) -> list[tuple[int, ...]]:
    """``(C, H, W)`` after each of ``layers`` in turn."""
    return [tuple((x := layer(x)).shape[1:]) for layer in layers]


def test_resnet_gan_is_sngan_s_published_table_at_32_pixels() -> None:
    """G: 4x4x256 and three blocks up. D: two blocks down and two more, of 128 channels, the sum over places, one number."""
    with torch.device("meta"):
        generator, discriminator = build("resnet_gan", (3, 32, 32), latent=128, width=128)
        up = (2 * 256 + (256 * 256 * 9 + 256)) * 2 + (256 * 256 + 256)
        assert count(generator) == (128 + 1) * 4 * 4 * 256 + 3 * up + 2 * 256 + (256 * 3 * 9 + 3) == 4_276_739
        first = (3 * 128 * 9 + 128) + (128 * 128 * 9 + 128) + (3 * 128 + 128)
        plain = 2 * (128 * 128 * 9 + 128)
        down = plain + (128 * 128 + 128)
        assert count(discriminator) == first + down + 2 * plain + 128 == 1_053_824
        layers = [generator.dense, *generator.blocks, generator.head]
        assert shapes(layers, torch.empty(2, 128)) == [(256, 4, 4), (256, 8, 8), (256, 16, 16), (256, 32, 32), (3, 32, 32)]
        assert shapes(discriminator.blocks, torch.empty(2, 3, 32, 32)) == [(128, 16, 16), (128, 8, 8), (128, 8, 8), (128, 8, 8)]
    assert not [module for module in discriminator.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize("side", [8, 20, 28, 32, 48, 64])
def test_resnet_gan_at_other_sizes(side: int) -> None:
    generator, discriminator = build("resnet_gan", (1, side, side), width=2)
    images = generator(torch.randn(2, 8))
    assert images.shape == (2, 1, side, side) and images.abs().max() <= 1
    assert discriminator(images).logits.shape == (2,)
    for name, layer in discriminator.cam_layers.items():
        images = layer(images)
        assert name.endswith(f" {images.shape[2]}x{images.shape[3]}") and images.shape[1] == 2
    assert 4 <= images.shape[2] <= 8 and len(discriminator.cam_layers) >= 3


def test_resnet_gan_begins_with_its_authors_weights() -> None:
    torch.manual_seed(0)
    generator, discriminator = build("resnet_gan", (3, 32, 32), latent=128, width=32)
    bound = math.sqrt(6 / (64 * 9 + 64 * 9))
    assert generator.blocks[0].residual[3].weight.abs().max().item() == pytest.approx(math.sqrt(2) * bound, rel=0.01)
    assert generator.blocks[0].shortcut[0].weight.abs().max().item() == pytest.approx(math.sqrt(6 / 128), rel=0.01)
    assert not any(module.bias.any() for module in discriminator.modules() if isinstance(module, nn.Conv2d))


def test_a_down_block_is_the_sum_of_its_two_ways_and_leaves_its_input_alone() -> None:
    """With weights of 0 in the residual, what comes out is the 1x1 convolution of the mean of each four places; else the input itself."""
    _, discriminator = build("resnet_gan", (3, 32, 32), width=2)
    first, down, plain = discriminator.blocks[0], discriminator.blocks[1], discriminator.blocks[2]
    for block, channels in ((first, 3), (down, 2), (plain, 2)):
        nn.init.zeros_(block.residual[-2 if block is not plain else -1].weight)
        x = torch.randn(1, channels, 8, 8)
        before = x.clone()
        made = block(x)
        assert torch.equal(x, before)
        if block is plain:
            assert torch.equal(made, x)
        else:
            pooled = nn.functional.conv2d(x, block.shortcut[1].weight).unflatten(2, (4, 2)).unflatten(4, (4, 2)).mean((3, 5))
            assert torch.allclose(made, pooled, atol=1e-6)


def test_the_first_block_sees_the_dark_half_of_the_image() -> None:
    """Every other block rectifies what it is given; were it done to the image, all that is below 0 would look alike to the residual."""
    _, discriminator = build("resnet_gan", (1, 32, 32), width=2)
    dark = -torch.rand(2, 1, 32, 32)
    first, second = discriminator.blocks[0].residual, discriminator.blocks[1].residual
    assert not torch.allclose(first(dark)[0], first(dark)[1])
    assert torch.equal(second(-torch.rand(1, 2, 8, 8)), second(-torch.rand(1, 2, 8, 8)))
