"""Input times gradient: Shrikumar 2016 (arXiv:1605.01713) §3."""

from __future__ import annotations

from resnet_viz.analysis.attribution.scene import Scene, Steps


def attribute(scene: Scene) -> Steps:
    """Shapes: → (S, S), signed."""
    yield 0, 1
    return (scene.image * scene.gradients(scene.image))[0].sum(dim=0)
