"""What a command of the command line is made of."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.networks import catalog


class InputError(Exception):
    """What was typed cannot be done; the text is one sentence for the user."""


@dataclass(frozen=True)
class Command:
    """``resnet-viz NAME …``: ``options`` adds its arguments, ``run`` gives the exit code.

    ``run`` may raise InputError, and what reading photos and weights raises; all of these are a
    sentence on standard error and exit code 2.
    """

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def network_called(name: str) -> catalog.NetworkSpec:
    """The network of the catalog.

    Raises:
        InputError: there is none of this name.
    """
    try:
        return catalog.find(name)
    except ValueError as error:
        raise InputError(str(error)) from None


def made_folder(folder: Path) -> Path:
    """``folder``, made if it was not there.

    Raises:
        InputError: it cannot be made, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror}); choose another folder for --out"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be written to; choose another folder for --out")
    return folder


def not_written(place: Path, error: OSError) -> InputError:
    """What to raise where the system does not write a file in or at ``place``."""
    return InputError(
        f"{place} cannot be written ({error.strerror or error}); choose another place for --out"
    )
