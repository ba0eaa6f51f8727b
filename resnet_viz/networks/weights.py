"""Weights for a network: those that come with the program, torchvision's, or the user's file."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import http.client
import json
import os
import queue
import re
import socket
import ssl
import stat
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit

from resnet_viz.analysis.result import WeightsChoice, WeightsInfo
from resnet_viz.images.cifar10 import CLASSES as CIFAR10_CLASSES
from resnet_viz.networks.catalog import NetworkSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

Progress = Callable[[int, int], None]
"""Called with (bytes received, bytes in all); the second is 0 where the server does not say."""

MIRROR_VARIABLE = "RESNET_VIZ_MIRROR"
UNTRAINED = WeightsInfo("untrained", False)

_MB = 2**20  # as torchvision counts the sizes that it lists
_CHUNK = _MB // 4
_TICK = 0.1  # seconds between two looks at ``cancelled``
_PICKLES = {".pt", ".pth", ".bin"}
_CHECKPOINT_KEYS = ("state_dict", "network", "model")

_mirror: str | None = None


class WeightsError(Exception):
    """The weights cannot be used. The text is one sentence for the user."""


class WeightsUnavailable(WeightsError):
    """The weights are not at hand and could not be downloaded; trying again may help."""


class Cancelled(Exception):
    """The user cancelled the download."""


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
        import torch

        return Path(torch.hub.get_dir()) / "checkpoints" / self.file_name

    @property
    def title(self) -> str:
        """For the status line, with the accuracy that torchvision lists."""
        name = self.enum.name.replace("IMAGENET1K_", "ImageNet-1K ")
        accuracy = self.enum.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
        return f"{name} (torchvision)" + ("" if accuracy is None else f", {accuracy:.1f} %")


@dataclass(frozen=True)
class Availability:
    """Where a network's default weights are. ``at_hand`` is False if they cannot be loaded without
    a download; a network that has none needs none and is at hand. ``text`` is for the user."""

    at_hand: bool
    text: str


def assets_dir() -> Path:
    """The files that come with the program: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def official(spec: NetworkSpec) -> Official | None:
    """torchvision's newest weights for ``spec``, or None if it is not one of torchvision's."""
    if spec.family != "imagenet":
        return None
    from torchvision.models import get_model_weights

    enum: Any = get_model_weights(spec.name)
    newest = enum.DEFAULT
    found = re.search(r"-([0-9a-f]+)\.pth$", newest.url)
    return Official(newest, newest.url, found[1] if found else "")


def availability(spec: NetworkSpec) -> Availability:
    """Where the default weights of ``spec`` are, without opening or checking them."""
    if spec.embedded:
        path = _embedded_path(spec.embedded)
        if path.is_file():
            return Availability(True, "comes with the program")
        return Availability(False, f"{path.name} is missing: install the program again")
    weights = official(spec)
    if weights is None:
        return Availability(True, "none: untrained")
    if weights.path.is_file():
        return Availability(True, "downloaded")
    size = weights.enum.meta.get("_file_size")
    return Availability(False, "to download" + (f" ({size:.0f} MB)" if size else ""))


