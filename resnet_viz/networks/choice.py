"""Which weights a network has: what was chosen, and what then was loaded. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.preprocessing import Preprocessing


@dataclass(frozen=True)
class FileNetwork:
    """Which network of a file is meant, and how it is read.

    ``which`` is what its tensors' names begin with there. ``spec`` is the network itself where the
    catalog has none like it. ``choices`` are (assumption, choice) for what the file cannot show.
    """

    which: str = ""
    spec: NetworkSpec | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class WeightsChoice:
    """Where the weights come from.

    "default": those that come with the program, or torchvision's official ones; "untrained": the
    network's initialisation; "file": the user's file at ``path``.

    Weights may be made for another number of ``classes`` than the network's own, called ``labels``,
    and for another ``preprocessing``; None and () are the network's own. ``reading`` is how a file
    was understood, and stays where the same network is taken without its weights.
    """

    kind: Literal["default", "untrained", "file"] = "default"
    path: str = ""
    classes: int | None = None
    labels: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    reading: FileNetwork | None = None


@dataclass(frozen=True)
class WeightsInfo:
    """The weights in use. ``title`` is for the status line; ``trained`` is False for a bare
    initialisation, which the title bar and the predictions must then say."""

    title: str
    trained: bool
