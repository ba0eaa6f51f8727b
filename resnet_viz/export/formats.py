"""Every format that a figure, the diagram or numbers can be written in: one entry a format.

Files are written under another name and then renamed, so that a file that is there stays whole
until the new one is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from resnet_viz.export.diagram import Diagram, draw_diagram
from resnet_viz.export.figure import PRESETS, Preset, draw, saved
from resnet_viz.export.provenance import weights_hash
from resnet_viz.export.replacing import replacing
from resnet_viz.export.table import beside_csv, write_metadata, write_table
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.looks import THEMES
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.table import Table
from resnet_viz.results.result import Result
from resnet_viz.results.task import Progress, TaskError

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

    from resnet_viz.analysis.task import TaskContext

Shown = Figure | Diagram | Table

DPI = 100
"""Dots an inch of a PNG at scale 1."""


class ExportError(Exception):
    """Nothing was written; its text is a sentence for the user."""


@dataclass(frozen=True)
class Settings:
    """How something is written: ``preset`` is a key of PRESETS, ``look`` of THEMES; ``scale`` is
    for PNG, 1 is 100 dots an inch. ``about`` goes into the file's metadata."""

    preset: str = "screen"
    look: str = "light"
    scale: float = 2.0
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WriteRequest:
    """``files`` are to be written one after the other."""

    files: tuple[tuple[Shown, Path], ...]
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class PreviewRequest:
    """A picture of how ``shown`` would come out."""

    shown: Figure | Diagram
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Preview:
    """``png`` is a file's contents."""

    request: PreviewRequest
    png: bytes


@dataclass(frozen=True)
class WrittenFiles:
    """All that was written."""

    paths: tuple[Path, ...]


Write = Callable[[Shown, Path, Settings], None]


@dataclass(frozen=True)
class Format:
    """``suffix`` begins with a dot; ``of`` says what it holds, and ``scaled`` whether it has
    pixels."""

    suffix: str
    title: str
    of: Literal["picture", "numbers"]
    write: Write
    scaled: bool = False


def _picture(shown: Shown, path: Path, settings: Settings) -> None:
    if isinstance(shown, Table):
        raise ValueError(f"{shown.name} is a table and no picture; choose CSV or JSON")
    with saved():
        sheet = _sheet(shown, settings)
        metadata = _metadata(path.suffix.lower(), shown.title, shown.caption, settings.about)
        kind = path.suffix.lower()[1:]
        sheet.savefig(path, format=kind, dpi=DPI * settings.scale, metadata=metadata)


def _sheet(shown: Figure | Diagram, settings: Settings) -> Sheet:
    if settings.look not in THEMES:
        raise ValueError(f"there is no look {settings.look!r}; take {', '.join(THEMES)}")
    theme, preset = THEMES[settings.look], find_preset(settings.preset)
    if isinstance(shown, Diagram):
        return draw_diagram(shown, theme, preset)
    return draw(shown, theme, preset)


def _numbers(shown: Shown, path: Path, settings: Settings) -> None:
    if not isinstance(shown, Table):
        raise ValueError(f"{shown.title} is a picture and no table; choose PNG, SVG or PDF")
    write_table(shown, path, settings.about)


FORMATS: tuple[Format, ...] = (
    Format(".png", "PNG picture", "picture", _picture, scaled=True),
    Format(".svg", "SVG drawing", "picture", _picture),
    Format(".pdf", "PDF drawing", "picture", _picture),
    Format(".csv", "CSV table", "numbers", _numbers),
    Format(".json", "JSON table", "numbers", _numbers),
)


def find_format(path: Path) -> Format:
    """The format that a file's name asks for.

    Raises:
        ExportError: it is none of them.
    """
    found = next((one for one in FORMATS if one.suffix == path.suffix.lower()), None)
    if found is None:
        endings = ", ".join(one.suffix for one in FORMATS)
        raise ExportError(f"{path.name} ends in no format that is known; let it end in {endings}")
    return found


