"""What a model downstream of a backbone answers, drawn over the photo, and Grad-CAM at each stage.

The window and the export draw with the same functions, each at its own size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.figures.table import Table
from resnet_viz.images import overlay
from resnet_viz.images.photo import Photo
from resnet_viz.results.downstream import (
    NOWHERE,
    Aim,
    Box,
    Detection,
    DownstreamResult,
    Explanation,
    StageMap,
)

_SIDE = 640
"""Pixels of an exported picture's long side."""
_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2")
"""Okabe and Ito 2008."""
_FEW = 0.005
"""Share of the picture from which on a class is named in it."""
UNIT = "Grad-CAM, logits"
COLOURS = "inferno"
UNTRAINED = "The weights are untrained: these answers mean nothing."


@dataclass(frozen=True)
class Look:
    """How an answer is drawn: with a probability or score of at least ``least``, covering the photo
    by ``opacity``; ``text`` is the height of letters and ``line`` the width of lines, in pixels."""

    least: float
    opacity: float
    text: float = 15.0
    line: int = 2


def colours(result: DownstreamResult) -> dict[int, str]:
    """A colour for each class that occurs but the background, the commonest or surest first."""
    if result.segmentation is not None:
        labels = [label for label in result.segmentation.shares() if label > 0]
    else:
        labels = list(dict.fromkeys(one.label for one in result.detections))
    return {label: _COLOURS[n % len(_COLOURS)] for n, label in enumerate(labels)}


