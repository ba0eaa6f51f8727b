"""Figures on paper: the second painter of the values in `figures`, with matplotlib.

It draws what the window draws, from the same value: rows for 0, ∞ and not-a-number, bands, marks.
matplotlib is imported when a figure is written, and without pyplot, so that it needs no screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from resnet_viz.figures.figure import Axis, Chart, Figure, Map
from resnet_viz.figures.looks import THEMES, Theme
from resnet_viz.figures.numbers import power_of_ten, row_of
from resnet_viz.figures.scale import decade_ticks, joined, spread
from resnet_viz.figures.series import Series
from resnet_viz.images import overlay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

FORMATS = (".png", ".svg", ".pdf")
_SYMBOLS = {"": "", "o": "o", "s": "s", "t": "v", "d": "D", "p": "p", "+": "P", "star": "*"}
_ROW_SYMBOLS = {"0": "v", "∞": "^", "NaN": "h"}
_SIGNED = ("#2051db", "#8e97e8", "#ffffff", "#e3907a", "#b70000")  # CET-D1, Kovesi 2015
_SETTINGS: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "text.parse_math": False,  # a name with dollars in it is a name
}
_PANEL = (5.6, 3.6)  # inches
_SMALL = 1.3  # the same, of one of many maps
_ROW = 0.09  # of the axis' length, for each row at the edge
_FEW = 12  # bars whose names are not thinned out
_BELOW = 32  # points of an axis' ticks and title
_LETTER = 0.075  # inches, about, of a small one


@dataclass(frozen=True)
class Preset:
    """A sheet: ``width`` and ``height`` in inches, None for as much as is needed; ``text`` is how
    much larger than on screen text and lines are."""

    title: str
    width: float | None = None
    height: float | None = None
    text: float = 1.0


PRESETS: dict[str, Preset] = {
    "screen": Preset("As on screen"),
    "slide": Preset("Slide, 16:9", 40 / 3, 7.5, 1.6),
    "paper": Preset("Paper, one column", 3.5, None, 0.8),
}


@contextmanager
def saved() -> Iterator[None]:
    """matplotlib's settings for drawing and saving: text stays text, fonts are embedded in PDF."""
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        yield


