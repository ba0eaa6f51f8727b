"""What is on screen as JSON, so that it can be opened again: choices, not results.

The form has a ``version``. What a newer version wrote, and this one does not know, is kept as it is
when it is written again; what this one cannot read is named, and left as it was.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from resnet_viz.export.replacing import replacing
from resnet_viz.images import gallery
from resnet_viz.images.photo import Crop, Photo, PhotoError, clamp_crop, decode_photo, load_photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import FileNetwork, WeightsChoice
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.own import OWN, reopened
from resnet_viz.networks.preprocessing import Preprocessing
from resnet_viz.results.result import DEVICES, Snapshot

FORMAT = "resnet-viz session"
VERSION = 2
"""1 was the first; 2 names the files among the pages' choices as files."""
SUFFIX = ".resnet.json"
"""How the names of session files end."""

LARGEST = 256 * 2**20
"""Bytes of the largest file that is read: a photo may lie in it."""

Json = Any
"""What JSON can hold: None, bool, int, float, str, and lists and dicts of these."""


def _second(data: dict[str, Json]) -> dict[str, Json]:
    """Version 1 had files of instruments as mere texts, and the brush's size under "brush"."""
    choices = data.get("choices")
    page = choices.get("instruments") if isinstance(choices, dict) else None
    kept = page.get("instruments") if isinstance(page, dict) else None
    if not isinstance(choices, dict) or not isinstance(page, dict) or not isinstance(kept, dict):
        return data
    made = dict(kept)
    for name in ("lesions", "loss surface"):
        if isinstance(one := kept.get(name), dict) and isinstance(one.get("path"), str):
            made[name] = {**one, "path": kept_file(one["path"])}
    if isinstance(one := kept.get("channels"), dict) and "brush" in one:
        rest = {name: value for name, value in one.items() if name != "brush"}
        made["channels"] = {**rest, "thickness": one["brush"]}
    return {**data, "choices": {**choices, "instruments": {**page, "instruments": made}}}


_MIGRATIONS: dict[int, Callable[[dict[str, Json]], dict[str, Json]]] = {1: _second}
"""By version, what makes the next version's session of one; to be added when VERSION goes up."""

_DIGITS = 30
_KINDS = ("default", "untrained", "file")
_OF_WEIGHTS = ("kind", "path", "classes", "labels", "preprocessing", "reading")
_KNOWN = (
    *("format", "version", "network", "photo", "crop", "weights", "gates", "target", "device"),
    *("block", "page", "choices"),
)


class SessionError(Exception):
    """What was to be opened is no session; its text is a sentence for the user."""


@dataclass(frozen=True)
class Session:
    """Everything that the user has chosen.

    ``choices`` are each page's own, by its name; ``block`` "" is the last block and ``page`` "" the
    first. ``unknown`` is what a newer version of the program wrote.
    """

    snapshot: Snapshot
    block: str = ""
    page: str = ""
    choices: Mapping[str, Json] = field(default_factory=dict)
    unknown: Mapping[str, Json] = field(default_factory=dict)


def kept_file(path: str) -> Json:
    """A file among a page's choices: in a session it is named from the session's folder."""
    return {"file": path} if path else None


def file_of(kept: Json) -> str:
    """The path that `kept_file` kept; "" for none, and for anything else."""
    path = kept.get("file") if isinstance(kept, dict) else None
    return path if isinstance(path, str) else ""


def files_from_here(choices: Mapping[str, Json], folder: Path | None) -> dict[str, Json]:
    """Choices with each `kept_file` as a file in ``folder`` names it; whole paths without one."""
    made: dict[str, Json] = _with_files(dict(choices), lambda path: _path_to_json(path, folder))
    return made


def files_from_folder(choices: Mapping[str, Json], folder: Path | None) -> dict[str, Json]:
    """Choices as `files_from_here` made them, with whole paths again."""
    made: dict[str, Json] = _with_files(dict(choices), lambda path: _path_from_json(path, folder))
    return made


