"""The command line: the same passes without a window. Qt is never imported here.

To add a command, write a module in commands/ and put its COMMAND into the table.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from resnet_viz.commands import analyze, derived, fetch, gradient, lecture, networks, report, train
from resnet_viz.commands.command import InputError, complain
from resnet_viz.images.photo import PhotoError
from resnet_viz.networks.weights import WeightsError

_TABLE = (
    networks.COMMAND,
    analyze.COMMAND,
    report.COMMAND,
    gradient.COMMAND,
    fetch.COMMAND,
    train.COMMAND,
    derived.COMMAND,
    lecture.COMMAND,
)

COMMANDS = tuple(command.name for command in _TABLE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of the whole usage."""
        self.exit(2, f"{message}; see {self.prog} --help\n")


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns 0, 2 after a sentence on standard error, or 130 if interrupted."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (InputError, PhotoError, WeightsError) as error:
        return complain(str(error))
    except KeyboardInterrupt:
        complain("interrupted")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="resnet-viz",
        description="See what every block of a residual network does with an image. "
        "Without a command: resnet-viz [IMAGE] opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('resnet-viz')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _TABLE:
        own = commands.add_parser(command.name, help=command.help)
        command.options(own)
        own.set_defaults(run=command.run)
    return parser
