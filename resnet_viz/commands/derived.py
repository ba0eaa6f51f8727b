"""``resnet-viz derived``: what ships beside the trained weights is computed."""

from __future__ import annotations

import argparse
from pathlib import Path

from resnet_viz.commands.command import Command, InputError, network_called
from resnet_viz.commands.terminal import bar, say


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="holds cifar10-test, as for train"
    )
    parser.add_argument("--network", help="only this one; default: all with trained weights")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: assets/derived")


def _run(given: argparse.Namespace) -> int:
    from resnet_viz.analysis.card import load_part
    from resnet_viz.analysis.derived import compute

    specs = () if given.network is None else (network_called(given.network),)
    for spec in specs:
        if not spec.embedded:
            raise InputError(f"{spec.title} has no trained weights here; choose another network")
    try:
        data = load_part(given.data, "cifar10-test")
        with bar(unit="part") as shown:
            for progress in compute(data, specs, out=given.out):
                if not shown.disable:
                    if progress.text != shown.desc.removesuffix(": "):
                        shown.reset(progress.total)
                        shown.set_description(progress.text, refresh=False)
                    shown.update(progress.done - shown.n)
                if progress.done == progress.total:
                    if not shown.disable:
                        shown.clear()
                    say(progress.text)
    except (ValueError, OSError) as error:
        raise InputError(str(error)) from None
    return 0


COMMAND = Command(
    "derived",
    "compute what ships beside the trained weights; an interrupted run goes on",
    _options,
    _run,
)
