"""What a command that runs a network is asked for: images, the network, its weights, its skips."""

from __future__ import annotations

import argparse
import hashlib
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from resnet_viz.analysis.recognition import recognised, taken
from resnet_viz.commands.command import InputError, network_called
from resnet_viz.commands.terminal import bar, remark
from resnet_viz.images.photo import Photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.class_names import read_class_names
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.own import Own, open_own
from resnet_viz.networks.preprocessing import NORMALISATIONS, Preprocessing
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.weights import WeightsError, class_labels, file_of, find_class
from resnet_viz.results.result import DeviceChoice, Result, Snapshot

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


def network_options(parser: argparse.ArgumentParser) -> None:
    """Let ``parser`` take images, a network and how it is set, as `Asked` reads them."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="an image file, a folder, or - for standard input",
    )
    parser.add_argument(
        "--network", help=f"default: {catalog.DEFAULT}, or the one that the checkpoint is for"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--checkpoint", metavar="FILE", help="your own weights, from a file")
    parser.add_argument(
        "--part", metavar="NAME", help="which of several networks in the checkpoint"
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set what the checkpoint cannot show, such as pad='zeros after'; can be given several "
        "times; --assume list says what there is",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare how the checkpoint was read with the statistics in it; takes up to a minute",
    )
    which.add_argument("--untrained", action="store_true", help="the bare initialisation")
    parser.add_argument(
        "--skips",
        default="on",
        metavar="on|off|stage:2|block:layer3.1",
        help="which skips are off: none, all, a stage's, a block's (several: separate by commas)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="names of the classes: a text with one a line, or JSON",
    )
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="side of the input; default: the network's own"
    )
    parser.add_argument(
        "--normalise",
        "--normalize",
        choices=tuple(NORMALISATIONS),
        help="mean and deviation of the input; default: the network's own",
    )
    parser.add_argument("--target", help="class name or number; default: the top class")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))


@dataclass(frozen=True)
class Asked:
    """What `network_options` took, read."""

    network: str
    weights: WeightsChoice
    gates: GateSettings
    target: int | None
    device: DeviceChoice

    @classmethod
    def of(cls, given: argparse.Namespace) -> Asked:
        """Read what was typed.

        Raises:
            InputError: it cannot be done; WeightsError if the checkpoint cannot be read.
        """
        from resnet_viz.networks.walk import build_structure

        own, weights = _weights(given)
        try:
            spec = own.adapted(weights.classes, weights.preprocessing)
            gates = parse_skips(given.skips, build_structure(spec))
            labels = weights.labels or class_labels(spec)
            target = None if given.target is None else find_class(labels, given.target)
        except ValueError as error:
            raise InputError(str(error)) from None
        return cls(spec.name, weights, gates, target, given.device)

    def snapshot(self, photo: Photo) -> Snapshot:
        """The pass that was asked for, on ``photo``."""
        return Snapshot(
            self.network, photo, None, self.weights, self.gates, self.target, self.device
        )


def parse_skips(text: str, structure: Structure) -> GateSettings:
    """Gates from "on", "off", or a list such as "stage:2,block:layer3.1" of skips to close.

    Raises:
        ValueError: a part of ``text`` is none of these, or the network has no such skip.
    """
    closed: list[str] = []
    for part in text.split(","):
        kind, _, name = part.strip().partition(":")
        if structure.why_no_skips and part.strip() != "on":
            raise ValueError(structure.why_no_skips)
        if kind == "off" and not name:
            closed += structure.skips
        elif kind == "stage":
            stages = {str(stage.number): stage for stage in structure.stages}
            if name not in stages:
                raise ValueError(
                    f"{structure.title} has no stage {name!r}; choose one of {', '.join(stages)}"
                )
            closed += stages[name].skips
        elif kind == "block":
            if not structure.block(name).has_skip:
                raise ValueError(f"block {name} of {structure.title} has no skip to switch off")
            closed.append(name)
        elif part.strip() != "on":
            raise ValueError(f"skips {part.strip()!r} is not on, off, stage:NUMBER or block:NAME")
    return GateSettings().with_skips(closed, 0.0)


def _weights(given: argparse.Namespace) -> tuple[catalog.NetworkSpec, WeightsChoice]:
    """The network and the weights that were asked for.

    A checkpoint is for the network that it fits, whatever the default network is; one that was
    asked for by name has to be among those that it fits.
    """
    own = network_called(given.network or catalog.DEFAULT)
    weights = WeightsChoice("untrained" if given.untrained else "default")
    if given.checkpoint:
        path = Path(given.checkpoint)
        opened = _as_typed(given.checkpoint, _checkpoint, path, own.name, given.part)
        choices = _assumed(given.assume, opened)
        if choices:
            prefix = opened.candidate.prefix
            opened = _as_typed(given.checkpoint, open_own, path, own.name, prefix, choices)
        if given.network and opened.network != own.name:
            known = "" if opened.match is None else f", or say --network {opened.network}"
            raise InputError(
                f"{given.checkpoint} is not for {own.title} but for {opened.spec.title}; "
                f"leave out --network{known}"
            )
        also: tuple[str, ...] = ()
        if given.check and opened.reading is not None:
            from resnet_viz.analysis.witness import judge

            found = judge(opened.reading, opened.candidate.tensors)
            opened, also = taken(opened, own.name, choices, found), found.sentences
        own, weights = opened.spec, opened.weights
        settled = {"size"} if given.size is not None else set()
        settled |= {"normalisation"} if given.normalise is not None else set()
        remark(_how_read(opened, also, settled))
    elif given.assume:
        raise InputError("--assume is about a checkpoint; give one with --checkpoint")
    if given.labels is not None:
        labels = read_class_names(given.labels)
        count = weights.classes or own.classes
        if len(labels) != count:
            raise InputError(
                f"{given.labels} has {len(labels)} names for {count} classes; give as many names"
            )
        weights = replace(weights, labels=labels)
    if given.size is not None or given.normalise is not None:
        normalise = NORMALISATIONS.get(given.normalise, own.preprocessing)
        try:
            size = own.input_size if given.size is None else given.size
            changed = Preprocessing(size, normalise.mean, normalise.std)
        except ValueError as error:
            raise InputError(str(error)) from None
        weights = replace(weights, preprocessing=changed)
    return own, weights


def _checkpoint(path: Path, preferred: str, part: str | None) -> Own:
    """The network in a file, or the one that is called ``part`` of several."""
    opened = open_own(path, preferred)
    if part is None or opened.candidate.title == part:
        return opened
    for one in opened.candidates:
        if one.title == part:
            return open_own(path, preferred, one.prefix)
    titles = ", ".join(one.title for one in opened.candidates if one.title)
    raise InputError(
        f"{path.name} holds no network called {part!r}; "
        + (f"there are {titles}" if titles else "it holds one, so leave out --part")
    )


def _assumed(asked: Sequence[str], opened: Own) -> tuple[tuple[str, str], ...]:
    """What was typed after each --assume, as (assumption, choice) pairs.

    Raises:
        InputError: one of them is not known; the sentence lists what there is.
    """
    there = () if opened.reading is None else opened.reading.assumptions
    made = []
    for text in asked:
        name, _, value = (part.strip() for part in text.partition("="))
        found = next((one for one in there if name.lower() == one.key), None)
        if found is None:
            names = "; ".join(f"{one.key} ({', '.join(one.choices)})" for one in there)
            raise InputError(
                f"--assume {text!r} names nothing that {opened.contents.path.name} leaves open; "
                + (f"choose from: {names}" if names else "leave it out")
            )
        choice = next((one for one in found.choices if value.lower() == one.lower()), None)
        if choice is None:
            raise InputError(
                f"{value!r} is no choice for {found.key}, {found.what}; choose one of: "
                f"{', '.join(found.choices)}"
            )
        made.append((found.key, choice))
    return tuple(made)


def _as_typed(
    typed: str, read: Callable[Arguments, Value], *given: Arguments.args, **named: Arguments.kwargs
) -> Value:
    """What ``read`` gives; a sentence that begins with the file's name begins with all of it.

    Raises:
        InputError: the file cannot be read; or one that ``read`` raises.
    """
    try:
        return read(*given, **named)
    except (WeightsError, ValueError) as error:
        name, text = Path(typed).name, str(error)
        raise InputError(typed + text[len(name) :] if text.startswith(name) else text) from None


def _how_read(opened: Own, also: tuple[str, ...], settled: set[str]) -> str:
    """How the checkpoint was understood, with the options that change what was guessed."""
    sentence = recognised(opened, also, settled=settled).sentence
    guessed = opened.guessed - settled
    options = [f"--{name}" for name in ("size", "normalise") if _OPTIONS[name] in guessed]
    if guessed - set(_OPTIONS.values()):
        options.append("--assume")
    if options:
        sentence += f" If a guess is wrong, say {' or '.join(options)}."
    return sentence


_OPTIONS = {"size": "size", "normalise": "normalisation"}
"""The options that settle an assumption about the input."""


def run_pass(session: Session, snapshot: Snapshot) -> Result:
    """The result, with a bar on standard error, if that is a terminal, during a download.

    Raises:
        InputError: the device or what is set does not fit, or there is not enough memory.
    """
    from resnet_viz.analysis import devices

    with bar(unit="B", unit_scale=True, unit_divisor=1024, delay=0.2) as shown:

        def show(text: str, done: int, total: int) -> None:
            if total and not shown.disable:
                shown.set_description(text, refresh=False)
                shown.total = total
                shown.update(done - shown.n)

        try:
            return session.run(snapshot, progress=show)
        except (devices.DeviceError, ValueError) as error:
            raise InputError(str(error)) from None
        except (MemoryError, RuntimeError) as error:
            if (sentence := devices.why_failed(error, snapshot.network)) is None:
                raise
            raise InputError(sentence) from None


def reproducible(result: Result) -> dict[str, Any]:
    """All that one has to know to get ``result`` again, but for the image, as plain values."""
    snapshot, crop = result.snapshot, result.crop
    spec = snapshot.spec
    file = file_of(spec, snapshot.weights)
    return {
        "network": snapshot.network,
        "weights": result.weights.title,
        "weights_sha256": None if file is None else _sha256(file),
        "trained": result.weights.trained,
        "preprocessing": {
            "crop": {"x": crop.x, "y": crop.y, "size": crop.size},
            "size": spec.input_size,
            "mean": list(spec.mean),
            "std": list(spec.std),
        },
        "device": result.device,
        "versions": versions(),
    }


@lru_cache
def versions() -> dict[str, str]:
    """Of the program, Python, and what computes."""
    found = {"resnet-viz": version("resnet-viz"), "python": platform.python_version()}
    return found | {name: version(name) for name in ("torch", "torchvision", "numpy", "pillow")}


@lru_cache
def _sha256(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # gone since it was loaded
        return None


def finite(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity: these become strings."""
    return value if value is None or math.isfinite(value) else str(value)
