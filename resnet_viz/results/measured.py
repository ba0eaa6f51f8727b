"""What the results of all instruments have in common: what they were measured on. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class Measured:
    """The snapshot that a result was measured on, and its network in words.

    ``network`` is the network's title, such as "ResNet-20".
    """

    snapshot: Snapshot
    network: str
    weights: WeightsInfo

    @property
    def text(self) -> str:
        """What was measured, for the user: network, weights and photo."""
        weights = self.weights.title if self.weights.trained else "untrained"
        return f"{self.network} ({weights}), photo “{self.snapshot.photo.name}”"
