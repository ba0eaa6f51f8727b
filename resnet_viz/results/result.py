"""What the user asked for and what was measured: frozen values, numpy only, no torch and no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from resnet_viz.images.photo import Crop, Photo
from resnet_viz.networks import catalog
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.path_sum import PathSum

DeviceChoice = Literal["auto", "cuda", "mps", "cpu"]
DEVICES: dict[str, str] = {"auto": "Auto", "cuda": "CUDA", "mps": "MPS", "cpu": "CPU"}
"""The devices by the names that the user reads."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a pass depends on. ``crop`` None is the network's default centre crop.

    ``target`` None is the class that the network with all its skips finds most likely, so that
    gradients with and without skips are those of the same score.
    """

    network: str
    photo: Photo
    crop: Crop | None = None
    weights: WeightsChoice = field(default_factory=WeightsChoice)
    gates: GateSettings = field(default_factory=GateSettings)
    target: int | None = None
    device: DeviceChoice = "auto"

    @property
    def own_spec(self) -> NetworkSpec:
        """The network as the catalog has it, or as it was read from the user's file.

        Raises:
            ValueError: there is no such network.
        """
        reading = self.weights.reading
        if reading is not None and reading.spec is not None:
            return reading.spec
        return catalog.find(self.network)

    @property
    def spec(self) -> NetworkSpec:
        """The network, with the classes and the preprocessing that the weights are made for.

        Raises:
            ValueError: there is no such network.
        """
        return self.own_spec.adapted(self.weights.classes, self.weights.preprocessing)

    def same_but_frame(self, other: Snapshot) -> bool:
        """True if the two differ at most by which frame they have of the same stream."""
        return self.photo.beside(other.photo) and replace(self, photo=other.photo) == other


@dataclass(frozen=True)
class BlockPass:
    """What one pass measured at one block's output.

    ``activation`` and ``gradient`` (of the target's logit with respect to the activation) are
    (C, h, w) float32; ``cam`` is Grad-CAM, (h, w) float32 ≥ 0, in logits (Selvaraju 2017, eq. 1–2);
    ``gradient_norm`` and ``activation_norm`` are L2 norms over the whole map. ``skip_share`` is
    ‖s·shortcut‖ / (‖s·shortcut‖ + ‖b·F‖): how much of the sum came through the skip, or None where
    there is no skip; ``paths`` has more figures on how the two met. ``milliseconds`` is the time of
    the forward pass since the block before; NaN where it was not measured (on a GPU).
    """

    name: str
    activation: np.ndarray
    gradient: np.ndarray
    cam: np.ndarray
    gradient_norm: float
    activation_norm: float
    skip_share: float | None
    paths: PathSum | None = None
    milliseconds: float = math.nan


@dataclass(frozen=True)
class Pass:
    """One forward and one backward. ``logits`` and ``probabilities`` are (K,) float32; these are a
    softmax, or of a network with independent outputs a sigmoid of each.

    ``blocks`` are the stem and every block, from input to output. ``milliseconds`` is the time of
    the forward and the backward.
    """

    logits: np.ndarray
    probabilities: np.ndarray
    target: int
    blocks: tuple[BlockPass, ...]
    milliseconds: float

    def block(self, name: str) -> BlockPass:
        return next(block for block in self.blocks if block.name == name)

    def top(self, count: int = 5) -> list[int]:
        """The ``count`` most probable classes, best first."""
        order = np.argsort(-self.logits, kind="stable")
        return [int(index) for index in order[:count]]


@dataclass(frozen=True)
class Result:
    """What ``snapshot`` gave: the pass with the skips as they are set, and with all of them on.

    ``all_on`` is the same object as ``now`` where every gate is 1. Both have the same target.
    ``labels`` are the K class names; ``network_input`` is the picture as the network sees it,
    (S, S, 3) uint8, before normalisation; ``device`` the device in words.
    """

    snapshot: Snapshot
    structure: Structure
    labels: tuple[str, ...]
    weights: WeightsInfo
    device: str
    crop: Crop
    network_input: np.ndarray
    now: Pass
    all_on: Pass
