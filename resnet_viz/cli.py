"""The command line: the same passes without a window. Qt is never imported here."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from resnet_viz.analysis.recognition import recognised, taken
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.images.photo import PhotoError, find_photos, load_photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.class_names import read_class_names
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.own import Own, open_own
from resnet_viz.networks.preprocessing import NORMALISATIONS, Preprocessing
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.weights import WeightsError, availability, class_labels, find_class
from resnet_viz.results.result import Pass, Result, Snapshot

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session

COMMANDS = ("networks", "analyze", "train", "derived")


class InputError(Exception):
    """What was typed cannot be done; the text is one sentence for the user."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of the whole usage."""
        self.exit(2, f"{message}; see {self.prog} --help\n")


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns 0, or 2 after a sentence on standard error about bad input."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (InputError, PhotoError, WeightsError) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="resnet-viz",
        description="See what every block of a residual network does with an image. "
        "Without a command: resnet-viz [IMAGE] opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('resnet-viz')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    networks = commands.add_parser("networks", help="list the networks and their weights")
    networks.add_argument("--json", action="store_true", help="print JSON")
    networks.set_defaults(run=_networks)

    analyze = commands.add_parser("analyze", help="run a network on images, without a window")
    analyze.add_argument("images", nargs="+", metavar="IMAGE", help="an image file or a folder")
    analyze.add_argument(
        "--network", help=f"default: {catalog.DEFAULT}, or the one that the checkpoint is for"
    )
    which = analyze.add_mutually_exclusive_group()
    which.add_argument("--checkpoint", metavar="FILE", help="your own weights, from a file")
    analyze.add_argument(
        "--part", metavar="NAME", help="which of several networks in the checkpoint"
    )
    analyze.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set what the checkpoint cannot show, such as pad='zeros after'; can be given several "
        "times; --assume list says what there is",
    )
    analyze.add_argument(
        "--check",
        action="store_true",
        help="compare how the checkpoint was read with the statistics in it; takes up to a minute",
    )
    which.add_argument("--untrained", action="store_true", help="the bare initialisation")
    analyze.add_argument(
        "--skips",
        default="on",
        metavar="on|off|stage:2|block:layer3.1",
        help="which skips are off: none, all, a stage's, a block's (several: separate by commas)",
    )
    analyze.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="names of the classes: a text with one a line, or JSON",
    )
    analyze.add_argument(
        "--size", type=int, metavar="PIXELS", help="side of the input; default: the network's own"
    )
    analyze.add_argument(
        "--normalise",
        choices=tuple(NORMALISATIONS),
        help="mean and deviation of the input; default: the network's own",
    )
    analyze.add_argument("--target", help="class name or number; default: the top class")
    analyze.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    analyze.add_argument("--json", action="store_true", help="print JSON")
    analyze.add_argument("--out", type=Path, metavar="DIR", help="write PNG and NPZ files there")
    analyze.set_defaults(run=_analyze)

    train = commands.add_parser("train", help="train a CIFAR network; an interrupted run goes on")
    train.add_argument("--network", default=catalog.DEFAULT, help="default: %(default)s")
    train.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="holds cifar10-train and cifar10-test, each a zip file or a folder of class/name.jpg",
    )
    train.add_argument("--out", type=Path, default=Path("runs"), help="default: %(default)s")
    train.add_argument("--epochs", type=int, default=60, help="default: %(default)s")
    train.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    train.add_argument(
        "--smoothing",
        type=float,
        default=0.4,
        metavar="SHARE",
        help="how many of the training images are blurred a little, 0 to 1; default: %(default)s",
    )
    train.set_defaults(run=_train)

    derived = commands.add_parser(
        "derived",
        help="compute what ships beside the trained weights; an interrupted run goes on",
    )
    derived.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="holds cifar10-test, as for train"
    )
    derived.add_argument("--network", help="only this one; default: all with trained weights")
    derived.add_argument("--out", type=Path, metavar="DIR", help="default: assets/derived")
    derived.set_defaults(run=_derived)
    return parser


def _spec(name: str) -> catalog.NetworkSpec:
    try:
        return catalog.find(name)
    except ValueError as error:
        raise InputError(str(error)) from None


