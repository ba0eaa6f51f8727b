"""The running statistics as a witness: was the network read as it was trained?

A trained batch norm has stored the mean and the variance of what it was given (arXiv:1502.03167).
Run on photos, a network that was read right gives its norms about the same again, and one with
another activation, other shortcuts or another stride does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import gallery
from resnet_viz.images.photo import Crop, network_picture
from resnet_viz.networks.builder import BuiltResNet, build
from resnet_viz.networks.own import opened_as
from resnet_viz.networks.preprocessing import IMAGENET, Preprocessing
from resnet_viz.networks.reading.reading import Assumption, Loadable, Reading, build_with_weights
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Cancelled, Progress
from resnet_viz.results.witness import (
    CLEARLY,
    DOUBTFUL,
    FITS,
    Fit,
    Tried,
    WitnessRequest,
    WitnessResult,
)

PHOTOS = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle")
_MOST_PIXELS = 64 * 32 * 32
"""Of a batch: 64 crops of 32×32. There are 16 crops at least."""

NO_STATISTICS = "It has no statistics from training, so that nothing tells if it was read right"

_SMALLEST = 1e-5  # of a variance: that of a channel which is always 0

_SEED = 0


def crops(made_for: Preprocessing, channels: int) -> Tensor:
    """Squares out of the sample photos, (N, C, S, S), normalised; the same ones every time.

    Of channels beyond the third there is nothing to show: they repeat the first ones. One channel
    is the mean of the three.
    """
    count = max(16, _MOST_PIXELS // made_for.size**2)
    random = np.random.RandomState(_SEED)
    photos = [gallery.load_sample(name) for name in PHOTOS]
    pictures = []
    for number in range(count):
        photo = photos[number % len(photos)]
        side = min(photo.width, photo.height) * random.uniform(0.4, 1.0)
        left = random.uniform(0, photo.width - side)
        top = random.uniform(0, photo.height - side)
        picture = network_picture(photo, Crop(left, top, side), made_for.size)
        pictures.append(picture[:, ::-1] if number % 2 else picture)
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div_(255)
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (made_for.mean, made_for.std))
    batch = (batch - mean) / std
    if channels == 1:
        return batch.mean(1, keepdim=True)
    return batch[:, [number % 3 for number in range(channels)]]


@torch.no_grad()
def fit(network: nn.Module, batch: Tensor) -> Fit | None:
    """How far what each norm sees on ``batch`` is from what it stored; None if none has stored.

    The measure is Bhattacharyya's distance of two normal distributions with these means and
    variances, ¼(μ₁ − μ₂)²/(σ₁² + σ₂²) + ½ ln((σ₁² + σ₂²)/(2σ₁σ₂)), averaged over channels.
    """
    layers: list[tuple[str, float]] = []

    def watch(name: str, norm: nn.BatchNorm2d) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            assert norm.running_var is not None
            assert norm.running_mean is not None
            seen, mean = torch.var_mean(inputs[0], (0, 2, 3))
            seen, mean = seen.double().clamp_min(_SMALLEST), mean.double()
            stored = norm.running_var.double().clamp_min(_SMALLEST)
            both = seen + stored
            apart = (mean - norm.running_mean).square() / both / 4
            apart = apart + (both / (2 * (seen * stored).sqrt())).log() / 2
            layers.append((name, float(apart.mean().nan_to_num(torch.inf))))

        return norm.register_forward_pre_hook(hook)

    handles = [
        watch(name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None
    ]
    try:
        if handles:
            network(batch)
    finally:
        for handle in handles:
            handle.remove()
    return Fit(tuple(layers), len(batch)) if layers else None


def has_seen_data(network: nn.Module) -> bool:
    """True unless the norms have no statistics, or those that they are made with: 0 and 1."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            assert module.running_mean is not None
            if bool((module.running_mean != 0).any() or (module.running_var != 1).any()):
                return True
    return False


@dataclass(frozen=True)
class Witnessed:
    """The reading that fits best, how well, what else was ``tried``, and sentences on it."""

    reading: Reading
    fit: Fit | None
    tried: tuple[Tried, ...]
    sentences: tuple[str, ...]


_CHECKED = ("combine", "pad", "stem", "activation", "raw", "stride", "basic stride", "projection",
            "first stage", "stem activation", "squeeze", "dilation", "blur")  # fmt: skip
"""The assumptions that statistics may tell, in the order in which most is lost with them."""


