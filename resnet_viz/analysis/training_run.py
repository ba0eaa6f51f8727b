"""Training of the CIFAR networks, step by step: a generator that the caller drives and may drop."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks.norms import l2_norm
from resnet_viz.networks.preprocessing import MEAN, STD

FIXED_IMAGES = 5000
"""How many training images are measured after each epoch, always the same ones."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the same for all twins. Close to He 2015 (arXiv:1512.03385) §4.2.

    SGD with momentum; the learning rate starts at ``rate`` and is divided by 10 after each of
    ``drops``, as fractions of all epochs (there: after 32,000 and 48,000 of 64,000 steps). Images
    are flipped, shifted by up to 4 pixels and, with probability ``smoothing``, blurred by a
    Gaussian of σ between 0.2 and 1 pixel, so that the network does not lean on JPEG artefacts.
    """

    epochs: int = 60
    batch_size: int = 128
    rate: float = 0.1
    drops: tuple[float, ...] = (0.5, 0.75)
    momentum: float = 0.9
    weight_decay: float = 1e-4
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
    """One value for each finished epoch.

    ``train`` is the running mean over the epoch's augmented batches; ``fixed`` are the same
    `FIXED_IMAGES` training images as they are, and ``test`` the test set, both in evaluation mode
    after the epoch. ``gradient_norms`` are, for each convolution of `watched_convolutions`, the
    mean over the epoch's steps of the L2 norm of the loss's gradient (no weight decay in it).
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    fixed_loss: list[float] = field(default_factory=list)
    fixed_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    gradient_norms: dict[str, list[float]] = field(default_factory=dict)


def sample(data: LabelledImages, count: int) -> LabelledImages:
    """``count`` images evenly spread over ``data``, so that files sorted by class give all.

    All of them where there are no more.
    """
    there = len(data.labels)
    if count >= there:
        return data
    chosen = [number * there // count for number in range(count)]
    return LabelledImages(data.images[chosen], data.labels[chosen])


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


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """The rate during ``epoch``, counted from 0."""
    passed = sum(epoch >= round(drop * recipe.epochs) for drop in recipe.drops)
    return recipe.rate / 10**passed


def watched_convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The first and the last convolution and the first of each stage, by name, in order."""
    found = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1)
    }
    names = list(found)
    stages: dict[str, str] = {}
    for name in names:
        stages.setdefault(name.partition(".")[0], name)
    return {name: found[name] for name in dict.fromkeys((*stages.values(), names[-1]))}


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
        self.fixed = sample(train, FIXED_IMAGES)
        self.watched = watched_convolutions(network)
        self.history = History(gradient_norms={name: [] for name in self.watched})
        self.optimiser = torch.optim.SGD(
            network.parameters(),
            lr=recipe.rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history.test_accuracy)

    @property
    def finished(self) -> bool:
        return self.epoch >= self.recipe.epochs

    def run_epoch(self) -> Iterator[TrainingStep]:
        """Train for one epoch, yielding after each step; then measure what `History` keeps."""
        recipe = self.recipe
        generator = torch.Generator().manual_seed(recipe.seed * 100_003 + self.epoch)
        order = torch.randperm(len(self.train.labels), generator=generator)
        steps = math.ceil(len(order) / recipe.batch_size)
        labels = torch.from_numpy(self.train.labels)
        total_loss = total_correct = 0.0
        norms = dict.fromkeys(self.watched, 0.0)
        rate = learning_rate(recipe, self.epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        for step, chosen in enumerate(order.split(recipe.batch_size)):
            batch = augment(
                to_tensor(self.train.images[chosen.numpy()]), recipe.smoothing, generator
            )
            batch = normalise(batch).contiguous(memory_format=torch.channels_last)
            self.optimiser.zero_grad()
            logits = self.network(batch)
            loss = functional.cross_entropy(logits, labels[chosen])
            loss.backward()
            for name, convolution in self.watched.items():
                assert convolution.weight.grad is not None
                norms[name] += l2_norm(convolution.weight.grad).item() / steps
            self.optimiser.step()
            correct = float((logits.argmax(1) == labels[chosen]).sum())
            total_loss += loss.item() * len(chosen)
            total_correct += correct
            yield TrainingStep(self.epoch, step, steps, loss.item(), correct / len(chosen), rate)
        fixed_loss, fixed_accuracy = evaluate(self.network, self.fixed)
        test_loss, test_accuracy = evaluate(self.network, self.test)
        history = self.history
        history.train_loss.append(total_loss / len(order))
        history.train_accuracy.append(total_correct / len(order))
        history.fixed_loss.append(fixed_loss)
        history.fixed_accuracy.append(fixed_accuracy)
        history.test_loss.append(test_loss)
        history.test_accuracy.append(test_accuracy)
        history.rate.append(rate)
        for name, norm in norms.items():
            history.gradient_norms[name].append(norm)

    def save(self, path: Path) -> None:
        """Write a checkpoint with all that the run goes on from.

        It is on the disk under another name before it takes the last one's place, so a run, or a
        machine, that dies while writing leaves the last one whole.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save(
                {
                    "network": self.network.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "history": asdict(self.history),
                    "recipe": asdict(self.recipe),
                    "random": torch.get_rng_state(),
                },
                file,
            )
            file.flush()
            os.fsync(file.fileno())
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
        torch.set_rng_state(saved["random"])


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