def missing(read: Json, known: Json) -> Json:
    """What of choices that were read is not among ``known`` ones, group by group."""
    found = {}
    for name, value in read.items():
        both = isinstance(value, dict) and isinstance(known.get(name), dict)
        more = missing(value, known[name]) if both else value
        if name not in known or (both and more):
            found[name] = more
    return found


def with_missing(choices: Json, more: Json) -> Json:
    """``choices`` with what `missing` found put back."""
    made = dict(choices)
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(made.get(name), dict)
        made[name] = with_missing(made[name], value) if both else made.get(name, value)
    return made


def is_session(path: Path) -> bool:
    """True if a file is called as sessions are."""
    return path.suffix.lower() == ".json"


def _migrated(data: dict[str, Json]) -> dict[str, Json]:
    """The session as this version has them, ``version`` as it was read."""
    form = dict(data)
    for version in range(data["version"], VERSION):
        form = _MIGRATIONS[version](form)
    return form | {"version": data["version"]}


def read_session(path: Path, now: Snapshot) -> tuple[Session, list[str]]:
    """The session in a file, and a sentence for each part that could not be opened.

    Paths in it begin at the file's own folder, so that all may be moved together.

    Raises:
        SessionError: it is no session, or cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise SessionError(f"{path.name} is too large for a session; choose another file")
        data = json.loads(path.read_text(encoding="utf-8"), parse_int=_bounded_int)
    except OSError as error:
        reason = error.strerror
        raise SessionError(f"{path} cannot be read ({reason}); choose another file") from None
    except (ValueError, RecursionError):
        raise SessionError(
            f"{path.name} is no session of ResNet Explorer; choose another file"
        ) from None
    try:
        return from_json(data, now, path.parent)
    except SessionError as error:
        raise SessionError(f"{path.name}: {error}") from None


def write_session(session: Session, path: Path) -> None:
    """Write the session to a file that is whole at every moment.

    Raises:
        SessionError: it cannot be written; what was there is as it was.
    """
    try:
        # Half a character, as in a file's name that is no text, is escaped: JSON reads it back.
        with (
            replacing(path) as partial,
            partial.open("w", encoding="utf-8", errors="backslashreplace") as file,
        ):
            json.dump(to_json(session, path.parent), file, indent=1, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SessionError(
            f"{path} cannot be written ({error.strerror}); save it in another place"
        ) from None


def _bounded_int(text: str) -> int:
    """No number of a session has more digits; longer ones would take Python long to read."""
    if len(text) > _DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def to_json(session: Session, folder: Path | None = None) -> dict[str, Json]:
    """The session as what JSON can hold.

    A photo from a file is named by its path, a sample by its name; any other is kept whole, as PNG.
    Paths of files in ``folder``, below it or beside it are those from there.
    """
    now = session.snapshot
    unknown = dict(session.unknown)
    of_weights = unknown.pop("weights", {})
    return {
        **unknown,
        "format": FORMAT,
        "version": max(VERSION, unknown.get("version", VERSION)),
        "network": now.network,
        "photo": _photo_to_json(now.photo, folder),
        "crop": asdict(now.crop) if now.crop else None,
        "weights": {**of_weights, **_weights_to_json(now.weights, folder)},
        "gates": {"skips": now.gates.skips, "branches": now.gates.branches},
        "target": now.target,
        "device": now.device,
        "block": session.block,
        "page": session.page,
        "choices": files_from_here(session.choices, folder),
    }


def from_json(data: Json, now: Snapshot, folder: Path | None = None) -> tuple[Session, list[str]]:
    """The session that ``data`` is, and a sentence for each part that could not be opened.

    Such a part, and one that is missing, is as it is in ``now``. Paths begin at ``folder``.

    Raises:
        SessionError: ``data`` is no session.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise SessionError("This is not a session of ResNet Explorer; choose another file")
    said: list[str] = []
    version = data.get("version")
    if not isinstance(version, int) or version < 1:
        raise SessionError(f"The session has no version that is known ({version!r})")
    data = _migrated(data)
    if version > VERSION:
        said.append(
            "The session was saved by a newer version of this program; what this one does not know "
            "stays in the file but is not shown"
        )
    read = _Reader(data, said)
    snapshot = now
    own: WeightsChoice | None = None
    is_own = str(data.get("network", "")).startswith(OWN)
    if is_own:
        own = read("weights", lambda value: _own_from_json(value, folder), None)
        network = now.network if own is None else str(data["network"])
    else:
        network = read("network", _network_from_json, now.network)
    if network != now.network:
        # What belongs to the network on screen means nothing to another one.
        snapshot = replace(
            now, network=network, gates=GateSettings(), weights=WeightsChoice(), target=None
        )
    photo = read("photo", lambda value: _photo_from_json(value, folder), now.photo)
    if photo is not now.photo:
        snapshot = replace(snapshot, photo=photo, crop=None)
    crop = read("crop", lambda value: _crop_from_json(value, photo), snapshot.crop)
    weights = own
    if weights is None:
        weights = snapshot.weights
        if not is_own:
            weights = read("weights", lambda value: _weights_from_json(value, folder), weights)
    snapshot = replace(snapshot, crop=crop, weights=weights)
    classes = snapshot.spec.classes
    snapshot = replace(
        snapshot,
        gates=read("gates", _gates_from_json, snapshot.gates),
        target=read("target", lambda value: _target_from_json(value, classes), snapshot.target),
        device=read("device", _device_from_json, now.device),
    )
    unknown = {key: value for key, value in data.items() if key not in _KNOWN}
    if version > VERSION:
        unknown["version"] = version
    if isinstance(kept := data.get("weights"), dict):
        more = {key: value for key, value in kept.items() if key not in _OF_WEIGHTS}
        unknown |= {"weights": more} if more else {}
    session = Session(
        snapshot,
        read("block", _text_from_json, ""),
        read("page", _text_from_json, ""),
        read("choices", lambda value: _choices_from_json(value, folder), {}),
        unknown,
    )
    return session, said


