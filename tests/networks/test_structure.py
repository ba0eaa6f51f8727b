"""Structures against the real networks and against the figures of He 2015."""

from __future__ import annotations

from itertools import pairwise

import pytest

from resnet_viz.networks import catalog
from resnet_viz.networks.structure import build_structure


@pytest.mark.parametrize("name", ["resnet20", "plain32", "resnet20-projection", "resnet34"])
def test_nothing_is_counted_twice_or_left_out(name: str) -> None:
    spec = catalog.find(name)
    made_of = build_structure(spec)
    assert made_of.parameters == sum(p.numel() for p in spec.build().parameters())


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