def write_figure(figure: Figure, path: Path, look: str = "light", dpi: int = 200) -> None:
    """Write ``figure`` as PNG, SVG or PDF, as the name of ``path`` says; ``look`` is a theme's.

    Text stays text in SVG and PDF (fonts are embedded in PDF), and title and caption are in the
    file's metadata.

    Raises:
        ValueError: the name ends otherwise, there is no such look, or nothing to draw.
        OSError: the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(
            f"{path.name} is no name for a figure; let it end with {', '.join(FORMATS)}"
        )
    if look not in THEMES:
        raise ValueError(f"there is no look {look!r}; take {', '.join(THEMES)}")
    with saved():
        sheet = draw(figure, THEMES[look])
        about = {"Title": figure.title}
        if kind == ".pdf":
            about |= {"Subject": figure.caption, "Creator": "ResNet Explorer"}
        else:
            about |= {"Description": figure.caption}
        sheet.savefig(path, format=kind[1:], dpi=dpi, metadata=about)


def draw(figure: Figure, theme: Theme, preset: Preset | None = None) -> Sheet:
    """``figure`` as a sheet of matplotlib's: panels in columns, the title above, the caption below.

    Raises:
        ValueError: the figure has no panel.
    """
    if not figure.panels:
        raise ValueError(f"{figure.title}: there is nothing to draw yet")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    preset = preset or PRESETS["screen"]
    columns = min(figure.columns, len(figure.panels))
    small = columns > 3 and all(isinstance(panel, Map) for panel in figure.panels)
    width, height = (_SMALL, _SMALL * 1.25) if small else _PANEL
    full = max(6.0, columns * width)
    if preset.width is not None:
        # As large as the sheet once text is as large as it is to be.
        full = preset.width / preset.text
        if not small:
            columns = min(columns, max(1, round(full / width)))
        if preset.height is not None and not small:
            columns = max(columns, min(3, math.ceil(len(figure.panels) / 2)))
        width, height = full / columns, height * full / columns / width
    rows = math.ceil(len(figure.panels) / columns)
    caption = _wrapped(figure.caption, full)
    deep = rows * height + 0.5 + 0.17 * (caption.count("\n") + 1)
    if preset.height is not None:
        deep = preset.height / preset.text
    sheet = Sheet(figsize=(full, deep), layout="constrained")
    FigureCanvasAgg(sheet)
    sheet.set_facecolor(theme.panel)
    sheet.suptitle(_wrapped(figure.title, full, 0.6), color=theme.text, fontsize=12)
    sheet.supxlabel(caption, color=theme.muted, fontsize=8, x=0.01, ha="left")
    for number, panel in enumerate(figure.panels):
        axes = sheet.add_subplot(rows, columns, number + 1)
        axes.set_facecolor(theme.panel)
        room = 0.6 if isinstance(panel, Map) else 0.85
        axes.set_title(_wrapped(panel.title, width, room), color=theme.text, fontsize=9)
        axes.tick_params(colors=theme.text, labelsize=7)
        for spine in axes.spines.values():
            spine.set_color(theme.line)
        if isinstance(panel, Map):
            _draw_map(sheet, axes, panel, theme, small, preset.text)
        else:
            _draw_chart(axes, panel, theme, width, preset.text)
    enlarge(sheet, preset.text)
    # Legends hang below the axes, whose place the layout finds step by step.
    for _ in range(4):
        sheet.draw_without_rendering()
    return sheet


def enlarge(sheet: Sheet, factor: float) -> None:
    """Make a sheet, its text and its lines larger by ``factor``."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    if factor == 1.0:
        return
    sheet.set_size_inches(*(factor * sheet.get_size_inches()))
    for axes in sheet.axes:
        axes.tick_params(labelsize=factor * 7)
    ticks = {id(label) for axes in sheet.axes for label in
             (*axes.get_xticklabels(), *axes.get_yticklabels())}  # fmt: skip
    for text in sheet.findobj(Text):
        if isinstance(text, Text) and id(text) not in ticks:
            text.set_fontsize(factor * float(text.get_fontsize()))
    for line in sheet.findobj(Line2D):
        if isinstance(line, Line2D):
            line.set_linewidth(factor * line.get_linewidth())
            line.set_markersize(factor * line.get_markersize())
    for patch in sheet.findobj(Patch):
        if isinstance(patch, Patch):
            patch.set_linewidth(factor * patch.get_linewidth())


def _wrapped(text: str, inches: float, letters: float = 1.0) -> str:
    import textwrap

    width = max(12, int(inches * letters / _LETTER))
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())


# ---- charts


def _draw_chart(axes: Axes, chart: Chart, theme: Theme, width: float, factor: float) -> None:
    x, y = chart.x, chart.y
    span = y.high - y.low
    above = [row for row in ("∞", "NaN") if y.log and row in y.rows]
    crosses = 0.05 * span if chart.crossed is not None else 0.0
    zero = _ROW * span if y.log and "0" in y.rows else 0.0
    margin = 0.04 * span if y.log and y.ticks is None else 0.0
    bottom, top = y.low - margin - zero - crosses, y.high + margin + _ROW * span * len(above)
    places = {"0": bottom + crosses + zero / 2}
    places |= {row: y.high + margin + _ROW * span * (n + 0.5) for n, row in enumerate(above)}
    axes.set_xlim(x.low, x.high)
    axes.set_ylim(bottom, top)
    axes.set_xlabel(x.title, color=theme.text, fontsize=8)
    axes.set_ylabel(y.title, color=theme.text, fontsize=8)
    axes.grid(axis="y", color=theme.line, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    drop = _tick(axes, chart, places, width)
    for number, (title, first, last) in enumerate(chart.bands, 1):
        colour = theme.colour(f"stage {number}")
        axes.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.15, linewidth=0, zorder=0)
        middle = (first + last) / 2
        axes.text(middle, top, title, color=theme.muted, fontsize=7, ha="center", va="top")
    _draw_bars(axes, chart, theme)
    across = axes.twinx() if chart.right is not None else None
    if across is not None and chart.right is not None:
        right = chart.right
        share = (right.high - right.low) / span
        across.set_ylim(right.low + (bottom - y.low) * share, right.high + (top - y.high) * share)
        across.set_ylabel(right.title, color=theme.text, fontsize=8)
        across.tick_params(colors=theme.text, labelsize=7)
        if right.ticks is not None:
            across.set_yticks([at for at, _ in right.ticks], [text for _, text in right.ticks])
    for number, one in enumerate(chart.series):
        on_right = one.right and across is not None and chart.right is not None
        if on_right and across is not None and chart.right is not None:
            _draw_series(across, one, chart.right, {}, theme)
        else:
            _draw_series(axes, one, y, places, theme, below=number % 2 == 1)
    _draw_ends(axes, chart, theme, (top - bottom) * 0.06)
    if chart.marker is not None:
        axes.axvline(chart.marker, color=theme.text, linewidth=0.8, zorder=1)
    if chart.crossed is not None and chart.crossed[1]:
        name, at = chart.crossed
        foot = [bottom + crosses / 2] * len(at)
        axes.scatter(at, foot, marker="x", s=14, color=theme.off, label=name, zorder=3)
    if chart.legend:
        _draw_legend(axes, across, theme, factor * (_BELOW + drop))


