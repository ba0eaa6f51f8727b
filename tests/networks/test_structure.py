"""Structures against the real networks and against the figures of He 2015."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from resnet_viz.analysis.probe import probed_modules
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.walk import build_structure


@pytest.mark.parametrize("name", catalog.CATALOG)
def test_nothing_is_counted_twice_or_left_out(name: str) -> None:
    spec = catalog.find(name)
    made_of = build_structure(spec)
    with torch.device("meta"):
        network = spec.build()
    assert made_of.parameters == sum(p.numel() for p in network.parameters())
    layers = [x for b in made_of.blocks for x in (*b.layers, *b.shortcut_layers)]
    states = {state for layer in (*layers, *made_of.head) for state in layer.states}
    assert states == set(network.state_dict())


@pytest.mark.parametrize("name", catalog.CATALOG)
def test_depth_is_that_of_the_name(name: str) -> None:
    spec = catalog.find(name)
    assert build_structure(spec).depth == spec.depth
    digits = re.search(r"(\d+)", spec.title)
    if digits:
        assert spec.depth == int(digits[1])


@pytest.mark.parametrize("name", [n for n, s in catalog.CATALOG.items() if s.family == "imagenet"])
def test_macs_are_those_of_torchvisions_metadata(name: str) -> None:
    spec = catalog.find(name)
    official = weights.official(spec)
    assert official is not None
    made_of = build_structure(spec)
    assert made_of.macs / 1e9 == pytest.approx(official.enum.meta["_ops"], rel=0.01)
    assert made_of.parameters == official.enum.meta["num_params"]


@pytest.mark.parametrize(
    ("name", "billions"),
    [("resnet18", 1.8), ("resnet34", 3.6), ("resnet101", 7.6), ("resnet152", 11.3)],
)
def test_macs_are_those_of_table_1(name: str, billions: float) -> None:
    # torchvision strides the 3×3 instead of the first 1×1, which costs a few per cent more.
    macs = build_structure(catalog.find(name)).macs / 1e9
    assert macs == pytest.approx(billions, rel=0.05)


def test_blocks_of_resnet50() -> None:
    made_of = build_structure(catalog.find("resnet50"))
    assert [len(stage.blocks) for stage in made_of.stages] == [3, 4, 6, 3]
    assert made_of.stem.output_shape == (64, 56, 56)
    assert [x.kind for x in made_of.stem.layers] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]
    first = made_of.block("layer1.0")
    assert (first.kind, first.combine, first.shortcut) == ("bottleneck", "add", "projection")
    assert [x.text for x in first.layers if x.kind == "Conv2d"] == [
        "1×1, 64",
        "3×3, 64",
        "1×1, 256",
    ]
    assert [x.kind for x in first.shortcut_layers] == ["Conv2d", "BatchNorm2d"]
    assert made_of.block("layer1.1").shortcut == "identity"
    assert (made_of.block("layer3.0").input_shape, made_of.block("layer3.0").output_shape) == (
        (512, 28, 28),
        (1024, 14, 14),
    )
    assert [x.kind for x in made_of.head] == ["AdaptiveAvgPool2d", "Linear"]
    assert len(made_of.skips) == 16


def test_shapes_chain_from_block_to_block() -> None:
    for name in catalog.CATALOG:
        made_of = build_structure(catalog.find(name))
        blocks = made_of.blocks
        assert blocks[0].input_shape == made_of.input_shape
        for before, after in pairwise(blocks):
            assert before.output_shape == after.input_shape


def test_kinds_of_shortcut() -> None:
    assert build_structure(catalog.find("resnet20")).block("layer2.0").shortcut == "pad"
    assert build_structure(catalog.find("plain20")).block("layer2.0").shortcut == "none"
    assert build_structure(catalog.find("plain20")).skips == ()
    projection = build_structure(catalog.find("resnet20-projection"))
    assert projection.block("layer2.0").shortcut == "projection"
    assert projection.block("layer1.0").shortcut == "identity"


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(ValueError, match=r"ResNet-20 has no block 'layer4\.0'"):
        build_structure(catalog.find("resnet20")).block("layer4.0")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        # Known figures: those of the sizes of the paths' windows, added up by hand or published.
        ("alexnet", 163),
        ("vgg16", 196),
        ("vgg19", 252),
        ("resnet18", 435),
        ("resnet50", 427),
        ("lenet5", 14),
        ("resnet20", 1 + 2 * 7 + 2 + 2 * 2 * 5 + 2 + 4 * 2 * 5 + 2),
    ],
)
def test_receptive_fields(name: str, field: int) -> None:
    assert build_structure(catalog.find(name)).blocks[-1].receptive_field == field


@pytest.mark.parametrize("name", ["alexnet", "resnet20", "preact-resnet20"])
def test_a_gradient_reaches_as_far_as_the_receptive_field(name: str) -> None:
    """Of a value in the middle of the second block, on an input where nothing is cut off."""
    spec = catalog.find(name)
    torch.manual_seed(0)
    network = spec.build()
    block = build_structure(spec).blocks[1]
    kept: list[torch.Tensor] = []
    module = dict(probed_modules(network))[block.name]
    module.register_forward_hook(lambda _, __, output: kept.append(output))
    x = torch.rand(1, 3, 127, 127, requires_grad=True)
    network(x)
    height, width = kept[0].shape[2:]
    (gradient,) = torch.autograd.grad(kept[0][0, :, height // 2, width // 2].sum(), x)
    rows = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == block.receptive_field


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("lenet5", [1]),
        ("alexnet", [1, 3]),
        ("vgg16", [1, 2, 3, 3, 3]),
        ("vgg19_bn", [1, 2, 4, 4, 4]),
        ("googlenet", [2, 5, 2]),
    ],
)
def test_networks_before_resnet_have_blocks_but_no_skips(name: str, stages: list[int]) -> None:
    made_of = build_structure(catalog.find(name))
    assert [len(stage.blocks) for stage in made_of.stages] == stages
    assert [stage.number for stage in made_of.stages] == list(range(1, len(stages) + 1))
    assert made_of.skips == ()
    assert made_of.why_no_skips.startswith(f"{made_of.title} has no skips: ")
    assert catalog.find(name).paper in made_of.why_no_skips
    for stage in made_of.stages:
        assert len({block.output_shape[1:] for block in stage.blocks}) == 1


def test_the_blocks_of_vgg_are_its_papers() -> None:
    made_of = build_structure(catalog.find("vgg16_bn"))
    assert [block.name for block in made_of.stages[2].blocks] == ["conv3_1", "conv3_2", "conv3_3"]
    first = made_of.block("conv3_1")
    assert first.kind == "conv"
    kinds = ["MaxPool2d", "Conv2d", "BatchNorm2d", "ReLU"]
    assert [layer.kind for layer in first.layers] == kinds
    assert first.layers[1].states == ("features.14.weight", "features.14.bias")
    assert (first.input_shape, first.output_shape) == ((128, 112, 112), (256, 56, 56))
    assert [x.text for x in made_of.head if x.kind == "Linear"] == ["fc, 4096"] * 2 + ["fc, 1000"]


def test_an_inception_module_joins_four_branches() -> None:
    block = build_structure(catalog.find("googlenet")).block("inception4a")
    assert (block.kind, block.combine, block.shortcut) == ("inception", "concat", "none")
    assert not block.has_skip
    assert block.layers[0].kind == "MaxPool2d"
    assert len(block.branches) == 4
    assert (block.layers[0], *(x for branch in block.branches for x in branch)) == block.layers
    widths = [branch[-1].output_shape[0] for branch in block.branches]
    assert (widths, sum(widths)) == ([192, 208, 48, 64], block.output_shape[0])
    assert all(branch[-1].kind == "ReLU" for branch in block.branches)


def test_groups_stand_in_the_text() -> None:
    block = build_structure(catalog.find("resnext50_32x4d")).block("layer1.0")
    grouped = [layer for layer in block.layers if layer.groups > 1]
    assert [(layer.text, layer.groups) for layer in grouped] == [("3×3, 128, 32 groups", 32)]
    assert grouped[0].macs == 56 * 56 * 128 * (128 // 32) * 9
    assert (grouped[0].kernel, grouped[0].stride, grouped[0].padding) == (3, 1, 1)


def test_nothing_follows_the_addition_in_the_order_of_2016() -> None:
    made_of = build_structure(catalog.find("preact-resnet20"))
    block = made_of.block("layer2.0")
    assert (block.shortcut, block.activation) == ("pad", "")
    kinds = ["BatchNorm2d", "ReLU", "Conv2d"] * 2
    assert [layer.kind for layer in block.layers] == kinds
    assert [x.kind for x in made_of.stem.layers] == ["Conv2d"]
    assert [x.kind for x in made_of.head][:2] == ["BatchNorm2d", "ReLU"]
    assert build_structure(catalog.find("resnet20")).block("layer2.0").activation == "ReLU"


def test_an_input_that_is_too_small_is_named() -> None:
    spec = replace(catalog.find("alexnet"), input_size=20)
    with pytest.raises(ValueError, match="AlexNet cannot take pictures of 20×20 pixels"):
        build_structure(spec)