def find_preset(name: str) -> Preset:
    """
    Raises:
        ValueError: there is none of that name.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; take {', '.join(PRESETS)}")
    return PRESETS[name]


def write(shown: Shown, path: Path, settings: Settings | None = None) -> None:
    """Write a picture or numbers, as the name of ``path`` says.

    Raises:
        ExportError: the format cannot hold it, or the file cannot be written.
    """
    form = find_format(path)
    try:
        with whole(path) as partial:
            form.write(printable(shown), partial, printable(settings or Settings()))
        if isinstance(shown, Table) and path.suffix.lower() == ".csv" and settings is not None:
            beside = beside_csv(path)
            with whole(beside) as partial:
                write_metadata(printable(shown), path.name, partial, printable(settings).about)
    except ValueError as error:
        text = str(error)
        raise ExportError(text[:1].upper() + text[1:]) from error


def run(request: WriteRequest, context: TaskContext) -> Iterator[object]:
    """Write files, as a task; yields `Progress`, then `WrittenFiles`.

    Raises:
        TaskError: one cannot be written.
    """
    total = len(request.files)
    for number, (shown, path) in enumerate(request.files):
        context.stop_if_cancelled()
        yield Progress(f"Writing {path.name}", number, total)
        try:
            write(shown, path, request.settings)
        except ExportError as error:
            raise TaskError(str(error)) from error
    yield WrittenFiles(tuple(path for _, path in request.files))


def preview(request: PreviewRequest, context: TaskContext) -> Iterator[object]:
    """Draw a preview, as a task; yields a `Preview`.

    Raises:
        TaskError: there is nothing to draw.
    """
    settings = request.settings
    context.stop_if_cancelled()
    try:
        with saved():
            sheet = _sheet(request.shown, settings)
            stream = io.BytesIO()
            sheet.savefig(stream, format="png", dpi=max(20.0, 460 / sheet.get_size_inches()[0]))
    except ValueError as error:
        raise TaskError(str(error)) from error
    yield Preview(request, stream.getvalue())


Value = TypeVar("Value")


def printable(value: Value) -> Value:
    """``value`` with every text in it as files can hold it: what is no letter for XML or UTF-8, as
    names of files may have, is replaced by "�"."""
    made: Any = value
    if isinstance(value, str):
        made = _UNPRINTABLE.sub("�", value)
    elif type(value) in (tuple, list, frozenset):
        made = type(value)(printable(one) for one in cast(Iterable[Any], value))  # type: ignore[call-arg]
    elif isinstance(value, dict):
        made = {printable(key): printable(one) for key, one in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        clean = {name: printable(part) for name, part in parts.items()}
        changed = {name: part for name, part in clean.items() if part is not parts[name]}
        made = replace(value, **changed) if changed else value
    return cast(Value, made)


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """As `replacing`, and in a sentence what went wrong.

    Raises:
        ExportError: the system cannot write it.
    """
    try:
        with replacing(path) as partial:
            yield partial
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written ({error.strerror or error}); choose another place"
        ) from error


def about(result: Result | None = None) -> dict[str, str]:
    """Versions, and what was measured on: for the metadata of a file."""
    said = {
        "Software": f"ResNet Explorer {_version('resnet-viz')}",
        "PyTorch": _version("torch"),
        "torchvision": _version("torchvision"),
    }
    if result is None:
        return said
    gates, structure = result.snapshot.gates, result.structure
    parts = []
    for kind, values in (("skip", gates.skips), ("branch", gates.branches)):
        parts += [f"{kind} of {name} × {number_text(g)}" for name, g in sorted(values.items())]
    skips = "all on" if structure.skips else "the network has none"
    digest = ""
    if result.weights.trained:
        digest = weights_hash(result.snapshot.spec, result.snapshot.weights)
    return said | {
        "Network": structure.title,
        "Weights": result.weights.title,
        **({"Weights SHA-256": digest} if digest else {}),
        "Photo": result.snapshot.photo.name,
        "Target": result.labels[result.now.target],
        "Skips": "; ".join(parts) or skips,
        "Device": result.device,
    }


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown)"


def _metadata(kind: str, title: str, caption: str, about: Mapping[str, str]) -> dict[str, str]:
    """As matplotlib takes it: PNG has any key, SVG those of Dublin Core, PDF a few of its own."""
    lines = "\n".join(f"{key}: {value}" for key, value in about.items())
    if kind == ".png":
        return {"Title": title, "Description": caption, **about}
    creator = about.get("Software", "ResNet Explorer")
    if kind == ".pdf":
        return {"Title": title, "Subject": caption, "Keywords": lines, "Creator": creator}
    return {"Title": title, "Description": f"{caption}\n{lines}".strip(), "Creator": creator}
