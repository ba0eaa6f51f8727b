"""Live training: a residual network and its plain twin, step by step, with a way back."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.analysis.checkpoints import Checkpoints
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.twins_data import Batches, TrainingData, loading
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.initialisation import initialise
from resnet_viz.networks.norms import l2_norm, numbers
from resnet_viz.results.live_training import (
    TWINS,
    GoTo,
    Pause,
    Resume,
    SetRate,
    Standing,
    StepOnce,
    TakeBack,
    TakenBack,
    TrainingRequest,
    Twin,
    TwinStep,
    layer_names,
)
from resnet_viz.results.task import IDLE

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4


@dataclass(frozen=True)
class Saved:
    """One twin after some step: copies of its parameters and buffers, and of its momentum."""

    network: dict[str, Tensor]
    momentum: list[Tensor]
    diverged: bool

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(t.numel() * t.element_size() for t in (*self.network.values(), *self.momentum))


class TwinTrainer:
    """One of the twins with its optimiser."""

    def __init__(self, twin: Twin, request: TrainingRequest) -> None:
        self.twin = twin
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(request.seed)
            network = CifarResNet(
                request.depth,
                "add" if twin == "residual" else "none",
                norm=request.norm,
                skip_init=request.skip_init,
            )
            initialise(network, request.initialisation)
        self.network = network.to(memory_format=torch.channels_last).train()
        self.optimiser = torch.optim.SGD(
            network.parameters(), lr=request.rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        modules = dict(network.named_modules())
        self._weights = [modules[name].weight for name in layer_names(request.depth)]
        self.diverged = False

    def step(self, number: int, images: Tensor, labels: Tensor, rate: float) -> TwinStep:
        """Train on one batch; after a loss that is no finite number it has ``diverged``."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        logits = self.network(images)
        loss = functional.cross_entropy(logits, labels)
        loss.backward()
        gradients = [weight.grad for weight in self._weights if weight.grad is not None]
        norms = numbers([l2_norm(gradient) for gradient in gradients])
        value = loss.item()
        accuracy = float((logits.argmax(1) == labels).sum()) / len(labels)
        if math.isfinite(value):
            self.optimiser.step()
        else:
            self.diverged = True
        return TwinStep(self.twin, number, value, accuracy, tuple(norms))

    def save(self) -> Saved:
        """Copies that later steps do not touch."""
        state = self.optimiser.state
        return Saved(
            {name: value.clone() for name, value in self.network.state_dict().items()},
            [state[p]["momentum_buffer"].clone() for p in self.network.parameters() if p in state],
            self.diverged,
        )

    def restore(self, saved: Saved) -> None:
        """Go back to what was saved."""
        self.network.load_state_dict(saved.network)
        self.optimiser.state.clear()
        for parameter, momentum in zip(self.network.parameters(), saved.momentum, strict=False):
            self.optimiser.state[parameter]["momentum_buffer"] = momentum.clone()
        self.diverged = saved.diverged


_Both = tuple[float, list[Saved]]
"""The learning rate, and what was saved of each twin."""


@dataclass(frozen=True)
class _Future:
    """What came after step ``since``, up to ``newest``, and was given up."""

    since: int
    newest: int
    saved: dict[int, _Both]


class TwinTraining:
    """Both twins, on the same batches, with checkpoints of all that decides how it goes on.

    No generator of random numbers has to be saved: a batch depends on the seed and the step alone.
    """

    def __init__(self, request: TrainingRequest, data: TrainingData) -> None:
        self.batches = Batches(data, request.batch_size, request.seed)
        self.twins = [TwinTrainer(twin, request) for twin in TWINS]
        self.rate = request.rate
        self.done = self.newest = self.told = 0
        self.checkpoints: Checkpoints[_Both] = Checkpoints()
        self._given_up: _Future | None = None
        self._save()

    @property
    def diverged(self) -> tuple[Twin, ...]:
        return tuple(one.twin for one in self.twins if one.diverged)

    @property
    def over(self) -> bool:
        """True if neither twin can go on."""
        return len(self.diverged) == len(self.twins)

    def standing(self, running: bool) -> Standing:
        steps = self.checkpoints.steps
        return Standing(self.done, self.newest, running, self.rate, steps, self.diverged, self.told)

    def begin(self) -> None:
        """Before going on: what came after the step that was gone back to is given up."""
        if self.done < self.newest:
            after = self.checkpoints.take_after(self.done)
            self._given_up = _Future(self.done, self.newest, after)
            self.newest = self.done

    def take_back(self) -> int | None:
        """To the end of what was given up last, for which what there is now is given up.

        Returns the step after which they differ; None if nothing was given up.
        """
        wanted = self._given_up
        if wanted is None or self.newest < wanted.since:
            return None
        self._save_the_newest()
        now = self.checkpoints.take_after(wanted.since)
        self._given_up = _Future(wanted.since, self.newest, now)
        self.checkpoints.put(wanted.saved)
        self.newest = wanted.newest
        self._restore(wanted.newest)
        return wanted.since

    def step(self) -> Iterator[TwinStep]:
        """One step of each twin that has not diverged."""
        images, labels = self.batches.at(self.done)
        for one in self.twins:
            if not one.diverged:
                yield one.step(self.done + 1, images, labels, self.rate)
        self.done = self.newest = self.done + 1
        if self.checkpoints.due(self.done):
            self._save()

    def go_to(self, step: int) -> None:
        """To the last checkpoint at or before ``step``; where it came from can be gone back to."""
        self._save_the_newest()
        self._restore(step)

    def _save_the_newest(self) -> None:
        if self.done == self.newest and self.done not in self.checkpoints.steps:
            self._save()

    def _restore(self, step: int) -> None:
        self.done, (self.rate, saved) = self.checkpoints.at_or_before(step)
        for one, its in zip(self.twins, saved, strict=True):
            one.restore(its)

    def _save(self) -> None:
        saved = [one.save() for one in self.twins]
        self.checkpoints.save(self.done, (self.rate, saved), sum(one.size for one in saved))


def run(request: TrainingRequest, context: TaskContext) -> Generator[object, None, None]:
    """The task of live training; it begins paused and goes on until it is stopped.

    Yields `TwinStep` after each twin's half of a step, and `Standing` whenever that changes other
    than by a step: at the start, after a command, a checkpoint or a divergence. Before the
    `Standing` that follows `TakeBack`, `TakenBack`.

    Raises:
        ValueError: there is no network of that depth, or it cannot be drawn that way.
        TaskError: the data cannot be had.
    """
    data = yield from loading(request.data)
    training = TwinTraining(request, data)
    running = False
    yield training.standing(running)
    while True:
        once = False
        for command in context.commands():
            training.told += 1
            match command:
                case Resume():
                    running = True
                case Pause():
                    running = False
                case StepOnce():
                    running, once = False, True
                case SetRate(rate):
                    training.rate = rate
                case GoTo(step):
                    running = once = False
                    training.go_to(step)
                case TakeBack():
                    running = once = False
                    since = training.take_back()
                    if since is not None:
                        yield TakenBack(since)
            if running or once:
                training.begin()
            yield training.standing(running)
        if training.over:
            running = once = False
        if not running and not once:
            yield IDLE
            continue
        before = training.checkpoints.steps, training.diverged
        yield from training.step()
        if training.over:
            running = False
        if once or before != (training.checkpoints.steps, training.diverged):
            yield training.standing(running)
