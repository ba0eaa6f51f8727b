"""Networks before ResNet that are not taken from torchvision as they are; AlexNet and VGG are."""

from __future__ import annotations

from torch import Tensor, nn


class LeNet5(nn.Module):
    """C1, S2, C3, S4, C5, F6 and the output of LeCun 1998 (Proc. IEEE 86(11), section II.B).

    Shapes: (N, 1, 32, 32), shades of grey → (N, ``num_classes``) logits.

    Four things are as people build it today, not as in 1998. S2 and S4 are plain averages, without
    a weight and a bias for each map. Every map of C3 sees all maps of S2, where table I connects
    some only. tanh has no factors of 1.7159 and 2/3. The output is linear, where 1998 measured
    distances to a drawing of each digit.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Conv2d(16, 120, 5),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, num_classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                # U(±2.4/fan_in), as in appendix A of the paper.
                most = 2.4 / module.weight[0].numel()
                nn.init.uniform_(module.weight, -most, most)
                assert module.bias is not None
                nn.init.uniform_(module.bias, -most, most)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(x))
        return logits


def googlenet(num_classes: int = 1000) -> nn.Module:
    """torchvision's GoogLeNet (Szegedy 2014, arXiv:1409.4842) without its auxiliary classifiers.

    They serve training only. As with torchvision's own weights, the input is normalised for
    ImageNet and taken to a mean and a deviation of 0.5 within. The 5×5 convolutions of the paper
    are 3×3 in torchvision.
    """
    from torchvision.models import GoogLeNet

    return GoogLeNet(num_classes, aux_logits=False, transform_input=True, init_weights=True)