def _tick(axes: Axes, chart: Chart, places: dict[str, float], width: float) -> float:
    """Label both axes of a panel so many inches wide; the points that upright names need."""
    x, y = chart.x, chart.y
    ticks = x.ticks if x.ticks is not None else tuple(enumerate(x.names))
    drop = 0.0
    if ticks:
        # Of layers and numbers as many as fit; of few bars all, upright where the names are long.
        letters = max(max(map(len, text.split("\n"))) for _, text in ticks) + 1.5
        fit = max(2, int(0.85 * width / (0.8 * _LETTER) / letters))
        upright = bool(chart.bars) and fit < len(ticks) <= _FEW
        every = 1 if upright else math.ceil((len(ticks) - 1) / (fit - 1)) or 1
        chosen = [t for n, t in enumerate(ticks) if n % every == 0]
        if (left := (len(ticks) - 1) % every) and left < 0.7 * every:
            chosen.pop()  # or the last one would lie over it
        if left:
            chosen.append(ticks[-1])
        axes.set_xticks(
            [at for at, _ in chosen],
            [text for _, text in chosen],
            rotation=90 if upright else 0,
        )
        drop = 4.2 * max(len(text) for _, text in chosen) if upright else 0.0
    if y.log and y.ticks is None:
        from resnet_viz.figures.scale import Scale

        scale = Scale(int(y.low), int(y.high), y.rows)
        powers = range(int(y.low), int(y.high) + 1)
        labelled = list(decade_ticks(scale, powers, (y.high - y.low) / 14)[0])
        labelled += [(at, row) for row, at in places.items() if row in y.rows]
        axes.set_yticks([at for at, _ in labelled], [text for _, text in labelled])
    elif y.ticks is not None:
        axes.set_yticks([at for at, _ in y.ticks], [text for _, text in y.ticks])
    return drop


def _draw_series(
    axes: Axes,
    one: Series,
    axis: Axis,
    places: dict[str, float],
    theme: Theme,
    below: bool = False,
) -> None:
    colour, width = theme.colour(one.colour), 0.7 * theme.line_width * one.width
    x, values = np.asarray(one.positions, float), np.asarray(one.values, float)
    face = "none" if one.hollow else colour
    axes.plot(
        x,
        axis.places(values),
        color=colour,
        alpha=one.opacity,
        linewidth=width if one.line else 0,
        linestyle=(0, (3, 2)) if one.dashed else "-",
        marker=_SYMBOLS[one.symbol] or None,
        markersize=5.5 if one.hollow else 4,
        markerfacecolor=face,
        label=one.name or "_",
    )
    for at, value in zip(x, values, strict=True):
        row = axis.row(value)
        if row is not None and row in places:
            axes.plot(
                [at], [places[row]], marker=_ROW_SYMBOLS[row], color=colour, markerfacecolor=face,
                markersize=6, linestyle="", clip_on=False,
            )  # fmt: skip
    if len(one.labels) > 1:
        for at, value, text in zip(x, axis.places(values), one.labels, strict=True):
            axes.annotate(
                text, (at, value), (3, -9 if below else 4), textcoords="offset points", fontsize=6,
                color=theme.text,
            )  # fmt: skip