def fitted(photo: Photo, width: int, height: int) -> np.ndarray:
    """The photo as large as fits, with its aspect ratio kept, (h, w, 3) uint8."""
    scale = min(width / photo.width, height / photo.height)
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    if size[0] >= photo.width and size[1] >= photo.height:
        return overlay.enlarge(photo.pixels, size[1], size[0])
    with Image.fromarray(photo.pixels) as whole:
        return np.asarray(whole.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


# --- The answer over the photo -----------------------------------------------------------------


def answer(
    result: DownstreamResult, photo: np.ndarray, look: Look, aim: Aim | None = None
) -> np.ndarray:
    """The answer over ``photo``, (h, w, 3) uint8, with the class that is in each place or box.

    What the ``aim`` is at has a white line around it.
    """
    drawn = _coloured if result.segmentation is not None else _boxed
    pixels = drawn(result, photo, look)
    return pixels if aim is None else outlined(pixels, aim, result, look.line)


def _coloured(result: DownstreamResult, photo: np.ndarray, look: Look) -> np.ndarray:
    """Each class but the background in its colour, with its name in the middle."""
    given, chosen = result.segmentation, colours(result)
    assert given is not None
    sure = np.where(given.sure(look.least), given.classes, 0)
    classes = overlay.enlarge(sure, *photo.shape[:2])
    table = np.zeros((max([0, *chosen]) + 1, 3), np.uint8)
    for label, colour in chosen.items():
        table[label] = _rgb(colour)
    cover = table[np.clip(classes, 0, None)]
    cover[classes == NOWHERE] = overlay.STRIPES[0]
    pixels = overlay.blend(photo, cover, look.opacity * (classes != 0))
    with _Pen(pixels, look) as pen:
        for label, share in given.shares(look.least).items():
            if label in chosen and share >= _FEW:
                across, down = _heart(classes == label)
                pen.name(result.name(label), across, down, chosen[label], centred=True)
    return pen.pixels


def _boxed(result: DownstreamResult, photo: np.ndarray, look: Look) -> np.ndarray:
    """The mask of each detection, if it has one, its box and its name; the surest uppermost."""
    chosen, shown = colours(result), result.sure(look.least)[::-1]
    pixels = photo.copy()
    for one in shown:
        if one.mask is not None:
            (top, left), values = _pasted(one, result, *photo.shape[:2])
            part = pixels[top : top + values.shape[0], left : left + values.shape[1]]
            cover = np.broadcast_to(_rgb(chosen[one.label]), part.shape)
            part[:] = overlay.blend(part, cover, look.opacity * (values >= 0.5))
    with _Pen(pixels, look) as pen:
        for one in shown:
            box = _scaled(one.box, result, *photo.shape[:2])
            pen.box(box, chosen[one.label])
            words = f"{result.name(one.label)} {per_cent(one.score)}"
            pen.name(words, box[0], box[1], chosen[one.label])
    return pen.pixels


def pasted(one: Detection, result: DownstreamResult, height: int, width: int) -> np.ndarray:
    """A detection's mask over a picture of the photo, (h, w) float32: 0 outside its box."""
    found = np.zeros((height, width), np.float32)
    (top, left), values = _pasted(one, result, height, width)
    found[top : top + values.shape[0], left : left + values.shape[1]] = values
    return found


def _pasted(
    one: Detection, result: DownstreamResult, height: int, width: int
) -> tuple[tuple[int, int], np.ndarray]:
    """The part of `pasted` that may be above 0: its first row and column, and its values."""
    assert one.mask is not None
    left, top, right, bottom = _scaled(one.box, result, height, width)
    # As torchvision: the grid has a border of zeros, which lies just outside the box.
    grid = np.pad(one.mask, 1)
    wide, high = (max(1e-6, (end - start) / len(one.mask)) for start, end in
                  ((left, right), (top, bottom)))  # fmt: skip
    first = max(0, int(top - high)), max(0, int(left - wide))
    rows = np.arange(first[0], min(height, int(bottom + high) + 2))
    columns = np.arange(first[1], min(width, int(right + wide) + 2))
    down = (rows + 0.5 - (top - high)) / high - 0.5
    across = (columns + 0.5 - (left - wide)) / wide - 0.5
    return first, _read(grid, down, across)


def _read(grid: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Bilinear reading of a square grid at rows ``down`` and columns ``across``; 0 outside."""
    last = len(grid) - 1

    def weights(places: np.ndarray) -> np.ndarray:
        found = 1 - np.abs(np.clip(places, -1, last + 1)[:, None] - np.arange(last + 1))
        return np.clip(found, 0, None)

    return np.asarray(weights(down) @ grid @ weights(across).T, np.float32)


def outlined(pixels: np.ndarray, aim: Aim, result: DownstreamResult, line: int = 2) -> np.ndarray:
    """``pixels`` with a white line, black outside, around what the aim is at."""
    height, width = pixels.shape[:2]
    found = pixels.copy()
    if aim.region is not None:
        inside = overlay.enlarge(aim.region, height, width)
    else:
        one = next((d for d in result.detections if d.proposal == aim.proposal
                    and d.label == aim.label), None)  # fmt: skip
        inside = np.zeros((height, width), bool)
        if one is not None:
            left, top, right, bottom = _scaled(one.box, result, height, width)
            inside[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = True
    grown, shrunk = _grown(inside, line), ~_grown(~inside, line)
    found[grown & ~inside] = 0
    found[inside & ~shrunk] = 255
    return found


def _grown(inside: np.ndarray, by: int) -> np.ndarray:
    """A region and all that is within ``by`` rows and columns of it."""
    for axis in (0, 1):
        spread = inside.copy()
        for step in range(1, by + 1):
            first = [slice(None), slice(None)]
            second = [slice(None), slice(None)]
            first[axis], second[axis] = slice(step, None), slice(None, -step)
            spread[tuple(first)] |= inside[tuple(second)]
            spread[tuple(second)] |= inside[tuple(first)]
        inside = spread
    return inside


def _scaled(box: Box, result: DownstreamResult, height: int, width: int) -> Box:
    """A box in the photo's pixels as one in those of a picture of it."""
    photo = result.request.photo
    across, down = width / photo.width, height / photo.height
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def _heart(inside: np.ndarray) -> tuple[int, int]:
    """Column and row of the place of a region that is nearest to its middle."""
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return 0, 0
    away = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    nearest = int(away.argmin())
    return int(columns[nearest]), int(rows[nearest])


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)


class _Pen:
    """Draws boxes and names on a picture; ``pixels`` is what came of it."""

    def __init__(self, pixels: np.ndarray, look: Look) -> None:
        self._image = Image.fromarray(np.ascontiguousarray(pixels))
        self._draw = ImageDraw.Draw(self._image)
        self._font = ImageFont.load_default(max(6.0, look.text))
        self._line = look.line

    def __enter__(self) -> _Pen:
        return self

    def __exit__(self, *_: object) -> None:
        self.pixels = np.asarray(self._image)

    def box(self, box: Box, colour: str) -> None:
        left, top, right, bottom = box
        wide = self._line + 2
        self._draw.rectangle((left, top, max(left, right), max(top, bottom)), None, "#000000", wide)
        inner = (left + 1, top + 1, max(left + 1, right - 1), max(top + 1, bottom - 1))
        self._draw.rectangle(inner, None, colour, self._line)

    def name(
        self, words: str, across: float, down: float, colour: str, centred: bool = False
    ) -> None:
        """Words on a ground of their own, inside the picture."""
        pad = 2
        _, _, wide, high = self._draw.textbbox((0, 0), words, self._font)
        wide, high = wide + 2 * pad, high + 2 * pad
        left = across - wide / 2 if centred else across
        top = down - high / 2 if centred else down
        left = min(max(0.0, left), max(0.0, self._image.width - wide))
        top = min(max(0.0, top), max(0.0, self._image.height - high))
        self._draw.rectangle((left, top, left + wide, top + high), colour)
        light = int(_rgb(colour).astype(int) @ [299, 587, 114]) > 110_000
        self._draw.text((left + pad, top + pad), words, "#000000" if light else "#ffffff",
                        self._font)  # fmt: skip


# --- Grad-CAM over the photo -------------------------------------------------------------------


def spread(stage: StageMap, height: int, width: int) -> np.ndarray:
    """A stage's map at the size of a picture of the photo, without what lies beside it, (h, w)."""
    across, down = stage.covers
    large = overlay.smooth(stage.values, round(height / down), round(width / across))
    return large[:height, :width]


def cam(stage: StageMap, photo: np.ndarray, table: np.ndarray, opacity: float) -> np.ndarray:
    """The map over ``photo``, (h, w, 3) uint8, on a scale of its own; ``table`` is (256, 3)."""
    values = spread(stage, *photo.shape[:2])
    return overlay.glow(photo, values, overlay.finite_range(stage.values)[1], table, opacity)


def cam_words(stage: StageMap) -> str:
    """The title of a stage's map."""
    greatest = overlay.finite_range(stage.values)[1]
    head = f"{stage.title}, stride {stage.stride}"
    if np.isnan(greatest):
        return f"{head}: not finite"
    return f"{head}: nothing speaks for it" if greatest <= 0 else head


# --- Words -------------------------------------------------------------------------------------


def summary(result: DownstreamResult, least: float) -> str:
    """What the model sees, in a sentence."""
    if result.segmentation is not None:
        shares = result.segmentation.shares(least)
        parts = [f"{result.name(label)} {per_cent(share)}" for label, share in shares.items()]
        rest = 1 - sum(shares.values())
        if rest > 1e-9:
            parts.append(f"below {per_cent(least)} {per_cent(rest)}")
        return f"Of the picture: {_some(parts)}."
    shown = result.sure(least)
    if shown:
        parts = [f"{result.name(one.label)} {per_cent(one.score)}" for one in shown]
        return f"{len(shown)} with a score of at least {100 * least:.0f} %: {_some(parts)}."
    if result.detections:
        best = result.detections[0]
        return (
            f"Nothing has a score of {100 * least:.0f} % or more; the surest is "
            f"“{result.name(best.label)}” with {per_cent(best.score)}."
        )
    return f"Nothing: the model gives no box with a score below {100 * result.least:.0f} %."


def _some(parts: list[str], most: int = 8) -> str:
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more


def measured(result: DownstreamResult) -> str:
    """What was run on what, in a sentence."""
    height, width = result.size
    skips = "" if result.request.skips else ", skips of the backbone off"
    named = result.weights.title if result.weights.trained else "untrained"
    return (
        f"{result.spec.title} ({named}){skips}, the whole of “{result.request.photo.name}” resized "
        f"to {width}×{height} pixels"
    )


def explained(given: Explanation) -> str:
    """What the maps are of, in a sentence."""
    of = given.request.aim
    what = "the sum of its logits there" if of.region is not None else "its logit in that box"
    return (
        f"Grad-CAM of {of.words}: {what}, {number_text(given.logit, 3)}. Each stage has a scale of "
        "its own"
    )


# --- Figure and table --------------------------------------------------------------------------


def figure(
    result: DownstreamResult, look: Look, given: Explanation | None, stage: str | None = None
) -> Figure:
    """What is on screen: the answer, and the maps of all stages or of one."""
    photo = fitted(result.request.photo, _SIDE, _SIDE)
    aim = None if given is None else given.request.aim
    drawn = answer(result, photo, look, aim)
    panels = [Map("The answer", np.zeros((1, 1)), 0.0, 0.0, "", picture=drawn, opacity=0.0)]
    caption = f"{measured(result)}. {summary(result, look.least)}"
    if not result.weights.trained:
        caption += f" {UNTRAINED}"
    if given is not None:
        caption += f" {explained(given)}."
        around = outlined(photo, given.request.aim, result, 1)
        for one in shown_maps(given, stage):
            high = overlay.finite_range(one.values)[1]
            panels.append(
                Map(cam_words(one), spread(one, *photo.shape[:2]), 0.0, high, UNIT, COLOURS,
                    picture=around, opacity=0.8)
            )  # fmt: skip
    title = f"What {result.spec.title} sees"
    return Figure("downstream", title, caption, tuple(panels), min(3, len(panels)))


def shown_maps(given: Explanation, stage: str | None) -> tuple[StageMap, ...]:
    """The maps of all stages, or of ``stage`` alone."""
    return tuple(one for one in given.maps if stage in (None, one.title))


def table(result: DownstreamResult, least: float) -> Table:
    """A row for each class of the picture, or for each detection."""
    rows: list[tuple[str | int | float | None, ...]]
    given = result.segmentation
    if given is not None:
        rows = []
        for label, share in given.shares(least).items():
            odds = given.probability[(given.classes == label) & given.sure(least)]
            mean = None if label == NOWHERE else float(odds.mean())
            rows.append((result.name(label), share, mean))
        columns: tuple[str, ...] = ("class", "share of the picture", "mean probability")
        return Table("downstream", columns, tuple(rows))
    rows = [(result.name(one.label), one.score, *one.box, one.level) for one in result.sure(least)]
    sides = tuple(f"{side}, pixels of the photo" for side in ("left", "top", "right", "bottom"))
    return Table("downstream", ("class", "score", *sides, "level"), tuple(rows))
