"""What is downloaded when it is first used, so that it can be fetched before a lecture; no torch.

``lacking(["resnet50", "resnet56"])`` says what of these networks is not on this computer yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_viz.images import cifar10_archive
from resnet_viz.networks import catalog, downstream, published
from resnet_viz.networks.weights import availability, downloads

CIFAR10 = "cifar10"
"""The name of the data set among those of networks."""

_NAMES = (*catalog.CATALOG, *downstream.DOWNSTREAM, CIFAR10)
_MB = 2**20
_CIFAR10_BYTES = 170_498_071
"""Of the archive at torchvision's address."""


@dataclass(frozen=True)
class Need:
    """Something to download: ``name`` is a network's or `CIFAR10`; ``title`` what it is; ``size``
    about how many bytes it has; ``at_hand`` is true where its file is on this computer, which is
    not to say whole."""

    name: str
    title: str
    size: int
    at_hand: bool
    folder: Path

    @property
    def megabytes(self) -> str:
        """The size in words."""
        return f"{self.size / _MB:.0f} MB"


@dataclass(frozen=True)
class Needs:
    """What a session's or a lecture's file needs: ``names`` of what is downloaded, and ``files``
    of the user's own that it names and that are not there."""

    names: tuple[str, ...]
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PrepareRequest:
    """Fetch what these names need; what is there already is checked and kept."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """What became of one name. ``failed`` tells whether it is still lacking, and ``sentence`` what
    there is to say."""

    name: str
    sentence: str
    failed: bool = False


def need(name: str) -> Need | None:
    """What ``name`` needs; None for a network for which nothing is ever downloaded.

    Raises:
        ValueError: there is no such network, in the catalog or downstream, nor is it `CIFAR10`.
    """
    if name == CIFAR10:
        folder = cifar10_archive.home()
        there = (folder / "cifar-10-batches-py" / "test_batch").is_file()
        return Need(CIFAR10, "CIFAR-10", _CIFAR10_BYTES, there, folder)
    newest: published.Published | published.PublishedDownstream | None
    if name in downstream.DOWNSTREAM:
        title, newest = downstream.DOWNSTREAM[name].title, downstream.DOWNSTREAM[name].published
    else:
        try:
            spec = catalog.find(name)
        except ValueError as error:
            raise ValueError(f"{error}, or {CIFAR10} for its images") from None
        title, newest = spec.title, None if spec.embedded else published.newest(spec.name)
    if newest is None:
        return None
    there = (downloads() / newest.file).is_file()
    return Need(name, f"{title}’s weights", round(newest.megabytes * _MB), there, downloads())


def offered() -> list[Need]:
    """All that can be fetched: the networks in the order of the catalog, those downstream, then
    CIFAR-10."""
    found = [need(name) for name in _NAMES]
    return [one for one in found if one is not None]


def lacking(names: Iterable[str]) -> list[Need]:
    """What of these networks (and `CIFAR10`) is not on this computer yet, each once.

    Raises:
        ValueError: there is no such network.
    """
    found = [need(name) for name in dict.fromkeys(names)]
    return [one for one in found if one is not None and not one.at_hand]


def in_words(what: str, needed: Iterable[Need]) -> str:
    """A sentence such as "This lecture needs ResNet-50’s weights (98 MB)", "" for nothing."""
    parts = [f"{one.title} ({one.megabytes})" for one in needed]
    if not parts:
        return ""
    words = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{what} needs {words}"


def why_nothing(name: str) -> str:
    """Why nothing is downloaded for a network for which `need` is None."""
    spec = catalog.find(name)
    if spec.embedded:
        there = availability(spec)
        return f"{spec.title} {there.text}" if there.at_hand else there.text
    return f"{spec.title} has no weights to download: it starts untrained, or with a file of yours"


def needs_of(path: Path) -> Needs:
    """What the session file or the lecture at ``path`` needs.

    A lecture is a text in which networks have the names that the catalog gives them.

    Raises:
        ValueError: it cannot be read; the sentence says why.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(
            f"{path} cannot be read ({why}); give a session, a lecture or the name of a network"
        ) from error
    try:
        data = json.loads(text)
    except ValueError:
        words = set(re.findall(r"(?<![\w./-])[\w-]+(?![\w./-])", text.replace(". ", " ")))
        return Needs(tuple(name for name in _NAMES if name in words))
    strings = set(_strings(data))
    files: list[Path] = []
    if isinstance(data, dict):
        weights, photo = data.get("weights"), data.get("photo")
        kind = weights.get("kind", "default") if isinstance(weights, dict) else "default"
        if kind != "default":
            strings = set(_strings({k: v for k, v in data.items() if k != "network"}))
        for part in (weights, photo):
            given = part.get("path") if isinstance(part, dict) else None
            if isinstance(given, str) and given:
                file = path.parent / given
                files += [] if file.exists() else [file]
    return Needs(tuple(name for name in _NAMES if name in strings), tuple(files))


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
