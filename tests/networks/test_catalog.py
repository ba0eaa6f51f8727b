"""The catalogue and the CIFAR family: He 2015's counts and shapes, options, names and errors."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.networks import weights
from resnet_viz.networks.catalog import (
    BEFORE,
    CATALOG,
    CIFAR_DEPTHS,
    DEFAULT,
    EMBEDDED,
    SIMONYAN,
    NetworkSpec,
    _imagenet,
    find,
    twin,
)
from resnet_viz.networks.cifar import (
    CifarBlock,
    CifarResNet,
    Combine,
    PadShortcut,
    Shortcut,
    initialise_he,
)
from resnet_viz.networks.family import CLASSES
from resnet_viz.networks.preprocessing import CIFAR10, NORMALISATIONS, Preprocessing
from resnet_viz.networks.walk import build_structure


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def build_on_meta(name: str) -> nn.Module:
    """The network without memory or numbers, for counting."""
    with torch.device("meta"):
        return find(name).build()


# Counts and shapes


@pytest.mark.parametrize(
    ("depth", "millions", "digits"),
    [(20, 0.27, 2), (32, 0.46, 2), (44, 0.66, 2), (56, 0.85, 2), (110, 1.7, 1)],
)
def test_parameters_are_those_of_he_2015_table_6(depth: int, millions: float, digits: int) -> None:
    residual = parameters(build_on_meta(f"resnet{depth}"))
    assert round(residual / 1e6, digits) == millions
    assert parameters(build_on_meta(f"plain{depth}")) == residual  # option A adds none


@pytest.mark.parametrize("depth", CIFAR_DEPTHS)
def test_depth_counts_the_layers_with_weights(depth: int) -> None:
    layers = [m for m in CifarResNet(depth).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


def test_projections_add_one_convolution_and_norm_in_two_blocks() -> None:
    extra = (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)
    residual = parameters(build_on_meta("resnet20"))
    assert parameters(build_on_meta("resnet20-projection")) == residual + extra


@pytest.mark.parametrize("name", ["resnet20", "plain20", "resnet20-projection"])
def test_stages_halve_the_resolution_and_double_the_width(name: str) -> None:
    network = find(name).build()
    shapes: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: object, output: Tensor) -> None:
        shapes.append(tuple(output.shape))

    for child in ("conv1", "layer1", "layer2", "layer3", "fc"):
        network.get_submodule(child).register_forward_hook(note)
    network(torch.zeros(2, 3, 32, 32))
    assert shapes == [(2, 16, 32, 32), (2, 16, 32, 32), (2, 32, 16, 16), (2, 64, 8, 8), (2, 10)]


@pytest.mark.parametrize("name", [n for n, spec in CATALOG.items() if spec.family == "imagenet"])
def test_imagenet_networks_match_torchvisions_weights(name: str) -> None:
    spec = find(name)
    official = weights.official(spec)
    assert official is not None
    preset = official.enum.transforms()
    assert parameters(build_on_meta(name)) == official.enum.meta["num_params"]
    assert [spec.input_size] == preset.crop_size
    assert math.isclose(spec.crop_fraction, preset.crop_size[0] / preset.resize_size[0])
    assert (list(spec.mean), list(spec.std)) == (preset.mean, preset.std)


@pytest.mark.parametrize(
    ("name", "millions", "digits"),
    [("preact-resnet110", 1.7, 1), ("preact-resnet164", 1.7, 1), ("lenet5", 0.0617, 4)],
)
def test_parameters_are_the_papers(name: str, millions: float, digits: int) -> None:
    """He 2016 table 4; LeNet-5 with the substitutes that its docstring names."""
    assert round(parameters(build_on_meta(name)) / 1e6, digits) == millions


def test_lenet_counts_its_layers_as_the_paper_does() -> None:
    """Where nothing is substituted: C1, C5 and F6 of LeCun 1998, section II.B."""
    network = build_on_meta("lenet5")
    counts = [parameters(m) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [counts[0], *counts[2:4]] == [156, 48_120, 10_164]


# The block


def test_option_a_subsamples_and_fills_new_channels_with_zeros() -> None:
    x = torch.arange(2 * 4 * 4.0).reshape(1, 2, 4, 4) + 1
    y = PadShortcut(2, 4, stride=2)(x)
    assert y.shape == (1, 4, 2, 2)
    assert not y[:, [0, 3]].any()
    assert y[0, 1].tolist() == [[1, 3], [9, 11]]
    assert y[0, 2].tolist() == [[17, 19], [25, 27]]


@pytest.mark.parametrize(("combine", "share"), [("add", 1.0), ("none", 0.0)])
def test_with_a_silent_branch_only_the_skip_is_left(combine: Combine, share: float) -> None:
    block = CifarBlock(16, 16, combine=combine).eval()
    nn.init.zeros_(block.bn2.get_parameter("weight"))
    x = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(x), share * x.relu())


def test_the_sum_is_that_of_he_2015_equation_1() -> None:
    block = CifarBlock(16, 16).eval()
    x = torch.randn(2, 16, 8, 8)
    branch = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))
    assert torch.equal(block(x), (branch + x).relu())


def test_plain_blocks_have_no_second_path() -> None:
    plain = [m for m in CifarResNet(20, "none").modules() if isinstance(m, CifarBlock)]
    assert len(plain) == 9
    assert all(block.downsample is None and block.merge is None for block in plain)


@pytest.mark.parametrize("shortcut", ["pad", "projection"])
def test_concatenation_runs_forwards_and_backwards_through_both_paths(shortcut: Shortcut) -> None:
    network = CifarResNet(8, "concat", shortcut)
    logits = network(torch.randn(2, 3, 32, 32))
    assert logits.shape == (2, 10)
    logits.sum().backward()
    for block in network.modules():
        if isinstance(block, CifarBlock):
            assert block.merge is not None
            assert block.merge.weight.shape == (
                block.conv2.out_channels,
                2 * block.conv2.out_channels,
                1,
                1,
            )
            gradient = block.merge.weight.grad
            assert gradient is not None
            from_branch, from_skip = gradient.abs().flatten(1).chunk(2, dim=1)
            assert from_branch.sum() > 0
            assert from_skip.sum() > 0


def test_without_norm_the_convolutions_have_biases_instead() -> None:
    network = CifarResNet(8, norm=False, shortcut="projection")
    assert not [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(m.bias is not None for m in network.modules() if isinstance(m, nn.Conv2d))
    assert network(torch.randn(2, 3, 32, 32)).isfinite().all()


def test_initialisation_has_hes_variance_and_no_biases() -> None:
    torch.manual_seed(0)
    network = CifarResNet(20, "concat", norm=False)
    classifier = network.fc.weight.clone()
    initialise_he(network)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            assert not module.bias.any()
            expected = math.sqrt(2 / (module.out_channels * math.prod(module.kernel_size)))
            assert module.weight.std().item() == pytest.approx(expected, rel=0.2)
    assert torch.equal(network.fc.weight, classifier)


@pytest.mark.parametrize("depth", [2, 7, 21, 0, -4])
def test_a_depth_that_is_not_6n_plus_2_is_named(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth {depth} is not 6n \+ 2"):
        CifarResNet(depth)


def test_unknown_options_are_named() -> None:
    with pytest.raises(ValueError, match="combine 'multiply' is none of add, concat, none"):
        CifarResNet(20, "multiply")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shortcut 'b' is none of pad, projection"):
        CifarResNet(20, shortcut="b")  # type: ignore[arg-type]


# The table


def test_every_name_finds_its_row() -> None:
    for name, spec in CATALOG.items():
        assert name == spec.name
        assert find(name) is spec
        assert find(spec.title.split(" (")[0]).depth == spec.depth
    assert DEFAULT in CATALOG
    assert set(CATALOG) >= EMBEDDED
    assert CATALOG[DEFAULT].embedded, "the first picture needs weights that are at hand"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ResNet-20", "resnet20"),
        ("RESNET 152", "resnet152"),
        ("plain_56", "plain56"),
        ("resnet20 projection", "resnet20-projection"),
        ("VGG-16 BN", "vgg16_bn"),
        ("ResNeXt-50 32×4d", "resnext50_32x4d"),
        ("Wide ResNet-50-2", "wide_resnet50_2"),
        ("Pre-act ResNet-56", "preact-resnet56"),
        ("GoogLeNet", "googlenet"),
    ],
)
def test_names_are_found_however_they_are_written(text: str, name: str) -> None:
    assert find(text).name == name


@pytest.mark.parametrize("text", ["resnet21", "", "resnet"])
def test_an_unknown_name_lists_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"choose one of resnet20, .*resnet152$") as caught:
        find(text)
    assert str(caught.value).startswith(f"there is no network {text!r};")


@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_networks_are_built_for_evaluation(name: str) -> None:
    assert not any(module.training for module in build_on_meta(name).modules())


def test_the_data_are_named() -> None:
    assert find("plain20").data_title == "CIFAR-10"
    assert find("resnet50").data_title == "ImageNet"
    assert find("lenet5").data_title == "MNIST"


def test_a_network_is_adapted_to_other_classes_and_another_input() -> None:
    own = find("resnet18")
    assert own.adapted(None, None) == own
    half = NORMALISATIONS["half"]
    spec = own.adapted(7, Preprocessing(96, half.mean, half.std))
    assert (spec.classes, spec.input_size, spec.mean) == (7, 96, (0.5, 0.5, 0.5))
    with torch.device("meta"):
        assert spec.build()(torch.empty(2, 3, 96, 96)).shape == (2, 7)
    assert own.preprocessing.title == "224×224, ImageNet"
    assert spec.preprocessing.title == "96×96, 0.5 / 0.5 (−1 to 1)"


@pytest.mark.parametrize(("size", "std"), [(0, 1.0), (5000, 1.0), (32, 0.0), (32, float("nan"))])
def test_an_impossible_preprocessing_is_refused(size: int, std: float) -> None:
    with pytest.raises(ValueError, match=f"{size if std == 1 else std}"):
        Preprocessing(size, (0.0,) * 3, (1.0, 1.0, std))


# Twins


@pytest.mark.parametrize("depth", CIFAR_DEPTHS)
def test_twins_have_the_same_layers_and_differ_in_the_skips(depth: int) -> None:
    residual, plain = find(f"resnet{depth}"), find(f"plain{depth}")
    assert twin(residual) is plain
    assert twin(plain) is residual
    shapes = [
        {name: value.shape for name, value in build_on_meta(spec.name).state_dict().items()}
        for spec in (residual, plain)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet20-projection"])
def test_a_network_with_other_shortcuts_has_no_twin(name: str) -> None:
    assert twin(find(name)) is None


def test_adding_a_network_is_one_entry() -> None:
    """The two of the README: one of torchvision's, and one of the user's own."""
    vgg13 = _imagenet("vgg13", "VGG-13", 13, 256, BEFORE, SIMONYAN)
    assert build_structure(vgg13).depth == 13
    assert weights.official(vgg13) is not None
    mine = NetworkSpec(
        "mynet", "MyNet", "cifar", 14, 32, 1.0, CIFAR10.mean, CIFAR10.std,
        maker=f"{__name__}:MyNet", group="Mine, CIFAR-10", paper="my thesis",
    )  # fmt: skip
    made_of = build_structure(mine)
    assert [len(stage.blocks) for stage in made_of.stages] == [1, 2]
    assert made_of.why_no_skips.endswith("(my thesis)")
    assert weights.class_labels(mine) == CLASSES
    assert weights.official(replace(mine, family="imagenet")) is None


class MyNet(nn.Module):
    def __init__(self, num_classes: int) -> None:
        super().__init__()
        convolution = partial(nn.Conv2d, 3, 3, 3)
        relu, pool = nn.ReLU, partial(nn.MaxPool2d, 2)
        self.features = nn.Sequential(
            convolution(), relu(), convolution(), relu(), pool(),
            convolution(), nn.BatchNorm2d(3), relu(), convolution(), relu(),
        )  # fmt: skip
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))