def _draw_ends(axes: Axes, chart: Chart, theme: Theme, least: float) -> None:
    """The labels at the ends of series, apart from each other."""
    ends = [one for one in chart.series if len(one.labels) == 1]
    heights = [chart.y.place(float(one.values[-1])) for one in ends]
    known = [height if math.isfinite(height) else chart.y.low for height in heights]
    places = spread(known, least, chart.y.high, chart.y.low)
    for one, at in zip(ends, places, strict=True):
        axes.annotate(
            one.labels[0], (float(one.positions[-1]), at), (4, 0), textcoords="offset points",
            color=theme.colour(one.colour), fontsize=7, va="center", annotation_clip=False,
        )  # fmt: skip


def _draw_bars(axes: Axes, chart: Chart, theme: Theme) -> None:
    count = max((len(bars.values) for bars in chart.bars), default=0)
    foot, among = np.zeros(count), len(chart.bars) if chart.grouped else 1
    for number, bars in enumerate(chart.bars):
        heights = np.nan_to_num(np.asarray(bars.values, float), posinf=0.0)
        shift = (number - (among - 1) / 2) * 0.76 / among if chart.grouped else 0.0
        special = chart.outlined[1]
        colour = theme.colour(bars.colour)
        axes.bar(
            np.arange(len(heights)) + shift,
            heights,
            width=0.76 / among,
            bottom=0.0 if chart.grouped else foot[: len(heights)],
            color=colour,
            edgecolor=[theme.text if n in special else colour for n in range(len(heights))],
            linewidth=[1.2 if n in special else 0.0 for n in range(len(heights))],
            label=bars.name or "_",
        )
        foot[: len(heights)] += heights
        for at, value in enumerate(bars.values):
            row = row_of(value)
            if row in ("∞", "NaN"):
                axes.text(at, chart.y.low, row, color=theme.text, ha="center", va="bottom")
    for name, height in chart.references:
        if math.isfinite(chart.y.place(height)):
            axes.axhline(
                chart.y.place(height), color=theme.text, linewidth=1, linestyle=(0, (4, 3)),
                label=f"{name}: {chart.y.text(height)}",
            )  # fmt: skip


def _draw_legend(axes: Axes, across: Axes | None, theme: Theme, below: float) -> None:
    """So many points below the axis, on the sheet as large as it will be."""
    from matplotlib.transforms import ScaledTranslation

    handles, names = axes.get_legend_handles_labels()
    if across is not None:
        more, others = across.get_legend_handles_labels()
        handles, names = [*handles, *more], [*names, *others]
    if names:
        axes.legend(
            handles, names, fontsize=7, labelcolor=theme.text, frameon=False, ncols=2,
            loc="upper center", bbox_to_anchor=(0.5, 0.0),
            bbox_transform=axes.transAxes + ScaledTranslation(
                0, -below / 72, cast("Sheet", axes.figure).dpi_scale_trans
            ),
        )  # fmt: skip


# ---- maps


