"""Animations as GIF, with Pillow, and as MP4, with PyAV where it is installed.

Frames are drawn one by one from measured values; what is kept of a step are its norms.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import GifImagePlugin, Image, ImageChops

from resnet_viz.export.diagram import Diagram, draw_diagram
from resnet_viz.export.figure import PRESETS, Preset, draw, saved
from resnet_viz.export.formats import ExportError, whole
from resnet_viz.figures.figure import Chart, Figure, Map, Panel
from resnet_viz.figures.gradient_flow import gradient_flow, norms
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.looks import THEMES
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Series
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.laboratory import LaboratoryResult
from resnet_viz.results.result import Pass, Result, Snapshot
from resnet_viz.results.task import Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.task import TaskContext

SUFFIXES = (".gif", ".mp4")

STRENGTHS = tuple(number / 20 for number in range(20, -1, -1))

_RATE = 10  # frames a second in a film
_MOST_STEPS = 60


@dataclass(frozen=True)
class AnimateRequest:
    """Write the diagram of ``snapshot`` over its gradient flow while its skips go off one by one,
    from the output, or while the strength of all goes from 1 to 0. ``seconds`` is how long each
    step stays."""

    snapshot: Snapshot
    kind: Literal["cascade", "strength"]
    path: Path
    look: str = "light"
    seconds: float = 0.6
    width: int = 1280


@dataclass(frozen=True)
class SweepRequest:
    """Write the laboratory's figure while the gradient comes back from the loss to the input."""

    result: LaboratoryResult
    path: Path
    look: str = "light"
    seconds: float = 0.1
    width: int = 1280
    kind: str = "backward sweep"


@dataclass(frozen=True)
class FilmRequest:
    """Write figures that are there already, one after the other."""

    figures: tuple[Figure, ...]
    path: Path
    look: str = "light"
    seconds: float = 0.4
    width: int = 1280
    kind: str = "figures"


@dataclass(frozen=True)
class TrainingFilmRequest:
    """Write the figure of a training run while the run goes on, from its first step to its last."""

    figure: Figure
    path: Path
    look: str = "light"
    seconds: float = 0.15
    width: int = 1280
    kind: str = "training run"


Request = AnimateRequest | SweepRequest | FilmRequest | TrainingFilmRequest


@dataclass(frozen=True)
class Animated:
    """What was written."""

    path: Path
    frames: int


def has_film() -> bool:
    """True if MP4 can be written."""
    return find_spec("av") is not None


NO_FILM = (
    'MP4 needs PyAV, which is not installed; install it with "pip install resnet-viz[video]", or '
    "write a GIF"
)


def run(request: AnimateRequest, context: TaskContext) -> Iterator[object]:
    """Measure and draw, as a task; yields `Progress`, then `Animated`.

    Raises:
        TaskError: the network has no skips, or the file cannot be written.
        As `Session.run`.
    """
    _look_at(request.path)
    first = context.session.run(replace(request.snapshot, gates=GateSettings()), context.cancelled)
    steps = steps_of(request, first)
    if not steps:
        raise TaskError(f"{first.structure.title} has no skips; choose a residual network")
    total = 2 * len(steps)
    measured: list[Result] = []
    for number, (_, gates) in enumerate(steps):
        context.stop_if_cancelled()
        yield Progress(f"Measuring step {number + 1} of {len(steps)}", number, total)
        asked = replace(request.snapshot, gates=gates, target=first.now.target)
        measured.append(_light(context.session.run(asked, context.cancelled)))
    scale = Scale.covering([value for one in measured for value in norms(one.now)])
    titles = [title for title, _ in steps]
    frames = (
        _over(picture_of_diagram(one, request), picture(_titled(figure, title), request, _LOW))
        for title, one in zip(titles, measured, strict=True)
        for figure in [gradient_flow(one, scale)]
    )
    yield from _write(frames, len(steps), len(steps), request, context)


def sweep(request: SweepRequest, context: TaskContext) -> Iterator[object]:
    """Draw the laboratory's backward sweep, as a task; yields `Progress`, then `Animated`.

    Raises:
        TaskError: the file cannot be written.
    """
    _look_at(request.path)
    figure, count = laboratory(request.result), len(request.result.plain.layers)
    steps = min(count, _MOST_STEPS)
    firsts = np.linspace(count, 0, steps + 1).round().astype(int)
    frames = (picture(swept(figure, int(first)), request) for first in firsts)
    yield from _write(frames, len(firsts), 0, request, context)


