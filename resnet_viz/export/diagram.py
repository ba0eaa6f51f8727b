"""The whole block diagram on paper: drawn from the geometry that the window draws it from.

Shapes are vectors and text is text. Names are only ever drawn, never read as anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from resnet_viz.export.figure import Preset
from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.figures.layout.blocks import lay_out
from resnet_viz.figures.layout.geometry import LINE, Label, Point, Rect, Text
from resnet_viz.figures.layout.layers import lay_out_layers
from resnet_viz.figures.layout.network import lay_out_network
from resnet_viz.figures.layout.parts import Arc, Bar, BlockBox, Frame, Layout, Part
from resnet_viz.figures.looks import Theme
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

_PIXELS = 96  # an inch
_FONT, LEGIBLE = 13.0, 7.0
_WORDS = "DejaVu Sans"


@dataclass(frozen=True)
class Diagram:
    """A diagram to be drawn: ``structure`` with ``gates``, as it would lie in a view of ``size``.

    ``values`` of blocks are coloured on ``scale``; ``picture`` is the network's input, (S, S, 3)
    uint8. ``opened`` are the keys of equal blocks that are not folded at the level of the network.
    """

    structure: Structure
    gates: GateSettings = field(default_factory=GateSettings)
    level: Literal["network", "blocks", "layers"] = "blocks"
    size: tuple[float, float] = (1280.0, 560.0)
    vertical: bool = False
    opened: frozenset[str] = frozenset()
    caption: str = ""
    picture: np.ndarray | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    scale: FillScale | None = None
    name: str = "diagram"

    @property
    def title(self) -> str:
        return f"Block diagram of {self.structure.title}"

    def laid_out(self, size: tuple[float, float] | None = None) -> Layout[Any]:
        """Where everything lies."""
        width, height = size or self.size
        text = Text(_em, _FONT, LEGIBLE, self.vertical)
        if self.level == "network":
            return lay_out_network(self.structure, width, height, text, self.opened)
        if self.level == "layers":
            return lay_out_layers(self.structure, width, height, text)
        return lay_out(self.structure, width, height, text)


@lru_cache(maxsize=4096)
def _em(words: str) -> float:
    """The width of a line of text at font size 1."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    bold = FontProperties(family=_WORDS, weight="bold", size=100)
    width, _, _ = TextToPath().get_text_width_height_descent(words or " ", bold, ismath=False)
    return max(0.01, float(width) / 100)


