"""``resnet-viz train``: a CIFAR network is trained; an interrupted run goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from resnet_viz.commands.command import Command, InputError, network_called
from resnet_viz.networks import catalog


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", default=catalog.DEFAULT, help="default: %(default)s")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="holds cifar10-train and cifar10-test, each a zip file or a folder of class/name.jpg",
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=60, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--smoothing",
        type=float,
        default=0.4,
        metavar="SHARE",
        help="how many of the training images are blurred a little, 0 to 1; default: %(default)s",
    )


def _run(given: argparse.Namespace) -> int:
    from resnet_viz.analysis.card import train_network
    from resnet_viz.analysis.training_run import Recipe

    spec = network_called(given.network)
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


COMMAND = Command("train", "train a CIFAR network; an interrupted run goes on", _options, _run)
