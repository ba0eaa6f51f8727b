"""What is asked and found out about a user's file of weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.reading.reading import Reading
from resnet_viz.results.witness import Fit


@dataclass(frozen=True)
class RecogniseRequest:
    """The file at ``path``; of several networks of the catalog that it fits, ``preferred``.

    ``which`` is the prefix of one of the networks in the file, None for the one to take first;
    ``choices`` are (assumption, choice) for what the file cannot show.
    """

    path: str
    preferred: str
    which: str | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InFile:
    """A network in a file: its ``prefix``, what it is called, and why it is taken or offered."""

    prefix: str
    title: str
    reason: str


@dataclass(frozen=True)
class Recognised:
    """The network and the weights to open, and sentences about what was understood and guessed:
    all of them in ``sentence``, the shortest that will do in ``summary``, and in ``notes`` those
    that are about none of the guesses.

    ``networks`` are all that the file holds; the one of the prefix ``which`` is meant. ``reading``
    has what the file cannot show, with the choices; None for a network without residual blocks.
    """

    network: str
    weights: WeightsChoice
    sentence: str
    which: str = ""
    networks: tuple[InFile, ...] = ()
    reading: Reading | None = field(default=None, compare=False)
    summary: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """What became of ``first`` once it was compared with the statistics in the file: ``now`` is the
    same, or another reading that fits them better. Its sentence says how well."""

    first: Recognised
    now: Recognised
    fit: Fit | None


@dataclass(frozen=True)
class NotRecognised:
    """The sentence says where the file differs from the network that is ``nearest``."""

    nearest: str
    sentence: str