def witnessed(
    reading: Reading,
    tensors: Mapping[str, Loadable],
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Progress | Witnessed]:
    """Compare the reading with its other choices, one assumption after the other, and give the one
    that fits best. Where statistics cannot tell, or nothing fits, the guesses stay.

    Raises:
        Cancelled: ``cancelled`` said so.
        WeightsError: the file's numbers cannot be read or used.
    """
    network = build_with_weights(reading, tensors)
    if not has_seen_data(network):
        yield Witnessed(reading, None, (), (NO_STATISTICS,))
        return
    made_for = reading.preprocessing or Preprocessing(224, IMAGENET.mean, IMAGENET.std)
    batch = crops(made_for, reading.architecture.channels)
    found = fit(network, batch)
    if found is None:
        yield Witnessed(reading, None, (), (NO_STATISTICS,))
        return
    state = {name: value for name, value in network.state_dict().items() if "head." not in name}
    asked = [one for key in _CHECKED for one in reading.assumptions if one.key == key]
    asked = [one for one in asked if not one.sure]
    todo, done = sum(len(one.alternatives) for one in asked), 0
    tried: list[Tried] = []
    said: list[str] = []
    for assumption in asked:
        results: dict[str, Fit] = {assumption.guess: found}
        for choice in assumption.alternatives:
            yield Progress(f"Comparing with {assumption.what}: {choice}", done, todo)
            if cancelled():
                raise Cancelled
            other = reading.chosen(assumption.key, choice)
            result = _fit_of(other, state, batch)
            tried.append(Tried(assumption.key, choice, None if result is None else result.mean))
            if result is not None:
                results[choice] = result
            done += 1
        reading, found, sentence = _judged(reading, assumption, results)
        said += [sentence] if sentence else []
    yield Witnessed(reading, found, tuple(tried), (found.text, *said))


def _fit_of(reading: Reading, state: Mapping[str, Tensor], batch: Tensor) -> Fit | None:
    """How another reading of the same numbers fits; None if it cannot be run on such pictures."""
    with torch.device("meta"):
        network: BuiltResNet = build(reading.architecture)
    network.head = nn.Sequential()
    network.load_state_dict(state, assign=True)
    try:
        return fit(network, batch)
    except RuntimeError:
        return None  # maps became smaller than a pool's window


def _judged(
    reading: Reading, assumption: Assumption, results: Mapping[str, Fit]
) -> tuple[Reading, Fit, str]:
    """The better choice, how it fits, and a sentence if the guess was wrong."""
    guess = results[assumption.guess]
    best = min(results, key=lambda choice: results[choice].mean)
    taken, sentence = assumption.guess, ""
    if results[best].mean <= DOUBTFUL and results[best].mean <= CLEARLY * guess.mean:
        taken = best
        sentence = (
            f"{assumption.what[0].upper()}{assumption.what[1:]} is taken as {best}, which fits "
            f"the statistics ({results[best].mean:.3f}), and not as {assumption.guess} "
            f"({guess.mean:.3f})"
        )
        reading = reading.chosen(assumption.key, best)
    own = results[taken].mean
    near = [
        choice for choice in results if choice != taken and results[choice].mean * CLEARLY < own
    ]
    if own <= FITS:
        reason = f"it fits the statistics: {own:.3f}"
        if near:
            reason += f", but so do {', '.join(near)}"
        others = tuple(
            replace(one, reason=reason, sure=not near) if one.key == assumption.key else one
            for one in reading.assumptions
        )
        reading = replace(reading, assumptions=others)
    return reading, results[taken], sentence


def judge(
    reading: Reading,
    tensors: Mapping[str, Loadable],
    cancelled: Callable[[], bool] = lambda: False,
) -> Witnessed:
    """As `witnessed`, in one go.

    Raises:
        Cancelled: ``cancelled`` said so.
        WeightsError: the file's numbers cannot be read or used.
    """
    *_, last = witnessed(reading, tensors, cancelled)
    assert isinstance(last, Witnessed)
    return last


def run(request: WitnessRequest, context: TaskContext) -> Iterator[object]:
    """The fit of the network on screen, and of its other readings if it came from a file.

    Raises:
        As `Session.subject`, and WeightsError if the file can no longer be read.
    """
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    on = Measured(request.snapshot, subject.spec.title, subject.weights)
    choice = request.snapshot.weights
    read = choice.kind == "file" and choice.reading is not None and choice.reading.spec is not None
    if read:
        opened = opened_as(choice)
        for update in witnessed(opened.reading, opened.candidate.tensors, context.cancelled):
            if isinstance(update, Witnessed):
                before = {one.key: one.guess for one in opened.reading.assumptions}
                better = tuple(
                    (one.key, one.guess)
                    for one in update.reading.assumptions
                    if before.get(one.key) != one.guess
                )
                yield WitnessResult(on, update.fit, update.tried, better, update.sentences)
            else:
                yield update
        return
    found = None
    if has_seen_data(subject.network):
        batch = crops(subject.spec.preprocessing, subject.spec.channels)
        found = fit(subject.network, batch.to(subject.image.device))
    text = NO_STATISTICS if found is None else found.text
    yield WitnessResult(on, found, (), (), (text,))