def _networks(given: argparse.Namespace) -> int:
    from resnet_viz.networks.walk import build_structure

    rows: list[dict[str, Any]] = []
    for spec in catalog.CATALOG.values():
        there = availability(spec)
        rows.append(
            {
                "name": spec.name,
                "title": spec.title,
                "data": spec.data_title,
                "depth": spec.depth,
                "input": spec.input_size,
                "parameters": build_structure(spec).parameters,
                "weights": there.text,
                "at_hand": there.at_hand,
            }
        )
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'name':22}{'data':10}{'layers':>7}{'parameters':>12}  weights")
    for row in rows:
        millions = f"{row['parameters'] / 1e6:.2f} M"
        print(f"{row['name']:22}{row['data']:10}{row['depth']:>7}{millions:>12}  {row['weights']}")
    return 0


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


def _analyze(given: argparse.Namespace) -> int:
    from resnet_viz.networks.walk import build_structure

    own, weights = _weights(given)
    try:
        spec = own.adapted(weights.classes, weights.preprocessing)
        gates = parse_skips(given.skips, build_structure(spec))
        labels = weights.labels or class_labels(spec)
        target = None if given.target is None else find_class(labels, given.target)
    except ValueError as error:
        raise InputError(str(error)) from None
    paths = find_photos(given.images)
    if given.out is not None:
        try:
            given.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{given.out} cannot be made ({error.strerror}); choose another folder for --out"
            ) from None
    from tqdm import tqdm

    from resnet_viz.analysis.session import Session

    session = Session()
    printed: list[dict[str, Any]] = []
    code = 0
    many = len(paths) > 1
    with tqdm(paths, unit="image", disable=not many, file=sys.stderr) as bar:
        for path in bar:
            try:
                photo = load_photo(path)
            except PhotoError as error:
                bar.clear()
                code = _complain(str(error))
                continue
            snapshot = Snapshot(spec.name, photo, None, weights, gates, target, device=given.device)
            result = _run(session, snapshot)
            folder = None
            if given.out is not None:
                from resnet_viz.export.analysis import write_result

                folder = write_result(result, given.out, path.stem)
            if given.json:
                printed.append(as_json(result, path, folder))
            else:
                bar.clear()
                print(as_text(result, path, given.skips, folder), flush=True)
    if given.json:
        print(json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False))
    return code


def _weights(given: argparse.Namespace) -> tuple[catalog.NetworkSpec, WeightsChoice]:
    """The network and the weights that were asked for.

    A checkpoint is for the network that it fits, whatever the default network is; one that was
    asked for by name has to be among those that it fits.
    """
    own = _spec(given.network or catalog.DEFAULT)
    weights = WeightsChoice("untrained" if given.untrained else "default")
    if given.checkpoint:
        path = Path(given.checkpoint)
        opened = _checkpoint(path, own.name, given.part)
        choices = _assumed(given.assume, opened)
        if choices:
            opened = open_own(path, own.name, opened.candidate.prefix, choices)
        if given.network and opened.network != own.name:
            known = "" if opened.match is None else f", or say --network {opened.network}"
            raise InputError(
                f"{path.name} is not for {own.title} but for {opened.spec.title}; "
                f"leave out --network{known}"
            )
        also: tuple[str, ...] = ()
        if given.check and opened.reading is not None:
            from resnet_viz.analysis.witness import judge

            found = judge(opened.reading, opened.candidate.tensors)
            opened, also = taken(opened, own.name, choices, found), found.sentences
        own, weights = opened.spec, opened.weights
        print(recognised(opened, also).sentence, file=sys.stderr)
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


def _run(session: Session, snapshot: Snapshot) -> Result:
    from tqdm import tqdm

    from resnet_viz.analysis.devices import DeviceError

    with tqdm(
        unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr, leave=False, delay=0.2
    ) as bar:

        def show(text: str, done: int, total: int) -> None:
            if total:
                bar.set_description(text, refresh=False)
                bar.total = total
                bar.update(done - bar.n)

        try:
            return session.run(snapshot, progress=show)
        except (DeviceError, ValueError) as error:
            raise InputError(str(error)) from None