def _draw_map(
    sheet: Sheet, axes: Axes, shown: Map, theme: Theme, small: bool, factor: float
) -> None:
    x, y = shown.x, shown.y
    colours = colour_map(shown.colours)
    low, high = shown.low, shown.high
    if not high > low:  # one value, or none that is finite
        low, high = (low, low + 1.0) if math.isfinite(low) else (0.0, 1.0)
    values = np.asarray(shown.values, float)
    if shown.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(values)
    extent = (x.low, x.high, y.low, y.high) if x is not None and y is not None else None
    origin: Literal["lower", "upper"] = "lower" if shown.upwards else "upper"
    if extent is not None and not shown.upwards:
        extent = (extent[0], extent[1], extent[3], extent[2])
    if shown.picture is not None:
        table = np.rint(255 * colours(np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
        span = (shown.low, high)
        axes.imshow(
            overlay.laid(shown.picture, shown.values, span, table, shown.opacity, shown.contour)
        )
    else:
        clipped = np.where(np.isinf(values), np.where(values > 0, high, low), values)
        axes.imshow(
            clipped, cmap=colours, vmin=low, vmax=high, extent=extent, origin=origin,
            aspect="auto" if x is not None and not shown.upwards else "equal",
            interpolation="nearest",
        )  # fmt: skip
    for axis, name in ((x, "x"), (y, "y")):
        if axis is None:
            getattr(axes, f"set_{name}ticks")([])
            continue
        getattr(axes, f"set_{name}label")(axis.title, color=theme.text, fontsize=8)
        if axis.ticks is not None:
            least = abs(axis.high - axis.low) / 14 if name == "y" else 0.0
            ticks = joined(axis.ticks, least)
            getattr(axes, f"set_{name}ticks")([at for at, _ in ticks], [text for _, text in ticks])
    _draw_levels(axes, shown, values)
    for symbol, name, across, up in shown.points:
        axes.scatter(
            [across], [up], marker=_SYMBOLS[symbol], s=60, color=theme.text,
            edgecolors=theme.panel, label=name, zorder=4,
        )  # fmt: skip
    if shown.points:
        _draw_legend(axes, None, theme, factor * _BELOW)
    if shown.picture is not None and shown.opacity == 0:
        return  # a picture by itself, whose colours are no numbers
    if small:
        ends = f"{_text(shown, low)} to {_text(shown, high)}"
        axes.set_xlabel(ends, color=theme.muted, fontsize=5)
        return
    _draw_scale(sheet, axes, shown, (low, high), theme)


def _draw_scale(
    sheet: Sheet, axes: Axes, shown: Map, ends: tuple[float, float], theme: Theme
) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    bar = sheet.colorbar(ScalarMappable(Normalize(*ends), colour_map(shown.colours)), ax=axes)
    unit = shown.unit + "".join(f"; {row} is left blank" for row in sorted(shown.rows & {"NaN"}))
    bar.set_label(unit, color=theme.text, fontsize=8)
    bar.ax.tick_params(colors=theme.text, labelsize=7)
    if shown.log:
        if all(end == int(end) for end in ends):
            powers = range(int(ends[0]), int(ends[1]) + 1, max(1, int(ends[1] - ends[0]) // 8))
            bar.set_ticks(list(powers), labels=[power_of_ten(power) for power in powers])
        else:
            marks = [math.log10(level) for level in shown.levels] or list(ends)
            bar.set_ticks(marks, labels=[f"{10**mark:.3g}" for mark in marks])


def _draw_levels(axes: Axes, shown: Map, values: np.ndarray) -> None:
    if not shown.levels or shown.x is None or shown.y is None or min(values.shape) < 2:
        return
    centres = [
        axis.low + (np.arange(count) + 0.5) * (axis.high - axis.low) / count
        for axis, count in ((shown.x, values.shape[1]), (shown.y, values.shape[0]))
    ]
    levels = sorted(math.log10(level) if shown.log else level for level in shown.levels)
    known = np.ma.masked_invalid(values)
    if known.count() < 4:
        return
    lines = axes.contour(*centres, known, levels=levels, colors="black", linewidths=0.6)
    names = {at: f"{10**at if shown.log else at:.3g}" for at in levels}
    axes.clabel(lines, fmt=lambda at: names[min(names, key=lambda x: abs(x - at))], fontsize=6)


def _text(shown: Map, end: float) -> str:
    return f"{10**end if shown.log else end:.3g}"


def colour_map(name: str) -> Any:
    """matplotlib's map of that name; see-through where there is no number."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    signed = name == "CET-D1"
    made = LinearSegmentedColormap.from_list(name, _SIGNED) if signed else colormaps[name]
    return made.with_extremes(bad=(0.0, 0.0, 0.0, 0.0))
