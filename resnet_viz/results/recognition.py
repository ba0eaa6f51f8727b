"""What is asked and found out about a user's file of weights."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.networks.choice import WeightsChoice


@dataclass(frozen=True)
class RecogniseRequest:
    """The file at ``path``; of several networks that it fits, ``preferred``."""

    path: str
    preferred: str


@dataclass(frozen=True)
class Recognised:
    """The network and the weights to open, and a sentence about what was guessed."""

    network: str
    weights: WeightsChoice
    sentence: str


@dataclass(frozen=True)
class NotRecognised:
    """The sentence says where the file differs from the network that is ``nearest``."""

    nearest: str
    sentence: str
