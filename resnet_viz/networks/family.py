"""What can be chosen about a CIFAR network, in words; it needs no torch."""

from __future__ import annotations

from typing import Literal

Combine = Literal["add", "concat", "none"]
"""How a block's two paths meet: added, concatenated along channels, or no second path at all."""

Shortcut = Literal["pad", "projection"]
"""What lies on the second path where the shape changes: option A or B of He 2015 §3.3."""

Nonlinearity = Literal["relu", "leaky relu", "tanh", "gelu", "identity"]

Initialisation = Literal["default", "he", "xavier", "zero"]
"""How the weights are drawn; see `resnet_viz.networks.initialisation`."""

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)  # fmt: skip
"""The classes of CIFAR-10, in the order of their numbers."""
