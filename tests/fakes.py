"""Results made of random numbers, for tests of views: no torch is needed to draw them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from resnet_viz.images.photo import Crop, Photo, Stream
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.networks.family import CLASSES
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Block, Layer, Stage, Structure
from resnet_viz.results.result import BlockPass, Pass, Result, Snapshot


def photo(width: int = 320, height: int = 240) -> Photo:
    """A smooth colour gradient."""
    rows, columns = np.mgrid[0:height, 0:width]
    red, green = 255 * columns / width, 255 * rows / height
    return Photo("gradient", np.stack([red, green, 255 - red], axis=2).astype(np.uint8))


def frames(count: int, width: int = 320, height: int = 240) -> list[Photo]:
    """Frames of one stream, each brighter than the one before."""
    stream = Stream("clip.mp4")
    grey = [np.full((height, width, 3), 10 * number, np.uint8) for number in range(count)]
    return [Photo(f"frame {number}", one, stream=stream) for number, one in enumerate(grey)]


def structure(kind: Literal["resnet20", "plain20", "resnet50"] = "resnet20") -> Structure:
    """Shapes as in the real networks; parameters and MACs are made up."""
    small = kind != "resnet50"
    counts = (3, 3, 3) if small else (3, 4, 6, 3)
    widths = (16, 32, 64) if small else (256, 512, 1024, 2048)
    size = 32 if small else 56
    channels = 16 if small else 64
    stem = Block(
        "stem", "stem", "none", "none", (3, 32, 32) if small else (3, 224, 224),
        (channels, size, size), (Layer("conv1", "Conv2d", "3×3, 16", (16, 32, 32), 432, 442_368),),
    )  # fmt: skip
    stages = []
    for number, (count, width) in enumerate(zip(counts, widths, strict=True), start=1):
        blocks = []
        for index in range(count):
            first = index == 0 and (number > 1 or not small)
            before = (channels, size, size)
            if index == 0 and number > 1:
                size //= 2
            after = (width, size, size)
            channels = width
            plain = kind == "plain20"
            shortcut: Literal["identity", "pad", "projection", "none"] = "identity"
            if first:
                shortcut = "pad" if small else "projection"
            names = ("conv1", "bn1", "relu", "conv2", "bn2")
            layers = tuple(
                Layer(f"layer{number}.{index}.{name}", name.rstrip("12"), name, after, 1000, 10_000)
                for name in names
            )
            blocks.append(
                Block(
                    f"layer{number}.{index}",
                    "basic" if small else "bottleneck",
                    "none" if plain else "add",
                    "none" if plain else shortcut,
                    before,
                    after,
                    layers,
                )
            )
        stages.append(Stage(number, tuple(blocks)))
    head = (Layer("fc", "Linear", "10", (10,), 650, 640),)
    title = {"resnet20": "ResNet-20", "plain20": "Plain-20", "resnet50": "ResNet-50"}[kind]
    return Structure(kind, title, stem.input_shape, stem, tuple(stages), head)


def fake_pass(made_of: Structure, decay: float = 1.0, seed: int = 0, target: int = 3) -> Pass:
    """Gradient norms fall by ``decay`` from each block to the one before it."""
    random = np.random.default_rng(seed)
    blocks = []
    count = len(made_of.blocks)
    for number, block in enumerate(made_of.blocks):
        activation = np.maximum(random.standard_normal(block.output_shape), 0).astype(np.float32)
        gradient = random.standard_normal(block.output_shape).astype(np.float32)
        height, width = block.output_shape[1:]
        rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
        cam = np.exp(-8 * ((rows - 0.4) ** 2 + (columns - 0.6) ** 2)).astype(np.float32)
        blocks.append(
            BlockPass(
                block.name,
                activation,
                gradient,
                cam,
                float(decay ** (count - 1 - number)),
                float(np.linalg.norm(activation)),
                0.6 if block.has_skip else None,
                milliseconds=0.5 + 0.1 * number,
            )
        )
    logits = random.standard_normal(10).astype(np.float32) * 3
    logits[target] = logits.max() + 1
    odds = np.exp(logits - logits.max())
    return Pass(logits, odds / odds.sum(), target, tuple(blocks), 12.5)


def result(
    kind: Literal["resnet20", "plain20", "resnet50"] = "resnet20",
    gates: GateSettings | None = None,
    trained: bool = True,
) -> Result:
    """With any gate closed, the gradient of ``now`` falls a hundredfold at each block."""
    made_of = structure(kind)
    picture = photo()
    gates = gates or GateSettings()
    all_on = fake_pass(made_of, decay=0.8)
    now = all_on if gates.all_on else fake_pass(made_of, decay=0.01, seed=1)
    side = made_of.input_shape[1]
    seen = np.asarray(np.random.default_rng(2).integers(0, 255, (side, side, 3)), np.uint8)
    return Result(
        Snapshot(kind, picture, gates=gates),
        made_of,
        CLASSES,
        WeightsInfo("CIFAR-10" if trained else "untrained", trained),
        "CPU",
        Crop(40, 0, 240),
        seen,
        now,
        all_on,
    )


def with_last(**maps: np.ndarray) -> Result:
    """A result whose last block has other maps, such as ``cam`` or ``activation``."""
    given = result()
    *blocks, last = given.now.blocks
    changed = replace(last, **{name: values.astype(np.float32) for name, values in maps.items()})  # type: ignore[arg-type]
    made = replace(given.now, blocks=(*blocks, changed))
    return replace(given, now=made, all_on=made)


def with_last_now(**maps: np.ndarray) -> Result:
    """A result without one skip whose last block has other maps than with all skips on."""
    given = result(gates=GateSettings.of(skip={"layer1.0": 0.0}))
    *blocks, last = given.now.blocks
    changed = replace(last, **{name: values.astype(np.float32) for name, values in maps.items()})  # type: ignore[arg-type]
    return replace(given, now=replace(given.now, blocks=(*blocks, changed)))
