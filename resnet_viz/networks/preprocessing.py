"""How a picture becomes a network's input: its size, and how its pixels are normalised."""

from __future__ import annotations

from dataclasses import dataclass

Triple = tuple[float, float, float]

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
"""Mean and standard deviation of CIFAR-10's training set, by channel; pixels in [0, 1]."""


@dataclass(frozen=True)
class Normalisation:
    """(pixel − ``mean``) / ``std`` for pixels in [0, 1], for each of the three channels."""

    title: str
    mean: Triple
    std: Triple


IMAGENET = Normalisation("ImageNet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CIFAR10 = Normalisation("CIFAR-10", MEAN, STD)
HALF = Normalisation("0.5 / 0.5 (−1 to 1)", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NONE = Normalisation("None (0 to 1)", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

NORMALISATIONS = {"imagenet": IMAGENET, "cifar10": CIFAR10, "half": HALF, "none": NONE}
"""Those in common use, by the names that the command line has for them."""


@dataclass(frozen=True)
class Preprocessing:
    """``size`` is the side of the square input in pixels; the rest is as in `Normalisation`."""

    size: int
    mean: Triple
    std: Triple

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 2048:
            raise ValueError(f"an input of {self.size} pixels is out of range; choose 1 to 2048")
        for value in self.std:
            if not value > 0:
                raise ValueError(f"a standard deviation of {value} is not above 0")

    @property
    def title(self) -> str:
        """The size, and the name of the normalisation if it has one."""
        for known in NORMALISATIONS.values():
            if (known.mean, known.std) == (self.mean, self.std):
                return f"{self.size}×{self.size}, {known.title}"
        return f"{self.size}×{self.size}, mean {self.mean}, deviation {self.std}"