def training(request: TrainingFilmRequest, context: TaskContext) -> Iterator[object]:
    """Draw a training run as it went on, as a task; yields `Progress`, then `Animated`.

    Raises:
        TaskError: the file cannot be written.
    """
    _look_at(request.path)
    newest = _newest(request.figure)
    steps = np.unique(np.linspace(1, newest, min(newest, _MOST_STEPS)).round().astype(int))
    frames = (picture(trained(request.figure, int(step), newest), request) for step in steps)
    yield from _write(frames, len(steps), 0, request, context)


def film(request: FilmRequest, context: TaskContext) -> Iterator[object]:
    """Draw the figures, as a task; yields `Progress`, then `Animated`.

    Raises:
        TaskError: the file cannot be written.
    """
    _look_at(request.path)
    frames = (picture(figure, request) for figure in request.figures)
    yield from _write(frames, len(request.figures), 0, request, context)


def swept(figure: Figure, first: int) -> Figure:
    """The laboratory's figure when the gradient has come back to layer ``first``; the variance,
    which is known since the way forwards, is there from the start."""

    def cut(panel: Panel) -> Panel:
        if not isinstance(panel, Chart) or "gradient" not in panel.title.lower():
            return panel
        series = tuple(
            replace(one, values=list(one.values)[first:], x=range(first, len(one.values)))
            for one in panel.series
        )
        return replace(panel, series=series)

    return replace(figure, panels=tuple(cut(panel) for panel in figure.panels))


def trained(figure: Figure, step: int, newest: int) -> Figure:
    """A training run's figure when ``step`` of ``newest`` was the last one; the axes stay."""

    def cut(panel: Panel) -> Panel:
        if isinstance(panel, Map):
            values = np.array(panel.values, np.float64)
            values[:, step:] = np.nan
            return replace(panel, values=values)
        return replace(panel, series=tuple(map(shorter, panel.series)), marker=None)

    def shorter(one: Series) -> Series:
        at = np.asarray(range(len(one.values)) if one.x is None else one.x, np.float64)
        return replace(one, values=np.asarray(one.values)[at <= step], x=at[at <= step])

    panels = tuple(cut(panel) for panel in figure.panels)
    return replace(figure, panels=panels, caption=f"Step {step:,} of {newest:,}")


def _newest(figure: Figure) -> int:
    """The last step that a training run's figure has."""
    return max(1, *(one.values.shape[1] for one in figure.panels if isinstance(one, Map)))


