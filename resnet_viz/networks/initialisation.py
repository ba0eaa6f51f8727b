"""How the weights of a CIFAR network are drawn before training."""

from __future__ import annotations

from torch import nn

from resnet_viz.networks.cifar import CifarResNet, initialise_he
from resnet_viz.networks.family import Initialisation
from resnet_viz.networks.kinds import has_skip, residual_blocks


def initialise(network: CifarResNet, choice: Initialisation) -> None:
    """Draw the convolutions of a network that was just made; the classifier stays as torch drew it.

    "default" leaves everything as torch drew it: U(±1/√fan_in), biases too, which is a variance of
    1/(3·fan_in). "he" is N(0, 2/fan_out) with biases of 0 (arXiv:1502.01852 eq. 10 and 14).
    "xavier" is U(±√(6/(fan_in + fan_out))) with biases of 0 (Glorot & Bengio 2010 eq. 16). "zero"
    is "he", and sets γ = 0 in the last norm of every block that has a skip (arXiv:1706.02677 §5.1).

    Raises:
        ValueError: "zero" is asked for, and the network has no norm.
    """
    if choice == "zero" and not isinstance(network.bn1, nn.BatchNorm2d):
        raise ValueError(
            "Zero-init sets the last batch norm of each block to 0, and this network has none; "
            "switch batch norm on or choose another initialisation"
        )
    if choice in ("he", "zero"):
        initialise_he(network)
    if choice == "xavier":
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    if choice == "zero":
        for block in residual_blocks(network).values():
            if has_skip(block):
                nn.init.zeros_(block.get_parameter("bn2.weight"))
