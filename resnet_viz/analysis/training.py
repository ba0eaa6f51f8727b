"""Training of the CIFAR networks, step by step: a generator that the caller drives and may drop."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.images.cifar10 import MEAN, STD, LabelledImages


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the same for both of a pair of twins.

    SGD with Nesterov momentum; the learning rate rises linearly to ``peak_rate`` over the first
    ``warmup`` of all steps and falls to zero along a half cosine. Images are flipped, shifted by up
    to 4 pixels (He 2015 §4.2) and, with probability ``smoothing``, blurred by a Gaussian of σ
    between 0.2 and 1 pixel, so that the network does not lean on JPEG artefacts.
    """

    epochs: int = 16
    batch_size: int = 128
    peak_rate: float = 0.15
    warmup: float = 0.15
    momentum: float = 0.9
    weight_decay: float = 5e-4
    smoothing: float = 0.4
    seed: int = 0


@dataclass(frozen=True)
class TrainingStep:
    """What one step of training measured; loss is cross-entropy in nats over the batch."""

    epoch: int
    step: int
    steps_per_epoch: int
    loss: float
    accuracy: float
    rate: float


@dataclass
class History:
    """Means over each finished epoch: training on augmented batches, test on the clean test set."""

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)


def normalise(images: Tensor, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """(N, 3, H, W) in [0, 1] to zero mean and unit variance over the training set.

    ``mean`` and ``std`` are that set's, for each channel; by default CIFAR-10's.
    """
    return (images - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)


def to_tensor(images: np.ndarray) -> Tensor:
    """(N, H, W, 3) uint8 to (N, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)


def smooth(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image (N, 3, H, W) by a Gaussian of its own ``sigma`` (N,), in pixels."""
    offsets = torch.arange(-2.0, 3.0)
    kernel = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    kernel /= kernel.sum(dim=1, keepdim=True)
    count, channels, height, width = images.shape
    kernel = kernel.repeat_interleave(channels, dim=0)
    flat = functional.pad(images, (2, 2, 2, 2), mode="reflect").reshape(
        1, -1, height + 4, width + 4
    )
    flat = functional.conv2d(flat, kernel.view(-1, 1, 5, 1), groups=count * channels)
    flat = functional.conv2d(flat, kernel.view(-1, 1, 1, 5), groups=count * channels)
    return flat.reshape(count, channels, height, width)


def augment(images: Tensor, smoothing: float, generator: torch.Generator) -> Tensor:
    """Flip, shift and blur a batch (N, 3, 32, 32) as `Recipe` says; the input is left as it is."""
    count = len(images)
    flipped = torch.rand(count, generator=generator) < 0.5
    images = torch.where(flipped[:, None, None, None], images.flip(3), images)
    images = shift(images, generator)
    blurred = torch.rand(count, generator=generator) < smoothing
    if blurred.any():
        sigma = 0.2 + 0.8 * torch.rand(int(blurred.sum()), generator=generator)
        images[blurred] = smooth(images[blurred], sigma)
    return images


def shift(images: Tensor, generator: torch.Generator) -> Tensor:
    """Move each image of a batch (N, C, H, W) by up to 4 pixels, mirrored at the edges."""
    count, channels, height, width = images.shape
    padded = functional.pad(images, (4, 4, 4, 4), mode="reflect")
    down, right = torch.randint(0, 9, (2, count), generator=generator)
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    batch = torch.arange(count)[:, None, None, None]
    channel = torch.arange(channels)[None, :, None, None]
    return padded[batch, channel, rows, columns]


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The rate after ``progress`` (0 to 1) of all steps."""
    if progress < recipe.warmup:
        return recipe.peak_rate * progress / recipe.warmup
    fraction = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.peak_rate * 0.5 * (1 + math.cos(math.pi * fraction))


class Trainer:
    """A network, its optimiser and its history, which can be saved after any epoch and resumed.

    The random numbers of each epoch depend only on the seed and the epoch's number, so a resumed
    run sees the same batches as one that was never interrupted.
    """

    def __init__(
        self, network: nn.Module, recipe: Recipe, train: LabelledImages, test: LabelledImages
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)
        self.recipe = recipe
        self.train, self.test = train, test
        self.history = History()
        self.optimiser = torch.optim.SGD(
            network.parameters(),
            lr=0.0,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=True,
        )

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history.test_accuracy)

    @property
    def finished(self) -> bool:
        return self.epoch >= self.recipe.epochs

    def run_epoch(self) -> Iterator[TrainingStep]:
        """Train for one epoch, yielding after each step, then measure the test set."""
        recipe = self.recipe
        generator = torch.Generator().manual_seed(recipe.seed * 100_003 + self.epoch)
        order = torch.randperm(len(self.train.labels), generator=generator)
        steps = math.ceil(len(order) / recipe.batch_size)
        labels = torch.from_numpy(self.train.labels)
        total_loss = total_correct = 0.0
        self.network.train()
        for step, chosen in enumerate(order.split(recipe.batch_size)):
            rate = learning_rate(recipe, (self.epoch + step / steps) / recipe.epochs)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            batch = augment(
                to_tensor(self.train.images[chosen.numpy()]), recipe.smoothing, generator
            )
            batch = normalise(batch).contiguous(memory_format=torch.channels_last)
            self.optimiser.zero_grad()
            logits = self.network(batch)
            loss = functional.cross_entropy(logits, labels[chosen])
            loss.backward()
            self.optimiser.step()
            correct = float((logits.argmax(1) == labels[chosen]).sum())
            total_loss += loss.item() * len(chosen)
            total_correct += correct
            yield TrainingStep(self.epoch, step, steps, loss.item(), correct / len(chosen), rate)
        test_loss, test_accuracy = evaluate(self.network, self.test)
        self.history.train_loss.append(total_loss / len(order))
        self.history.train_accuracy.append(total_correct / len(order))
        self.history.test_loss.append(test_loss)
        self.history.test_accuracy.append(test_accuracy)

    def save(self, path: Path) -> None:
        """Write a checkpoint; a run that dies while writing leaves the last one whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "history": asdict(self.history),
                "recipe": asdict(self.recipe),
            },
            partial,
        )
        partial.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: the checkpoint was made with another recipe.
        """
        saved = torch.load(path, weights_only=True)
        if saved["recipe"] != asdict(self.recipe):
            raise ValueError(
                f"{path} was trained with another recipe ({saved['recipe']}); "
                "delete it or give the same settings"
            )
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.history = History(**saved["history"])


@torch.inference_mode()
def evaluate(
    network: nn.Module, data: LabelledImages, batch_size: int = 500
) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy (0 to 1) on ``data``, in evaluation mode."""
    network.eval()
    total_loss = total_correct = 0.0
    for start in range(0, len(data.labels), batch_size):
        images = normalise(to_tensor(data.images[start : start + batch_size]))
        labels = torch.from_numpy(data.labels[start : start + batch_size])
        logits = network(images.contiguous(memory_format=torch.channels_last))
        total_loss += float(functional.cross_entropy(logits, labels, reduction="sum"))
        total_correct += float((logits.argmax(1) == labels).sum())
    return total_loss / len(data.labels), total_correct / len(data.labels)