def _look_at(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise TaskError(f"{path.name} must end in {' or '.join(SUFFIXES)}")
    if suffix == ".mp4" and not has_film():
        raise TaskError(NO_FILM)


def _write(
    frames: Iterator[Image.Image],
    count: int,
    before: int,
    request: Request,
    context: TaskContext,
) -> Iterator[object]:
    """Draw and write ``count`` frames; ``before`` is how many parts of the work are done."""
    try:
        with whole(request.path) as partial:
            is_film = request.path.suffix.lower() == ".mp4"
            film = _Film(partial, request) if is_film else _Gif(partial, request)
            try:
                for number in range(count):
                    context.stop_if_cancelled()
                    text = f"Drawing step {number + 1} of {count}"
                    yield Progress(text, before + number, before + count)
                    film.add(next(frames))
            except BaseException:
                film.give_up()
                raise
            film.close()
    except ExportError as error:
        raise TaskError(str(error)) from error
    yield Animated(request.path, count)


def steps_of(request: AnimateRequest, result: Result) -> list[tuple[str, GateSettings]]:
    """What is shown step by step, in words and as gates; of many skips several go at once."""
    skips = list(result.structure.skips)
    if not skips:
        return []
    if request.kind == "strength":
        return [
            (f"strength of all skips {s:g}", GateSettings().with_skips(skips, s)) for s in STRENGTHS
        ]
    counts = np.linspace(0, len(skips), min(len(skips), _MOST_STEPS) + 1).round().astype(int)
    return [
        (f"{n} of {len(skips)} skips off", GateSettings().with_skips(skips[len(skips) - n :], 0.0))
        for n in (int(count) for count in counts)
    ]


def _titled(figure: Figure, step: str) -> Figure:
    return replace(figure, title=f"{figure.title}, {step}")


def _light(result: Result) -> Result:
    """A result without its maps, of which a film of many steps would fill the memory."""
    nothing = np.zeros((1, 1, 1), np.float32)

    def without(run: Pass) -> Pass:
        return replace(
            run,
            blocks=tuple(
                replace(block, activation=nothing, gradient=nothing, cam=nothing[0])
                for block in run.blocks
            ),
        )

    now = without(result.now)
    return replace(result, now=now, all_on=now if result.now is result.all_on else
                   without(result.all_on))  # fmt: skip


_SLIDE = PRESETS["slide"]
_LOW = replace(_SLIDE, height=4.2, text=1.3)
_HIGH = replace(_SLIDE, height=3.3, text=1.0)
"""What stands below and above in a slide: the gradient flow, and the diagram."""


def picture(figure: Figure, request: Request, preset: Preset = _SLIDE) -> Image.Image:
    """One frame, RGB, of sides that are even, as films need them."""
    with saved():
        return _pixels(draw(figure, THEMES[request.look], preset), request)


def picture_of_diagram(result: Result, request: Request) -> Image.Image:
    """The upper part of a frame: every block and its skip as it is set."""
    diagram = Diagram(
        result.structure, result.snapshot.gates, size=(1280.0, 300.0), picture=result.network_input
    )
    with saved():
        return _pixels(draw_diagram(diagram, THEMES[request.look], _HIGH), request)


def _pixels(sheet: Any, request: Request) -> Image.Image:
    sheet.set_dpi(request.width / sheet.get_size_inches()[0])
    sheet.canvas.draw()
    pixels = np.asarray(sheet.canvas.buffer_rgba())[..., :3]
    height, width = (side - side % 2 for side in pixels.shape[:2])
    return Image.fromarray(np.ascontiguousarray(pixels[:height, :width]))


def _over(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """One picture over another of the same width."""
    made = Image.new("RGB", (lower.width, upper.height + lower.height))
    made.paste(upper, (0, 0))
    made.paste(lower, (0, upper.height))
    return made


class _Gif:
    """Writes each frame to the file as it comes: of it, what differs from the one before."""

    def __init__(self, path: Path, request: Request) -> None:
        self._request = request
        self._file = path.open("wb")
        self._before: Image.Image | None = None
        self._waiting: tuple[Image.Image, tuple[int, int]] | None = None

    def add(self, frame: Image.Image) -> None:
        self._put(0)
        place = (0, 0, *frame.size)
        if self._before is not None:
            place = ImageChops.difference(self._before, frame).getbbox() or (0, 0, 1, 1)
        # Of the ways to choose 256 colours, the one that leaves none of a colour bar's far away.
        part = frame.crop(place).quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        if self._before is None:
            comment = f"ResNet Explorer: {self._request.kind}".encode()
            info = {"loop": 0, "comment": comment}
            self._file.writelines(GifImagePlugin.getheader(part, info=info)[0])
        self._before, self._waiting = frame, (part, place[:2])

    def _put(self, longer: int) -> None:
        """Write the frame that waits to be known as the last one or not."""
        if self._waiting is not None:
            part, at = self._waiting
            stays = round(1000 * self._request.seconds) + longer
            self._file.writelines(
                GifImagePlugin.getdata(
                    part, at, duration=stays, disposal=1, include_color_table=True
                )
            )

    def close(self) -> None:
        self._put(1500)
        self._file.write(b";")
        self._file.close()

    def give_up(self) -> None:
        self._file.close()


class _Film:
    """Encodes each frame as it comes."""

    def __init__(self, path: Path, request: Request) -> None:
        import av

        self._av: Any = av
        self._repeat = max(1, round(_RATE * request.seconds))
        try:
            self._file: Any = av.open(str(path), "w", format="mp4")
        except (OSError, ValueError) as error:
            raise ExportError(
                f"{path.parent} cannot be written to ({error}); choose another place"
            ) from error
        self._stream: Any = None

    def add(self, frame: Image.Image) -> None:
        if self._stream is None:
            self._stream = self._file.add_stream("libx264", rate=_RATE)
            self._stream.width, self._stream.height = frame.size
            self._stream.pix_fmt = "yuv420p"
        for _ in range(self._repeat):
            self._file.mux(self._stream.encode(self._av.VideoFrame.from_image(frame)))

    def close(self) -> None:
        self._file.mux(self._stream.encode())
        self._file.close()

    def give_up(self) -> None:
        with suppress(Exception):
            self._file.close()