def load(
    network: nn.Module,
    spec: NetworkSpec,
    choice: WeightsChoice,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> WeightsInfo:
    """Copy the chosen weights into ``network``, which ``spec`` built.

    torchvision's official weights are downloaded when they are first asked for. A network that has
    no default weights keeps its initialisation. After an error the network is as it was.

    Raises:
        WeightsUnavailable: the weights are not at hand and could not be downloaded.
        WeightsError: the file is missing, damaged, made for another network, or holds code.
        Cancelled: ``cancelled`` returned True during the download.
    """
    if choice.kind == "untrained":
        return UNTRAINED
    if choice.kind == "file":
        path = Path(choice.path)
        _fill(network, spec, _read_file(path), path.name)
        return WeightsInfo(path.name, True)
    if spec.embedded:
        state, title = _read_embedded(spec.embedded)
        _fill(network, spec, state, _embedded_path(spec.embedded).name)
        return WeightsInfo(title, True)
    weights = official(spec)
    if weights is None:
        return UNTRAINED
    if not _has_hash(weights.path, weights.sha256_prefix):
        url = official_url(spec)
        download(url, weights.path, progress, cancelled, sha256_prefix=weights.sha256_prefix)
    _fill(network, spec, _read_file(weights.path), weights.file_name)
    return WeightsInfo(weights.title, True)


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


def official_url(spec: NetworkSpec) -> str:
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


# --- Downloading -------------------------------------------------------------------------------


def download(
    url: str,
    dest: Path,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    timeout: float = 20.0,
    sha256_prefix: str = "",
) -> None:
    """Download ``url`` to ``dest``, which appears only once it is whole and its SHA-256 is right.

    ``timeout`` is how long the server may send nothing, in seconds. Until the end the bytes are in
    a ``.partial`` file beside ``dest``, of a name of its own, so that two programs that download
    the same file do not write into each other's; it is deleted after an error or a cancel.

    Raises:
        WeightsUnavailable: there is no network, no such file, too little of it, the wrong one, or
            no room on the disk; the sentence says which.
        Cancelled: ``cancelled`` returned True; noticed at once, even if the server stalls.
    """
    partial = dest.with_name(f"{dest.name}.{uuid.uuid4().hex}.partial")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            sha256 = _receive(url, dest.name, file.write, progress, cancelled, timeout)
        if not sha256.startswith(sha256_prefix):
            raise _unavailable(
                url, dest.name, f"the file there is another one (its hash is not {sha256_prefix}…)"
            )
        partial.replace(dest)
    except OSError as error:
        raise WeightsUnavailable(
            f"{dest.name} could not be written to {dest.parent}: {error.strerror or error}; "
            "make room or choose another folder with TORCH_HOME, or open a file of weights"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the error that led here is the one to tell
            partial.unlink(missing_ok=True)


def _receive(
    url: str,
    name: str,
    write: Callable[[bytes], object],
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
    timeout: float,
) -> str:
    """Pass the body of ``url`` to ``write`` and return its SHA-256 in hexadecimal."""
    reader = _Reader(url, timeout)
    sha256 = hashlib.sha256()
    received, total = 0, 0
    last = time.monotonic()

    stalled = f"nothing came for {timeout:g} s"

    def failed(why: str) -> WeightsUnavailable:
        if received or total:
            why += f" after {received / _MB:.1f} MB" + (
                f" of {total / _MB:.1f} MB" if total else ""
            )
        return _unavailable(url, name, why)

    try:
        while True:
            if cancelled and cancelled():
                raise Cancelled
            try:
                item = reader.items.get(timeout=_TICK)
            except queue.Empty:
                if time.monotonic() - last > timeout:
                    raise failed(stalled) from None
                continue
            last = time.monotonic()
            if isinstance(item, int):
                total = item
            elif isinstance(item, TimeoutError):
                raise failed(stalled) from item
            elif isinstance(item, Exception):
                raise failed("it was cut off" if received or total else _reason(item)) from item
            elif item:
                write(item)
                sha256.update(item)
                received += len(item)
            elif received < total:
                raise failed("it was cut off")
            elif not received:
                raise failed("the server sent an empty file")
            else:
                return sha256.hexdigest()
            if progress:
                progress(received, total)
    finally:
        reader.stop.set()


class _Reader:
    """Reads a URL in a thread of its own, so that a cancel need not wait for a server that stalls.

    Neither the look-up of a name nor a read that has once timed out can be interrupted or taken up
    again in urllib. ``items`` gives the length in bytes (0 if unknown), then the body in pieces,
    then ``b""``; or an exception at any point. The thread ends soon after ``stop`` is set, at the
    latest when its socket times out.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self.items: queue.Queue[int | bytes | Exception] = queue.Queue(maxsize=8)
        self.stop = threading.Event()
        thread = threading.Thread(target=self._read, args=(url, timeout), daemon=True)
        thread.start()

    def _read(self, url: str, timeout: float) -> None:
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "resnet-viz"})
            with urllib.request.urlopen(request, timeout=timeout) as response:
                self._put(int(response.headers.get("Content-Length") or 0))
                while chunk := response.read1(_CHUNK):
                    if not self._put(chunk):
                        return
            self._put(b"")
        except urllib.error.HTTPError as error:
            error.close()
            self._put(error)
        except urllib.error.URLError as error:
            self._put(error.reason if isinstance(error.reason, Exception) else error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._put(error)

    def _put(self, item: int | bytes | Exception) -> bool:
        while not self.stop.is_set():
            try:
                self.items.put(item, timeout=_TICK)
            except queue.Full:
                continue
            return True
        return False


def _unavailable(url: str, name: str, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"{name} could not be downloaded from {urlsplit(url).netloc}: {why}; "
        "try again, or open a file of weights"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} ({error.reason})"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, socket.gaierror):
        return "the host was not found, or there is no network"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


# --- Reading -----------------------------------------------------------------------------------


def _embedded_path(embedded: str) -> Path:
    return assets_dir() / "weights" / f"{embedded}.safetensors"


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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken(card_path, "is missing or damaged") from error
    try:
        content = path.read_bytes()
    except OSError as error:
        raise broken(path, "is missing or cannot be read") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise broken(path, "is damaged (its hash is not the one on its card)")
    return safetensors.torch.load(content), title


def _has_hash(path: Path, sha256_prefix: str) -> bool:
    """True if there is a file at ``path`` with the right SHA-256; a damaged one is fetched anew."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256_prefix)
    except OSError:
        return False


def _read_file(path: Path) -> Mapping[str, Tensor]:
    """The state dict in the file at ``path``; no code in it is run."""
    import torch

    suffix = path.suffix.lower()
    if suffix != ".safetensors" and suffix not in _PICKLES:
        raise WeightsError(
            f"{path.name!r} is not a file of weights; choose a .safetensors, .pt, .pth or .bin file"
        )
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise WeightsError(f"{path.name} is not a file; choose a file of weights")
        if status.st_size == 0:
            raise WeightsError(f"{path.name} is empty; choose another file of weights")
        with path.open("rb") as file:
            start = file.read(2)
    except FileNotFoundError as error:
        raise WeightsError(f"there is no file {path}; choose a file of weights") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WeightsError(
            f"{path.name} cannot be read: {reason}; choose another file of weights"
        ) from error

    try:
        if suffix == ".safetensors":
            import safetensors.torch

            loaded: object = safetensors.torch.load_file(path)
        else:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise nearly anything for a damaged file
        pickled = start == b"PK" or start[:1] == b"\x80"
        if pickled and (isinstance(error, UnpicklingError) or "TorchScript" in str(error)):
            raise WeightsError(
                f"{path.name} holds code besides weights and is not opened, since opening it "
                "would run that code; save only the network's state_dict() and open that"
            ) from error
        raise WeightsError(
            f"{path.name} is damaged or is not a file of weights; choose another file"
        ) from error
    return _state_dict(loaded, path.name)


def _state_dict(loaded: object, name: str) -> Mapping[str, Tensor]:
    if isinstance(loaded, Mapping):
        for candidate in (loaded, *(loaded.get(key) for key in _CHECKPOINT_KEYS)):
            if _is_state_dict(candidate):
                if all(key.startswith("module.") for key in candidate):
                    return {key.removeprefix("module."): candidate[key] for key in candidate}
                return candidate
    raise WeightsError(
        f"{name} holds no weights; choose a file that holds a network's state_dict()"
    )


def _is_state_dict(candidate: object) -> TypeGuard[Mapping[str, Tensor]]:
    from torch import Tensor, strided

    return (
        isinstance(candidate, Mapping)
        and len(candidate) > 0
        and all(
            isinstance(key, str)
            and isinstance(value, Tensor)
            and value.layout == strided
            and not (value.is_quantized or value.is_complex() or value.is_meta)
            for key, value in candidate.items()
        )
    )


def _fill(network: nn.Module, spec: NetworkSpec, state: Mapping[str, Tensor], file: str) -> None:
    """Copy ``state`` into ``network``, of ``spec``, once all of it is known to fit."""
    expected = network.state_dict()

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
    """The names of the classes of ``spec``, in the order of its logits."""
    weights = official(spec)
    return CIFAR10_CLASSES if weights is None else tuple(weights.enum.meta["categories"])


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
