"""The command line: the same passes without a window. Qt is never imported here.

To add a command, write a module in commands/ and put its COMMAND into the table.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NoReturn

from resnet_viz.commands import analyze, derived, fetch, gradient, lecture, networks, report, train
from resnet_viz.commands.command import InputError
from resnet_viz.commands.terminal import (
    BROKEN_PIPE,
    NAME,
    complain,
    hushed,
    say,
    well_behaved,
)
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
        complain(f"{message}; see {self.prog} --help")
        raise SystemExit(2)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help and version, which may not find a reader or room either."""
        say(message.rstrip("\n"))


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns 0, 2 after a sentence on standard error, or what shells call the
    end of a program by a signal: 130 after Ctrl+C, 141 where nobody reads its output any more."""
    with well_behaved():
        try:
            if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
                return complain(no_such_command(arguments[0]))
            given = _parser().parse_args(arguments)
            return int(given.run(given))
        except BrokenPipeError:
            hushed()
            return BROKEN_PIPE
        except (InputError, PhotoError, WeightsError) as error:
            return complain(str(error))
        except KeyboardInterrupt:
            complain("interrupted")
            return 130


def no_such_command(name: str) -> str:
    """What to say of a command that is none, with the one that may have been meant."""
    near = difflib.get_close_matches(name, COMMANDS, 1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
    return f"there is no command {name!r}; {meant}"


def like_a_command(name: str) -> bool:
    """Whether ``name`` is nearly that of a command, and not that of a file."""
    return name.isalpha() and bool(difflib.get_close_matches(name, COMMANDS, 1, 0.75))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=NAME,
        description="See what every block of a residual network does with an image. "
        "Without a command: resnet-viz [IMAGE] opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version(NAME)}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _TABLE:
        own = commands.add_parser(command.name, help=command.help)
        command.options(own)
        own.set_defaults(run=command.run)
    return parser