Value = TypeVar("Value")


@dataclass(frozen=True)
class _Reader:
    """Reads one part after the other; ``said`` gets a sentence for each that cannot be read."""

    data: Mapping[str, Json]
    said: list[str]

    def __call__(self, key: str, convert: Callable[[Json], Value], otherwise: Value) -> Value:
        if key not in self.data:
            return otherwise
        try:
            return convert(self.data[key])
        except PhotoError as error:
            self.said.append(str(error))
        except (OSError, RuntimeError) as error:  # such as a link that leads to itself
            self.said.append(f"The session's {key} cannot be opened ({error})")
        except (LookupError, TypeError, ArithmeticError, ValueError, AttributeError) as error:
            self.said.append(f"The session's {key} cannot be read ({error}) and was left as it is")
        return otherwise


def _photo_to_json(photo: Photo, folder: Path | None) -> dict[str, Json]:
    kept: dict[str, Json] = {"name": photo.name}
    if photo.label is not None:
        kept["label"] = photo.label
    if photo.path is not None:
        return {**kept, "path": _path_to_json(photo.path, folder)}
    for sample in gallery.SAMPLES:
        if sample.title == photo.name:
            return {**kept, "sample": sample.name}
    return {**kept, "png": _png(photo)}


@lru_cache(maxsize=2)
def _png(photo: Photo) -> str:
    """A photo without a file as PNG, base64; autosave asks again and again for the same one."""
    stream = io.BytesIO()
    Image.fromarray(photo.pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _photo_from_json(value: Json, folder: Path | None) -> Photo:
    name = _text_from_json(value.get("name", "Photo"))
    if "path" in value:
        photo = load_photo(_path_from_json(value["path"], folder))
    elif "sample" in value:
        photo = gallery.load_sample(_text_from_json(value["sample"]))
    else:
        photo = decode_photo(base64.b64decode(value["png"], validate=True), name)
    label = value.get("label")
    return replace(photo, name=name, label=label if isinstance(label, str) else photo.label)


def _crop_from_json(value: Json, photo: Photo) -> Crop | None:
    if value is None:
        return None
    crop = Crop(*(_number(value[name]) for name in ("x", "y", "size")))
    return clamp_crop(crop, photo)


def _path_to_json(path: str, folder: Path | None) -> str:
    """From ``folder`` where the file is in it, below it or beside it, else the whole path."""
    whole = Path(path).resolve()
    if folder is None:
        return str(whole)
    home = folder.resolve()
    for above, base in (("", home), ("../", home.parent)):
        if whole.is_relative_to(base):
            return above + whole.relative_to(base).as_posix()
    return str(whole)


def _path_from_json(value: Json, folder: Path | None) -> str:
    path = Path(_text_from_json(value))
    return str(path if folder is None or path.is_absolute() else (folder / path).resolve())


def _weights_to_json(weights: WeightsChoice, folder: Path | None) -> dict[str, Json]:
    kept = asdict(replace(weights, reading=None))
    if weights.path:
        kept["path"] = _path_to_json(weights.path, folder)
    kept["labels"] = list(weights.labels)
    if weights.reading is not None:
        which, choices = weights.reading.which, weights.reading.choices
        kept["reading"] = {"which": which, "choices": [list(pair) for pair in choices]}
    if weights.preprocessing is not None:
        kept["preprocessing"]["mean"] = list(weights.preprocessing.mean)
        kept["preprocessing"]["std"] = list(weights.preprocessing.std)
    return kept


def _weights_from_json(value: Json, folder: Path | None) -> WeightsChoice:
    kind, classes = value.get("kind", "default"), value.get("classes")
    if kind not in _KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(_KINDS)}")
    if classes is not None and (not isinstance(classes, int) or classes < 1):
        raise ValueError(f"{classes!r} is no number of classes")
    form = value.get("preprocessing")
    preprocessing = None
    if form is not None:
        mean, std = (tuple(_number(one) for one in form[name]) for name in ("mean", "std"))
        if len(mean) != 3 or len(std) != 3:
            raise ValueError("mean and std have three numbers each")
        preprocessing = Preprocessing(int(form["size"]), mean, std)
    labels = tuple(_text_from_json(one) for one in value.get("labels", []))
    path, reading = _text_from_json(value.get("path", "")), value.get("reading")
    path = _path_from_json(path, folder) if path else ""
    part = None
    if reading is not None:
        pairs = [(_text_from_json(k), _text_from_json(v)) for k, v in reading.get("choices", [])]
        part = FileNetwork(_text_from_json(reading.get("which", "")), None, tuple(pairs))
    return WeightsChoice(kind, path, classes, labels, preprocessing, part)


