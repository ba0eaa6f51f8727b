"""Opens a file of weights by what is in it, whatever it is called. Nothing in it is run."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.archive import Archive
from resnet_viz.networks.files.contents import FileContents, ModuleInfo, Plain, TensorInfo
from resnet_viz.networks.files.flatten import Flattener
from resnet_viz.networks.files.foreign import what_it_is, what_the_zip_is
from resnet_viz.networks.files.inert import Damaged, Place
from resnet_viz.networks.files.pickles import Locate, read_pickle, read_zip
from resnet_viz.networks.files.safetensors_file import is_safetensors, read_safetensors
from resnet_viz.networks.files.script_code import described
from resnet_viz.networks.files.tensors import Quantised, TooLarge

_START = 8192  # bytes that tell what a file is


def read_file(path: Path) -> FileContents:
    """What the file at ``path`` holds; no tensor is read yet. Its suffix makes no difference.

    Raises:
        WeightsError: it is missing, damaged, something else than weights, or holds weights that
            cannot be used; the sentence says which, and what to do.
    """
    start, size = _look(path)
    foreign = what_it_is(path, start, size)
    if foreign:
        raise WeightsError(f"{path.name} {foreign}")
    try:
        if start.startswith(b"PK"):
            contents = _zip(path)
        elif is_safetensors(start):
            tensors, metadata = read_safetensors(path)
            contents = FileContents(path, "a safetensors file", tensors, metadata)
        else:
            contents = _bare_pickle(path, start, size)
    except Damaged as error:
        raise WeightsError(
            f"{path.name} is damaged or incomplete: {error}; download it again, or choose another "
            "file"
        ) from error
    except TooLarge as error:
        raise WeightsError(
            f"{path.name} is not opened: {error}, which is too large for what weights it holds; "
            "choose another file"
        ) from error
    except Quantised as error:
        bits = "int8" if "int8" in str(error) else str(error)
        raise WeightsError(
            f"{path.name} holds a network whose weights are quantised to {bits}; open the weights "
            "from before it was quantised"
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not contents.tensors:
        raise WeightsError(
            f"{path.name} holds no weights; choose a file that holds a network's state_dict()"
        )
    quantised = [
        name
        for name, info in contents.tensors.items()
        if info.dtype in ("int8", "uint8") and len(info.shape) == 4 and name.endswith("weight")
    ]
    if quantised:
        raise WeightsError(
            f"{path.name} holds a network whose weights are quantised to int8 "
            f"({quantised[0][:200]}); open the weights from before it was quantised"
        )
    return replace(contents, evidence={**contents.evidence, **_normalisation(contents.tensors)})


def _normalisation(tensors: Mapping[str, TensorInfo]) -> dict[str, Plain]:
    """The numbers in tensors such as "normalizer.mean", which say how inputs were normalised."""
    return {
        name: tuple(float(number) for number in info.load().flatten().tolist())
        for name, info in tensors.items()
        if re.search(r"(^|[._])(mean|std)$", name)
        and not name.endswith("running_mean")
        and info.is_floating
        and 1 <= info.numel <= 16
    }


def _look(path: Path) -> tuple[bytes, int]:
    """The file's first bytes, and its size in bytes."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            inside = "saved_model.pb" if (path / "saved_model.pb").exists() else ""
            what = "a SavedModel of TensorFlow" if inside else "a folder"
            raise WeightsError(f"{path.name} is {what}, not a file; choose a file of weights")
        if not stat.S_ISREG(status.st_mode):
            raise WeightsError(f"{path.name} is not a file; choose a file of weights")
        with path.open("rb") as file:
            return file.read(_START), status.st_size
    except FileNotFoundError as error:
        raise WeightsError(f"there is no file {path}; choose a file of weights") from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> WeightsError:
    reason = getattr(error, "strerror", None) or error
    return WeightsError(f"{path.name} cannot be read: {reason}; choose another file of weights")


def _zip(path: Path) -> FileContents:
    archive = Archive(path)
    pickles = [name for name in archive.names if re.fullmatch(r"([^/]+/)?data\.pkl", name)]
    if not pickles:
        raise WeightsError(f"{path.name} {what_the_zip_is(archive.names)}")
    prefix = pickles[0].removesuffix("data.pkl")
    value, locate = read_zip(archive, prefix)
    script = f"{prefix}constants.pkl" in archive.names
    container = "a TorchScript file" if script else "a PyTorch checkpoint"
    contents = _flat(path, container, value, locate)
    if script and not contents.tensors and f"{prefix}constants/0" in archive.names:
        raise WeightsError(
            f"{path.name} is a frozen TorchScript file, which has lost the names of its weights; "
            "save the network before it is frozen"
        )
    if script:
        return replace(contents, modules=described(contents.modules, archive, prefix))
    return contents


def _bare_pickle(path: Path, start: bytes, size: int) -> FileContents:
    if start[:1] not in (b"\x80", b"(", b"c", b"]", b"}"):
        raise WeightsError(
            f"{path.name} is damaged or is not a file of weights; choose another file"
        )
    with path.open("rb") as file:
        value, locate, old = read_pickle(file, Place(path, 0, size))
    container = "a PyTorch checkpoint of the older format" if old else "a pickle"
    return _flat(path, container, value, locate)


def _flat(path: Path, container: str, value: object, locate: Locate) -> FileContents:
    flattener = Flattener(path.stat().st_size, locate)
    evidence: Mapping[str, Plain] = flattener.evidence(value)
    tensors: Mapping[str, TensorInfo] = flattener.tensors
    modules: Mapping[str, ModuleInfo] = flattener.modules
    notes = list(flattener.notes)
    if flattener.classes:
        listed = list(flattener.classes)
        more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
        notes.append(
            f"the file asks for code ({', '.join(listed[:3])}{more}), which was not run; plain "
            "values were taken from it"
        )
    if modules and container == "a PyTorch checkpoint":
        container = "a whole network in a PyTorch checkpoint"
    return FileContents(path, container, tensors, evidence, modules, tuple(notes))
