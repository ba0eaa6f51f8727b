"""Weights for a network: those that come with the program, torchvision's, or the user's file."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from resnet_viz import assets
from resnet_viz.networks import published
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.download import (
    DownloadCancelled,
    Received,
    WeightsError,
    WeightsUnavailable,
    download,
)
from resnet_viz.networks.family import CLASSES as CIFAR10_CLASSES
from resnet_viz.networks.files.find import find_networks
from resnet_viz.networks.files.reader import read_file
from resnet_viz.networks.recognise import renamed

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "Availability",
    "DownloadCancelled",
    "Official",
    "WeightsError",
    "WeightsUnavailable",
    "availability",
    "availability_of",
    "class_labels",
    "downloads",
    "file_of",
    "fill",
    "find_class",
    "is_whole",
    "load",
    "official",
    "official_url",
    "set_mirror",
    "state_in",
]

MIRROR_VARIABLE = "RESNET_VIZ_MIRROR"
UNTRAINED = WeightsInfo("untrained", False)

_MB = 2**20  # as torchvision counts the sizes that it lists

_mirror: str | None = None


class Published(Protocol):
    """A network for which torchvision may have weights: what is asked of it here."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def family(self) -> str: ...


class Fillable(Protocol):
    """What is asked of a network whose weights are copied: `NetworkSpec.unused`."""

    @property
    def title(self) -> str: ...

    @property
    def unused(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Official:
    """torchvision's own weights for a network.

    ``enum`` is the member of torchvision's weights enum; ``url`` its address, without any mirror;
    ``sha256_prefix`` the first digits of the file's SHA-256, in hexadecimal.
    """

    enum: Any
    url: str
    sha256_prefix: str

    @property
    def file_name(self) -> str:
        return PurePosixPath(urlsplit(self.url).path).name

    @property
    def path(self) -> Path:
        """Where torch keeps the file once it is downloaded; it follows TORCH_HOME."""
        return downloads() / self.file_name

    @property
    def title(self) -> str:
        """For the status line, with the accuracy that torchvision lists."""
        name = self.enum.name.replace("IMAGENET1K_", "ImageNet-1K ")
        accuracy = self.enum.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
        return f"{name} (torchvision)" + ("" if accuracy is None else f", {accuracy:.1f} %")


@dataclass(frozen=True)
class Availability:
    """Where a network's default weights are. ``at_hand`` is False if they cannot be loaded without
    a download, or where there are none. ``text`` is for the user, and ``sign`` a letter for lists:
    "✓" at hand, "↓" not here, "○" none."""

    at_hand: bool
    text: str
    sign: str = "✓"


def downloads() -> Path:
    """The folder in which torch keeps what it downloads, found as torch does, without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", f"{cache}/torch")
    return Path(home).expanduser() / "hub" / "checkpoints"


def official(spec: Published) -> Official | None:
    """torchvision's newest weights for ``spec``, or None if it is not one of torchvision's."""
    if spec.family not in ("imagenet", "coco"):
        return None
    from torchvision.models import get_model_weights

    try:
        enum: Any = get_model_weights(spec.name)
    except ValueError:
        return None
    newest = enum.DEFAULT
    found = re.search(r"-([0-9a-f]+)\.pth$", newest.url)
    return Official(newest, newest.url, found[1] if found else "")


def availability(spec: NetworkSpec) -> Availability:
    """Where the default weights of ``spec`` are, without opening or checking them, or torch."""
    if spec.embedded:
        path = _embedded_path(spec.embedded)
        if path.is_file():
            return Availability(True, "comes with the program")
        return Availability(False, f"{path.name} is missing: install the program again", "↓")
    newest = published.newest(spec.name)
    if newest is None:
        return Availability(False, "none, starts untrained", "○")
    return availability_of(newest.file, newest.megabytes)


def availability_of(file: str, megabytes: float) -> Availability:
    """Whether a file of torchvision's has been downloaded, without opening or checking it."""
    if (downloads() / file).is_file():
        return Availability(True, "downloaded")
    return Availability(False, f"to download ({megabytes:.0f} MB)", "↓")


def load(
    network: nn.Module,
    spec: NetworkSpec,
    choice: WeightsChoice,
    progress: Received | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> WeightsInfo:
    """Copy the chosen weights into ``network``, which ``spec`` built.

    torchvision's official weights are downloaded when they are first asked for. A network that has
    no default weights keeps its initialisation. After an error the network is as it was.

    Raises:
        WeightsUnavailable: the weights are not at hand and could not be downloaded.
        WeightsError: the file is missing, damaged, made for another network, or holds code.
        DownloadCancelled: ``cancelled`` returned True during the download.
    """
    if choice.kind == "untrained":
        return UNTRAINED
    if choice.kind == "file":
        path = Path(choice.path)
        if choice.reading is not None and choice.reading.spec is not None:
            from resnet_viz.networks.own import opened_as

            network.load_state_dict(opened_as(choice).build().state_dict())
        else:
            which = None if choice.reading is None else choice.reading.which
            fill(network, spec, state_in(path, which), path.name)
        return WeightsInfo(path.name, True)
    if spec.embedded:
        state, title = _read_embedded(spec.embedded)
        fill(network, spec, state, _embedded_path(spec.embedded).name)
        return WeightsInfo(title, True)
    weights = official(spec)
    if weights is None:
        return UNTRAINED
    if not is_whole(weights):
        url = official_url(spec)
        download(url, weights.path, progress, cancelled, sha256_prefix=weights.sha256_prefix)
    fill(network, spec, state_in(weights.path), weights.file_name)
    return WeightsInfo(weights.title, True)


def file_of(spec: NetworkSpec, choice: WeightsChoice) -> Path | None:
    """The file that `load` reads, there or not; None where the network starts untrained."""
    if choice.kind == "file":
        return Path(choice.path)
    if choice.kind == "untrained":
        return None
    if spec.embedded:
        return _embedded_path(spec.embedded)
    newest = published.newest(spec.name)
    return None if newest is None else downloads() / newest.file


# --- The mirror --------------------------------------------------------------------------------


def set_mirror(base: str | None) -> None:
    """Download official weights from below ``base``, such as "https://example.org/weights".

    None or an empty text goes back to torchvision's own address. The environment variable
    RESNET_VIZ_MIRROR goes before this setting.

    Raises:
        WeightsError: ``base`` is no http:// or https:// address; the old mirror stays.
    """
    global _mirror
    base = (base or "").strip()
    _mirror = _checked_mirror(base, "the mirror in the settings") if base else None


def official_url(spec: Published) -> str:
    """The address to download the official weights of ``spec`` from, on the mirror if one is set.

    Raises:
        WeightsError: the mirror in RESNET_VIZ_MIRROR is no http:// or https:// address.
        ValueError: ``spec`` has no official weights.
    """
    weights = official(spec)
    if weights is None:
        raise ValueError(f"{spec.title} has no official weights")
    from_environment = os.environ.get(MIRROR_VARIABLE, "").strip()
    base = _checked_mirror(from_environment, MIRROR_VARIABLE) if from_environment else _mirror
    return weights.url if base is None else f"{base.rstrip('/')}/{weights.file_name}"


def _checked_mirror(base: str, source: str) -> str:
    if "@" in base:
        raise WeightsError(f"{source} holds a user name or a password; give an address without")
    try:
        parts = urlsplit(base)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or half an IPv6 address
        usable = False
    if not usable:
        raise WeightsError(
            f"{source} is {base!r}; give an address that begins with http:// or https://, "
            "or none for torchvision's own"
        )
    return base


# --- Reading and filling -----------------------------------------------------------------------


def _embedded_path(embedded: str) -> Path:
    return assets.path("weights", f"{embedded}.safetensors")


def _read_embedded(embedded: str) -> tuple[Mapping[str, Tensor], str]:
    import safetensors.torch

    path = _embedded_path(embedded)
    card_path = path.with_suffix(".json")

    def broken(file: Path, what: str) -> WeightsError:
        return WeightsError(
            f"{file.name}, which comes with the program, {what}; "
            "install the program again, or choose untrained weights"
        )

    try:
        card = json.loads(card_path.read_bytes())
        sha256, title = str(card["sha256"]), str(card["title"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise broken(card_path, "is missing or damaged") from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise broken(path, "is missing or cannot be read") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise broken(path, "is damaged (its hash is not the one on its card)")
    return safetensors.torch.load(content), title


def is_whole(given: Official) -> bool:
    """True if the file is there and has the right SHA-256; a damaged one is fetched anew."""
    try:
        with given.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return False
    return found.startswith(given.sha256_prefix)


def state_in(path: Path, which: str | None = None) -> Mapping[str, Tensor]:
    """The tensors of the network of the prefix ``which`` in a file, or of the one for use.

    Raises:
        WeightsError: the file cannot be read, or has no such network (any more).
    """
    candidates = find_networks(read_file(path))
    for candidate in candidates:
        if which in (None, candidate.prefix):
            return {name: info.load() for name, info in candidate.tensors.items()}
    raise WeightsError(f"{path.name} has changed since it was opened; open it again")


def fill(network: nn.Module, spec: Fillable, state: Mapping[str, Tensor], file: str) -> None:
    """Copy ``state``, read from ``file``, into ``network``, of ``spec``, once all is known to fit.

    Raises:
        WeightsError: it does not fit, or has values that are no finite numbers.
    """
    expected = network.state_dict()
    state = renamed(state, expected, spec.unused)

    def shape(tensors: Mapping[str, Tensor], name: str) -> str:
        return str(tuple(tensors[name].shape)) if name in tensors else "missing"

    ready = {}
    for name in (*expected, *(name for name in state if name not in expected)):
        if name.endswith(".num_batches_tracked") and name not in state:
            continue  # a count that only training needs and that many files leave out
        there, here = shape(state, name), shape(expected, name)
        if there != here:
            raise WeightsError(
                f"{file} is not for {spec.title}: {name} is {there} there and {here} in the "
                "network; choose the network it was made for"
            )
        if expected[name].is_floating_point() and not state[name].is_floating_point():
            raise WeightsError(
                f"{file} holds whole numbers in {name} where {spec.title} has fractions; "
                "choose weights that are not quantised"
            )
        ready[name] = state[name].to(expected[name].dtype)
        if not ready[name].isfinite().all():
            raise WeightsError(
                f"{file} has values in {name} that are not finite numbers; "
                "choose weights from a training run that did not diverge"
            )
    network.load_state_dict(ready, strict=False)


# --- Classes -----------------------------------------------------------------------------------


def class_labels(spec: NetworkSpec) -> tuple[str, ...]:
    """The names of the classes of ``spec``, in the order of its logits.

    They are those of the data that the network is made for, or "class 0" and so on where it has
    another number of classes.
    """
    known: tuple[str, ...] = CIFAR10_CLASSES
    if spec.family == "mnist":
        known = tuple("0123456789")
    elif spec.family == "imagenet":
        weights = official(spec)
        known = () if weights is None else tuple(weights.enum.meta["categories"])
    if len(known) == spec.classes:
        return known
    return tuple(f"class {number}" for number in range(spec.classes))


def find_class(labels: tuple[str, ...], text: str) -> int:
    """The index of the class that ``text`` means: a number, a name or part of one, in any case.

    A whole name goes before whole words of one, and those go before the beginning of a word, so
    that "cat" asks which of ImageNet's cats rather than giving "catamaran".

    Raises:
        ValueError: no class or several fit; the sentence lists up to five.
    """
    wanted = text.replace("_", " ").strip().casefold()
    last = len(labels) - 1
    if re.fullmatch(r"-?[0-9]+", wanted):
        if len(wanted) > 9 or not 0 <= int(wanted) <= last:
            raise ValueError(f"there is no class {wanted}; the classes are 0 to {last}")
        return int(wanted)
    if not wanted:
        raise ValueError(f"type the name of a class, or a number from 0 to {last}")
    names = [label.replace("_", " ").casefold() for label in labels]
    word = rf"(?<!\w){re.escape(wanted)}"
    for pattern in (rf"\A{re.escape(wanted)}\Z", rf"{word}(?!\w)", word):
        found = [index for index, name in enumerate(names) if re.search(pattern, name)]
        if len(found) == 1:
            return found[0]
        if found:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise ValueError(
                f"{text.strip()!r} fits {_listed(labels, found)}{more}; "
                "type more of the name, or its number"
            )
    near = [names.index(name) for name in difflib.get_close_matches(wanted, names, 5)]
    advice = f"did you mean {_listed(labels, near)}?" if near else f"try a number from 0 to {last}"
    raise ValueError(f"there is no class {text.strip()!r}; {advice}")


def _listed(labels: tuple[str, ...], indices: list[int]) -> str:
    return ", ".join(f"{labels[index]} ({index})" for index in indices[:5])