def _own_from_json(value: Json, folder: Path | None) -> WeightsChoice:
    """The weights of a network that is none of the catalog's: its file is read again."""
    weights = _weights_from_json(value, folder)
    part = weights.reading or FileNetwork()
    try:
        return replace(weights, reading=reopened(Path(weights.path), part.which, part.choices))
    except WeightsError as error:
        raise ValueError(str(error)) from error


def _gates_from_json(value: Json) -> GateSettings:
    skips, branches = (
        {_text_from_json(name): _number(gate) for name, gate in value.get(kind, {}).items()}
        for kind in ("skips", "branches")
    )
    return GateSettings.of(skips, branches)


def _network_from_json(value: Json) -> str:
    name = _text_from_json(value)
    catalog.find(name)
    return name


def _target_from_json(value: Json, classes: int) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value < classes):
        raise ValueError(f"{value!r} is none of the {classes} classes")
    target: int | None = value
    return target


def _device_from_json(value: Json) -> Any:
    if value not in DEVICES:
        raise ValueError(f"{value!r} is none of {', '.join(DEVICES)}")
    return value


def _text_from_json(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _choices_from_json(value: Json, folder: Path | None) -> dict[str, Json]:
    for group in (value, *value.values()) if isinstance(value, dict) else (value,):
        if not isinstance(group, dict):
            raise TypeError(f"{group!r} is no group of choices")
    return files_from_folder(value, folder)


def _with_files(value: Json, change: Callable[[str], str]) -> Json:
    """Choices, with what `kept_file` kept among them changed."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and isinstance(value["file"], str):
            return {"file": change(value["file"])}
        return {name: _with_files(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_with_files(one, change) for one in value]
    return value


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)
