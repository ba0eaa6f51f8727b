"""A session turns snapshots into results; it keeps the network and the all-skips-on pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis import devices, memory
from resnet_viz.analysis.probe import Prober
from resnet_viz.images.photo import Crop, clamp_crop, default_crop, network_picture
from resnet_viz.images.planes import grey, planes
from resnet_viz.networks import weights
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.norms import use_batch_statistics
from resnet_viz.networks.skips import SkipGates
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Pass, Result, Snapshot
from resnet_viz.results.task import Cancelled

Announce = Callable[[str, int, int], None]
"""Called with what is being done in words, how much of it is done, and how much there is."""

UNTRAINED_SEED = 0


def _ignore(text: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Subject:
    """A network of its own to experiment on, in evaluation mode, with its gates all on.

    ``image`` is (1, C, S, S), normalised, on the network's device; ``picture`` the same before
    normalisation, (S, S, 3) uint8.
    """

    spec: NetworkSpec
    structure: Structure
    network: nn.Module
    gates: SkipGates
    image: Tensor
    picture: np.ndarray
    labels: tuple[str, ...]
    weights: WeightsInfo


class Session:
    """Runs passes one after the other; made for one thread. Both the GUI and the CLI use it."""

    def __init__(self) -> None:
        self._loaded: tuple[str, WeightsChoice] | None = None
        self._baseline: tuple[Snapshot, Pass] | None = None

    def run(
        self,
        snapshot: Snapshot,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Announce = _ignore,
        structure_known: Callable[[Structure], None] = lambda structure: None,
    ) -> Result:
        """The pass that ``snapshot`` asks for, and the same with all skips on.

        Only what has changed since the last call is computed: a toggled skip costs one pass.
        ``structure_known`` is called as soon as a network that is not yet loaded can be drawn.

        Raises:
            Cancelled: ``cancelled`` said so.
            weights.WeightsError: the weights cannot be loaded; WeightsUnavailable if they are
                not at hand and could not be fetched.
            devices.DeviceError: there is no such device.
            ValueError: the network, a gate's block or the target does not exist.
        """
        spec = snapshot.spec
        device = devices.resolve(snapshot.device)
        structure = build_structure(spec)
        self._load(spec, snapshot.weights, cancelled, progress, structure_known)
        if next(self._network.parameters()).device != device:
            self._network.to(device)
            self._prober.forget()
        labels = labels_of(snapshot)
        if snapshot.target is not None and not 0 <= snapshot.target < len(labels):
            raise ValueError(
                f"there is no class {snapshot.target}; {spec.title} knows 0 to {len(labels) - 1}"
            )
        crop, picture, image = _input(snapshot, spec, torch.device("cpu"))

        all_on = self._all_on(snapshot, image, cancelled)
        now = all_on
        if not snapshot.gates.all_on:
            self._gates.set(snapshot.gates)
            now = self._prober.probe(image, all_on.target, cancelled)
        return Result(
            snapshot,
            structure,
            labels,
            self._weights,
            devices.title(device),
            crop,
            picture,
            now,
            all_on,
        )

    def subject(
        self,
        snapshot: Snapshot,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Announce = _ignore,
    ) -> Subject:
        """A copy of the network that ``snapshot`` asks for, with its input, to experiment on.

        The network that `run` has loaded stays, whichever this one is.

        Raises:
            As `run`.
        """
        spec = snapshot.spec
        device = devices.resolve(snapshot.device)
        if self._loaded == _what_is_loaded(spec, snapshot.weights):
            network, info = drawn(spec), self._weights
            network.load_state_dict(self._network.state_dict())
        else:
            network, info = _loaded(spec, snapshot.weights, cancelled, progress)
        network.requires_grad_(False).eval().to(device)
        if not info.trained:
            use_batch_statistics(network)
        _, picture, image = _input(snapshot, spec, device)
        return Subject(
            spec,
            build_structure(spec),
            network,
            SkipGates(network),
            image,
            picture,
            labels_of(snapshot),
            info,
        )

    def _all_on(self, snapshot: Snapshot, image: Tensor, cancelled: Callable[[], bool]) -> Pass:
        """The pass with every gate open, from the last time where nothing else has changed."""
        asked = replace(snapshot, gates=GateSettings())
        if self._baseline is None or self._baseline[0] != asked:
            self._gates.set(asked.gates)
            result = self._prober.probe(image, asked.target, cancelled)
            self._baseline = (asked, result)
        return self._baseline[1]

    def _load(
        self,
        spec: NetworkSpec,
        choice: WeightsChoice,
        cancelled: Callable[[], bool],
        progress: Announce,
        structure_known: Callable[[Structure], None],
    ) -> None:
        wanted = _what_is_loaded(spec, choice)
        if self._loaded == wanted:
            return
        structure_known(build_structure(spec))
        network, info = _loaded(spec, choice, cancelled, progress)
        self._network = network.requires_grad_(False).eval()
        if not info.trained:
            use_batch_statistics(network)
        self._gates = SkipGates(network)
        self._prober = Prober(network, self._gates)
        self._weights: WeightsInfo = info
        self._loaded = wanted
        self._baseline = None
        memory.release()  # that of the network before, which is gone by now


def drawn(spec: NetworkSpec) -> nn.Module:
    """The network as it is drawn for a bare initialisation, the same every time."""
    # So that a lecture can be repeated.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(UNTRAINED_SEED)
        return spec.build()


def _what_is_loaded(spec: NetworkSpec, choice: WeightsChoice) -> tuple[str, WeightsChoice]:
    """The choice without names of classes and preprocessing, which change nothing about it."""
    return spec.name, replace(choice, labels=(), preprocessing=None)


def _loaded(
    spec: NetworkSpec, choice: WeightsChoice, cancelled: Callable[[], bool], progress: Announce
) -> tuple[nn.Module, WeightsInfo]:
    """A new network with the chosen weights, and what is known about them."""
    text = f"Loading the weights of {spec.title}"

    def report(done: int, total: int) -> None:
        progress(text, done, total)

    report(0, 0)
    network = drawn(spec)
    try:
        return network, weights.load(network, spec, choice, report, cancelled)
    except weights.DownloadCancelled as error:
        raise Cancelled from error


def _input(
    snapshot: Snapshot, spec: NetworkSpec, device: torch.device
) -> tuple[Crop, np.ndarray, Tensor]:
    """The crop, the picture in it and the network's input."""
    asked = snapshot.crop or default_crop(snapshot.photo, spec.crop_fraction)
    crop = clamp_crop(asked, snapshot.photo)
    picture = network_picture(snapshot.photo, crop, spec.input_size)
    if spec.channels == 1:
        picture = grey(picture)
    return crop, picture, as_input(picture, spec).to(device)


def as_input(picture: np.ndarray, spec: NetworkSpec) -> Tensor:
    """(S, S, 3) uint8 sRGB → (1, C, S, S) float32, normalised as the network was trained.

    C is the network's number of channels; see `planes` for what each gets.
    """
    shown = planes(picture, spec.channels)
    image = torch.from_numpy(shown).permute(2, 0, 1).float().div_(255)
    which = torch.arange(spec.channels) % 3
    mean, std = (torch.tensor(values)[which].view(-1, 1, 1) for values in (spec.mean, spec.std))
    return ((image - mean) / std).unsqueeze(0)


def labels_of(snapshot: Snapshot) -> tuple[str, ...]:
    """The user's names for the classes if there are any, else the network's own.

    Raises:
        ValueError: there are more or fewer names than classes.
    """
    spec, labels = snapshot.spec, snapshot.weights.labels
    if labels and len(labels) != spec.classes:
        raise ValueError(
            f"there are {len(labels)} names for the {spec.classes} classes of {spec.title}; "
            "give as many names as classes"
        )
    return labels or weights.class_labels(spec)