def _number(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity: these become strings."""
    return value if value is None or math.isfinite(value) else str(value)


def as_json(result: Result, path: Path, folder: Path | None) -> dict[str, Any]:
    """A result as plain values; numbers that are not finite are the strings "nan", "inf".

    A network without classes gives outputs and no probabilities.
    """
    classes = result.snapshot.own_spec.has_classes

    def top(passed: Any) -> list[dict[str, Any]]:
        return [
            {
                "class": result.labels[index],
                "probability": _number(float(passed.probabilities[index])) if classes else None,
                "output": _number(float(passed.logits[index])),
            }
            for index in passed.top(5)
        ]

    gates = result.snapshot.gates
    return {
        "image": str(path),
        "network": result.snapshot.network,
        "weights": result.weights.title,
        "trained": result.weights.trained,
        "device": result.device,
        "milliseconds": result.now.milliseconds,
        "target": result.labels[result.now.target],
        "top5": top(result.now),
        "top5_all_on": top(result.all_on),
        "blocks": [
            {
                "name": now.name,
                "skip": gates.skip(now.name) if result.structure.block(now.name).has_skip else None,
                "gradient_norm": _number(now.gradient_norm),
                "gradient_norm_all_on": _number(on.gradient_norm),
                "activation_norm": _number(now.activation_norm),
                "skip_share": _number(now.skip_share),
            }
            for now, on in zip(result.now.blocks, result.all_on.blocks, strict=True)
        ],
        "out": None if folder is None else str(folder),
    }


def _shown(result: Result, passed: Pass, index: int) -> str:
    """The probability of a class, or a feature's value where there are no classes."""
    if result.snapshot.own_spec.has_classes:
        return per_cent(float(passed.probabilities[index]))
    return number_text(float(passed.logits[index]), 3)


def as_text(result: Result, path: Path, skips: str, folder: Path | None) -> str:
    """A result as a table to read."""
    weights = result.weights.title
    if not result.weights.trained:
        weights = "untrained weights (the predictions mean nothing)"
    lines = [
        f"{path}: {result.structure.title}, {weights}, {result.device}, "
        f"{result.now.milliseconds:.1f} ms",
        f"  {'top 5, skips ' + skips:<36}all skips on",
    ]
    for now, on in zip(result.now.top(5), result.all_on.top(5), strict=True):
        cells = [
            f"{_shown(result, passed, index):>7}  {result.labels[index][:24]}"
            for passed, index in ((result.now, now), (result.all_on, on))
        ]
        lines.append(f"  {cells[0]:<36}{cells[1]}")
    lines.append(
        f"  {'gradient norm of the logit of ' + result.labels[result.now.target]:<36}all skips on"
    )
    for now_block, on_block in zip(result.now.blocks, result.all_on.blocks, strict=True):
        off = " (skip off)" if not result.snapshot.gates.skip(now_block.name) else ""
        value = f"{now_block.name:<12}{number_text(now_block.gradient_norm, 3):>10}{off}"
        lines.append(f"  {value:<36}{number_text(on_block.gradient_norm, 3)}")
    if folder is not None:
        lines.append(f"  written to {folder}")
    return "\n".join(lines)


def _train(given: argparse.Namespace) -> int:
    from resnet_viz.analysis.card import train_network
    from resnet_viz.analysis.training_run import Recipe

    spec = _spec(given.network)
    if spec.family != "cifar":
        raise InputError(f"{spec.title} is not trained here; choose one of the CIFAR networks")
    if given.epochs < 1:
        raise InputError(f"--epochs {given.epochs} is less than 1")
    if not 0 <= given.smoothing <= 1:
        raise InputError(f"--smoothing {given.smoothing:g} is not a share between 0 and 1")
    recipe = Recipe(epochs=given.epochs, seed=given.seed, smoothing=given.smoothing)
    try:
        train_network(spec, given.data, given.out, recipe)
    except (ValueError, OSError) as error:
        raise InputError(str(error)) from None
    return 0


def _derived(given: argparse.Namespace) -> int:
    from tqdm import tqdm

    from resnet_viz.analysis.card import load_part
    from resnet_viz.analysis.derived import compute

    specs = () if given.network is None else (_spec(given.network),)
    for spec in specs:
        if not spec.embedded:
            raise InputError(f"{spec.title} has no trained weights here; choose another network")
    try:
        data = load_part(given.data, "cifar10-test")
        with tqdm(unit="part") as bar:
            for progress in compute(data, specs, out=given.out):
                if progress.text != bar.desc.removesuffix(": "):
                    bar.reset(progress.total)
                    bar.set_description(progress.text, refresh=False)
                bar.update(progress.done - bar.n)
                if progress.done == progress.total:
                    tqdm.write(progress.text)
    except (ValueError, OSError) as error:
        raise InputError(str(error)) from None
    return 0