def draw_diagram(diagram: Diagram, theme: Theme, preset: Preset) -> Sheet:
    """The diagram as a sheet of matplotlib's, its title above and its caption below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    head, foot = 34.0, 0.0
    width = diagram.size[0]
    if preset.width is not None:
        width = preset.width / preset.text * _PIXELS
    import textwrap

    caption = textwrap.fill(diagram.caption, max(20, int(width / 5.4)))
    if caption:
        foot = 12 + 13.0 * (caption.count("\n") + 1)
    height = diagram.size[1]
    if preset.height is not None:
        height = preset.height / preset.text * _PIXELS - head - foot
    elif preset.width is not None:
        height = max(180.0, min(height, 2.2 * width))
    layout = diagram.laid_out((width, height))
    across, down = max(width, layout.width), layout.height
    inches = (across / _PIXELS, (down + head + foot) / _PIXELS)
    factor = preset.text
    if preset.width is not None:
        factor = preset.width / inches[0]
    sheet = Sheet(figsize=(inches[0] * factor, inches[1] * factor))
    FigureCanvasAgg(sheet)
    sheet.set_facecolor(theme.panel)
    axes = sheet.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0, across)
    axes.set_ylim(down + foot, -head)
    pen = _Pen(axes, theme, factor)
    shift = (across - layout.width) / 2
    pen.text(diagram.title, across / 2, -head / 2, 16, theme.text)
    pen.text(caption, 8, down + foot / 2, 10.5, theme.muted, align="left")
    pen.shift = shift
    paint(pen, layout, diagram)
    return sheet


def paint(pen: Pen, layout: Layout[Any], diagram: Diagram) -> None:
    """Draw everything that lies in a layout."""
    _ground(pen, layout, diagram)
    for part in layout.parts:
        with pen.part(part):
            _part(pen, part, diagram)


class Pen(Protocol):
    """What the diagram is drawn with. ``shift`` moves everything to the right."""

    theme: Theme
    shift: float

    def box(self, rect: Rect, face: str, edge: str, line: float = 1.2, round_by: float = 4.0,
            alpha: float = 1.0, edge_alpha: float = 1.0,
            order: float = 3.0) -> None: ...  # fmt: skip
    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.6,
             dashed: bool = False, alpha: float = 1.0, order: float = 2.0) -> None: ...  # fmt: skip
    def curve(self, vertices: Sequence[tuple[float, float]], codes: Sequence[int], colour: str,
              width: float, dashed: bool, alpha: float) -> None: ...  # fmt: skip
    def circle(self, centre: Point, radius: float, face: str, edge: str, line: float) -> None: ...
    def polygon(self, corners: Sequence[tuple[float, float]], colour: str) -> None: ...
    def image(self, pixels: np.ndarray, place: Rect) -> None: ...
    def label(self, label: Label, colour: str, bold: bool = False) -> None: ...

    def part(self, part: Part) -> AbstractContextManager[object]:
        """Within the context a part is drawn."""
        ...

    def gates(self, part: Part, gate: float) -> Iterator[float]:
        """At which gates the skip past a part, which is at ``gate``, is to be drawn in turn."""
        ...


@dataclass
class _Pen:
    """Draws in pixels of the layout; ``factor`` is how much larger one is than 1/96 of an inch."""

    axes: Axes
    theme: Theme
    factor: float
    shift: float = 0.0

    def width(self, pixels: float) -> float:
        return pixels * self.factor * 72 / _PIXELS

    def box(self, rect: Rect, face: str, edge: str, line: float = 1.2, round_by: float = 4.0,
            alpha: float = 1.0, edge_alpha: float = 1.0, order: float = 3.0) -> None:  # fmt: skip
        from matplotlib.colors import to_rgba
        from matplotlib.patches import FancyBboxPatch, Rectangle

        by = min(round_by, rect.width / 2, rect.height / 2)
        look: dict[str, Any] = {
            "facecolor": to_rgba(face, alpha),
            "edgecolor": to_rgba(edge, edge_alpha),
            "linewidth": self.width(line),
            "zorder": order,
        }
        at = (rect.x + self.shift, rect.y)
        if by <= 0:
            self.axes.add_patch(Rectangle(at, rect.width, rect.height, **look))
            return
        style = f"round,pad=0,rounding_size={by}"
        self.axes.add_patch(FancyBboxPatch(at, rect.width, rect.height, boxstyle=style, **look))

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.6,
             dashed: bool = False, alpha: float = 1.0, order: float = 2.0) -> None:  # fmt: skip
        self.axes.plot(
            [x + self.shift for x, _ in points], [y for _, y in points], color=colour, alpha=alpha,
            linewidth=self.width(width), linestyle=(0, (3, 2)) if dashed else "-", zorder=order,
            solid_joinstyle="round",
        )  # fmt: skip

    def curve(self, vertices: Sequence[tuple[float, float]], codes: Sequence[int], colour: str,
              width: float, dashed: bool, alpha: float) -> None:  # fmt: skip
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Curve

        moved = [(x + self.shift, y) for x, y in vertices]
        self.axes.add_patch(
            PathPatch(
                Curve(moved, codes), facecolor="none", edgecolor=colour, alpha=alpha, zorder=4,
                linewidth=self.width(width), linestyle=(0, (3, 2)) if dashed else "-",
            )
        )  # fmt: skip

    def circle(self, centre: Point, radius: float, face: str, edge: str, line: float) -> None:
        from matplotlib.patches import Ellipse

        self.axes.add_patch(
            Ellipse(
                (centre.x + self.shift, centre.y), 2 * radius, 2 * radius, facecolor=face,
                edgecolor=edge, linewidth=self.width(line), zorder=5,
            )
        )  # fmt: skip

    def text(self, words: str, x: float, y: float, size: float, colour: str, turned: bool = False,
             bold: bool = False, align: str = "center") -> None:  # fmt: skip
        if not words:
            return
        self.axes.text(
            x + self.shift, y, words, fontsize=self.width(size), color=colour, ha=align,
            va="center", rotation=90 if turned else 0, weight="bold" if bold else "normal",
            family=_WORDS, zorder=6, linespacing=LINE * 0.85, parse_math=False,
        )  # fmt: skip

    def polygon(self, corners: Sequence[tuple[float, float]], colour: str) -> None:
        from matplotlib.patches import Polygon

        moved = [(x + self.shift, y) for x, y in corners]
        self.axes.add_patch(Polygon(moved, facecolor=colour, edgecolor="none", zorder=2))

    def image(self, pixels: np.ndarray, place: Rect) -> None:
        left, right = place.x + self.shift, place.right + self.shift
        self.axes.imshow(
            pixels, extent=(left, right, place.bottom, place.y), aspect="auto", zorder=2,
            interpolation="nearest",
        )  # fmt: skip

    def part(self, part: Part) -> AbstractContextManager[object]:
        return nullcontext()

    def gates(self, part: Part, gate: float) -> Iterator[float]:
        yield gate

    def label(self, label: Label, colour: str, bold: bool = False) -> None:
        """A label, unless it is too small to read."""
        if label.size < LEGIBLE - 0.01:
            return
        at = label.rect.centre
        self.text(label.text, at.x, at.y, 0.96 * label.size, colour, label.turned, bold)


def _ground(pen: Pen, layout: Layout[Any], diagram: Diagram) -> None:
    """Stages, main line, input, head and captions."""
    theme = pen.theme
    for stage in layout.stages:
        colour = theme.colour(f"stage {stage.number}")
        pen.box(stage.rect, colour, colour, 1.2, 9, 0.17, 0.75, order=1)
        title = stage.title
        pen.label(title, theme.text)
    for number, edge in enumerate(layout.edges):
        points = [(p.x, p.y) for p in edge]
        pen.line(points, theme.muted, 1.6)
        if len(edge) > 2 or number in (0, len(layout.edges) - 1):
            _arrow(pen, edge[-2], edge[-1], min(11.0, 0.75 * layout.spacing))
    if diagram.picture is not None:
        pen.image(diagram.picture, layout.input)
    face = 0.0 if diagram.picture is not None else 1.0
    pen.box(layout.input, theme.raised, theme.muted, 1.2, 0, alpha=face)
    for label in layout.head:
        pen.box(label.rect, theme.raised, theme.line)
        pen.label(label, theme.text)
    for label in (*layout.input_labels, *layout.notes):
        pen.label(label, theme.text)
    for fold in layout.folds:
        pen.label(fold.label, theme.muted)
    for caption in layout.captions:
        if caption.label.size >= LEGIBLE - 0.01:
            end = (caption.edge.x, caption.label.rect.y + 1)
            if layout.vertical:
                end = (caption.label.rect.x + 1, caption.edge.y)
            pen.line([(caption.edge.x, caption.edge.y), end], theme.muted, 0.8, dashed=True)
            pen.label(caption.label, theme.muted)


def _arrow(pen: Pen, tail: Point, tip: Point, size: float) -> None:
    along = np.array([tip.x - tail.x, tip.y - tail.y])
    along *= size / max(1e-6, float(np.hypot(*along)))
    across = 0.55 * np.array([-along[1], along[0]])
    end = np.array([tip.x, tip.y])
    corners = [end, end - along + across, end - along - across]
    pen.polygon([(float(x), float(y)) for x, y in corners], pen.theme.muted)


def _part(pen: Pen, part: Part, diagram: Diagram) -> None:
    theme, gates = pen.theme, diagram.gates
    branch = float(np.mean([gates.branch(name) for name in part.names]))
    colour = theme.off if branch == 0.0 else theme.branch
    if part.name == "stem":
        colour = theme.muted
    strength = 0.35 + 0.65 * branch
    pen.box(part.rect, theme.raised, theme.line, 1.2, 5)
    if isinstance(part, BlockBox):
        for way in part.ways:
            pen.line([(p.x, p.y) for p in way], colour, 1.4, branch == 0.0, strength, order=3)
        for layer in part.layers:
            pen.box(layer.rect, theme.raised, theme.raised, 0, 3)
            pen.box(layer.rect, colour, colour, 1.2, 3, 0.26 * strength, strength)
            pen.label(layer, theme.text)
        pen.label(part.title, theme.text, bold=True)
        _value(pen, part.heat, part.name, part.heat_size, diagram)
    elif isinstance(part, Bar):
        pen.box(part.rect, colour, colour, 1.2, 5, 0.26 * strength, strength)
        for label in part.texts:
            pen.label(label, theme.text)
        for place, name in zip(part.slices, part.names, strict=False):
            _value(pen, place, name, 0.0, diagram)
    elif isinstance(part, Frame):
        for way in part.lines:
            pen.line([(p.x, p.y) for p in way], colour, 1.4, branch == 0.0, strength, order=3)
        for card in part.cards:
            its = theme.skip if card.on_shortcut else colour
            pen.box(card.rect, theme.panel, its, 1.2, 4, order=5)
            pen.label(card.title, theme.text, bold=True)
            for label in card.lines:
                pen.label(label, theme.muted)
        pen.label(part.title, theme.text, bold=True)
        if part.fill is not None:
            _value(pen, part.fill, part.name, 0.0, diagram)
    if part.arc is not None and part.junction is not None:
        gate = float(np.mean([gates.skip(name) for name in part.names]))
        concat = diagram.structure.block(part.name).combine == "concat"
        for drawn in pen.gates(part, gate):
            _skip(pen, part.arc, part.junction, drawn, concat)


def _value(pen: Pen, place: Rect, name: str, size: float, diagram: Diagram) -> None:
    value, scale = diagram.values.get(name), diagram.scale
    if value is None or min(place.width, place.height) < 1:
        return
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    mark = scale.mark(value) if scale is not None else "·"
    if scale is None or mark:
        pen.box(place, pen.theme.panel, pen.theme.line, 1.0, 2)
        pen.label(Label(mark, place, max(size, LEGIBLE)), pen.theme.text)
        return
    share = min(1.0, max(0.0, scale.position(value)))
    colour = colormaps["viridis"](share)
    pen.box(place, to_hex(colour), pen.theme.line, 0.6, 2)
    words = "#000000" if share > 0.55 else "#ffffff"
    pen.label(Label(scale.text(value), place, size), words)


_MOVE, _LINE, _BEND = 1, 2, 3
"""The codes of a curve as matplotlib has them; a bend is of the second degree, of two points."""


def _skip(pen: Pen, arc: Arc, junction: Rect, gate: float, concat: bool) -> None:
    theme = pen.theme
    start, end, top = (arc.start.x, arc.start.y), (arc.end.x, arc.end.y), arc.top
    if arc.vertical:
        start, end = start[::-1], end[::-1]
    bend = min(0.42 * (end[0] - start[0]), 1.1 * (start[1] - top))
    points = [
        start,
        (start[0], min(start[1], top + bend)),
        (start[0], top),
        (start[0] + bend, top),
        (end[0] - bend, top),
        (end[0], top),
        (end[0], min(end[1], top + bend)),
        end,
    ]
    if arc.vertical:
        points = [(y, x) for x, y in points]
    codes = [_MOVE, _LINE, _BEND, _BEND, _LINE, _BEND, _BEND, _LINE]
    thin = min(1.0, max(0.5, junction.width / 14))
    width = thin * theme.line_width * (0.45 + 0.75 * gate if gate else 0.8)
    colour = theme.skip if gate else theme.off
    pen.curve(points, codes, colour, width, not gate, 0.45 + 0.55 * gate)
    pen.circle(arc.start, max(1.8, 0.9 * width), colour, colour, 0)
    if arc.label is not None and gate == 1.0 and arc.label.size >= LEGIBLE - 0.01:
        pen.box(arc.label.rect, theme.panel, colour, 1.0, 3, order=5)
        pen.label(arc.label, theme.text)
    if gate < 1.0:
        middle, size = (start[0] + end[0]) / 2, max(LEGIBLE, arc.text_size)
        words = f"{gate:.2g}" if gate else "off"
        wide, deep = (0.62 * len(words) + 0.6) * size, LINE * size
        x, y = (top, middle) if arc.vertical else (middle, top)
        if arc.vertical:
            wide, deep = deep, wide
        place = Rect(x - wide / 2, y - deep / 2, wide, deep)
        pen.box(place, theme.panel, theme.panel, 0, 2, order=5)
        pen.label(Label(words, place, size, arc.vertical), theme.text)
    sign = theme.text if gate else theme.off
    radius, centre = junction.width / 2, junction.centre
    line = 0.75 * thin * theme.line_width
    pen.circle(centre, radius, theme.panel if gate else theme.raised, sign, line)
    reach = 0.55 * radius
    if concat:
        for aside in (-0.35 * radius, 0.35 * radius):
            x = centre.x + aside
            pen.line([(x, centre.y - reach), (x, centre.y + reach)], sign, line, order=6)
        return
    pen.line([(centre.x - reach, centre.y), (centre.x + reach, centre.y)], sign, line, order=6)
    pen.line([(centre.x, centre.y - reach), (centre.x, centre.y + reach)], sign, line, order=6)
