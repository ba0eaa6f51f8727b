"""The gradient of the score: Simonyan 2013 (arXiv:1312.6034) §3."""

from __future__ import annotations

from resnet_viz.analysis.attribution.scene import Scene, Steps, greatest


def attribute(scene: Scene) -> Steps:
    """Shapes: → (S, S), ≥ 0."""
    yield 0, 1
    return greatest(scene.gradients(scene.image)[0])
