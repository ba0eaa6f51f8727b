"""The geometry of all three levels, for every network of the catalog, in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise

import pytest

from resnet_viz.figures.fill_scale import CountScale, GradientScale, ShareScale
from resnet_viz.figures.layout.blocks import lay_out
from resnet_viz.figures.layout.geometry import Label, Point, Rect, Text, transposed
from resnet_viz.figures.layout.layer_text import after, details
from resnet_viz.figures.layout.layers import lay_out_layers
from resnet_viz.figures.layout.network import lay_out_network
from resnet_viz.figures.layout.parts import HEAD, Frame
from resnet_viz.figures.numbers import count_text
from resnet_viz.networks import catalog
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.walk import build_structure
from resnet_viz.views.diagram.fills import FILLS, fill_of
from resnet_viz.views.diagram.search import find, names_of
from tests import fakes

SIZES = [(1000, 440), (620, 270), (500, 900)]


def text(sideways: bool, size: float = 14.0) -> Text:
    return Text(lambda words: 0.62 * max(1, len(words)), size, 0.64 * size, sideways)


@pytest.fixture(params=catalog.CATALOG)
def structure(request: pytest.FixtureRequest) -> Structure:
    return build_structure(catalog.find(request.param))


@pytest.fixture(params=[False, True], ids=["across", "down"])
def sideways(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def clashes(boxes: Iterable[tuple[str, Rect]]) -> list[tuple[str, str]]:
    pairs = combinations(boxes, 2)
    return [(a, b) for (a, one), (b, two) in pairs if one.overlaps(two, 1e-3)]


def on_edge(point: Point, rect: Rect) -> bool:
    """True if a point lies on the outline of a rectangle."""
    near = 1e-3
    across = min(abs(point.x - rect.x), abs(point.x - rect.right)) < near
    down = min(abs(point.y - rect.y), abs(point.y - rect.bottom)) < near
    inside_x = rect.x - near <= point.x <= rect.right + near
    inside_y = rect.y - near <= point.y <= rect.bottom + near
    return (across and inside_y) or (down and inside_x)


def fits(label: Label, measure: Text) -> bool:
    along = label.rect.height if label.turned else label.rect.width
    return max(map(measure.em, label.text.split("\n"))) * label.size <= along + 1e-3


def test_blocks(structure: Structure, sideways: bool) -> None:
    for width, height in SIZES:
        layout = lay_out(structure, width, height, text(sideways))
        boxes = [(f"box {b.name}", b.rect) for b in layout.parts]
        boxes += [(f"value {b.name}", b.heat) for b in layout.parts]
        boxes += [(f"sign {b.name}", b.junction) for b in layout.parts if b.junction]
        boxes += [(f"title {s.number} {s.row}", s.title.rect) for s in layout.stages]
        boxes += [(f"caption {c.label.text}", c.label.rect) for c in layout.captions]
        boxes += [(f"head {label.text}", label.rect) for label in layout.head]
        boxes += [("input", layout.input)]
        assert clashes(boxes) == []
        assert clashes((str(s.number), s.rect) for s in layout.stages) == []
        for box, edge in zip(layout.parts, layout.edges, strict=False):
            assert on_edge(edge[-1], box.rect)
            for layer in box.layers:
                assert box.rect.contains(layer.rect, 1e-3)
        for box, edge in zip(layout.parts, layout.edges[1:], strict=False):
            assert on_edge(edge[0], box.junction or box.rect)
            if box.arc and box.junction:
                assert on_edge(box.arc.end, box.junction)


@pytest.mark.parametrize("opened", [False, True], ids=["folded", "opened"])
def test_network(structure: Structure, sideways: bool, opened: bool) -> None:
    keys = frozenset(block.name for block in structure.blocks) if opened else frozenset()
    measure = text(sideways)
    for width, height in SIZES:
        layout = lay_out_network(structure, width, height, measure, keys)
        names = [name for bar in layout.parts for name in bar.names]
        assert names == [block.name for block in structure.blocks]
        if opened:
            assert all(len(bar.names) == 1 for bar in layout.parts)
        boxes = [(f"bar {bar.name}", bar.rect) for bar in layout.parts]
        boxes += [(f"sign {bar.name}", bar.junction) for bar in layout.parts if bar.junction]
        boxes += [(f"fold {fold.key}", fold.label.rect) for fold in layout.folds]
        boxes += [(f"head {label.text}", label.rect) for label in layout.head]
        boxes += [(f"note {label.text}", label.rect) for label in layout.notes]
        boxes += [("input", layout.input)]
        assert clashes(boxes) == []
        assert clashes((str(s.number), s.rect) for s in layout.stages) == []
        homes = {part.number: part.rect for part in layout.stages}
        for bar in layout.parts:
            if bar.stage:
                assert homes[bar.stage].contains(bar.rect, 1e-3)
            assert len(bar.slices) == len(bar.names)
            assert all(bar.rect.contains(place, 1e-3) for place in bar.slices)
            assert clashes((str(n), place) for n, place in enumerate(bar.slices)) == []
            assert all(fits(label, measure) for label in bar.texts)
        for bar, edge in zip(layout.parts, layout.edges, strict=False):
            assert on_edge(edge[-1], bar.rect)
        for bar, edge in zip(layout.parts, layout.edges[1:], strict=False):
            assert on_edge(edge[0], bar.junction or bar.rect)


def meets(point: Point, frame: Frame) -> bool:
    """True if a point is a port: of the frame, a card, the sign, or a fork on another line."""
    ports = [frame.entry, frame.exit]
    if any(abs(point.x - port.x) + abs(point.y - port.y) < 1e-3 for port in ports):
        return True
    rects = [card.rect for card in frame.cards]
    rects += [rect for rect in (frame.junction, frame.thumbnail) if rect]
    if any(on_edge(point, rect) for rect in rects):
        return True
    others = [end for line in frame.lines for end in (line[0], line[-1])]
    return sum(abs(point.x - p.x) + abs(point.y - p.y) < 1e-3 for p in others) > 1


def test_layers(structure: Structure, sideways: bool) -> None:
    measure = text(sideways)
    layout = lay_out_layers(structure, 1000, 440, measure)
    assert [frame.name for frame in layout.parts] == [*(b.name for b in structure.blocks), HEAD]
    boxes = [(frame.name, frame.rect) for frame in layout.parts]
    assert clashes([*boxes, ("input", layout.input)]) == []
    for one, edge, two in zip(layout.parts, layout.edges[1:], layout.parts[1:], strict=False):
        assert (edge[0], edge[-1]) == (one.exit, two.entry)
        assert on_edge(edge[0], one.rect)
        assert on_edge(edge[-1], two.rect)
    for frame in layout.parts:
        inside = [(card.layer.name, card.rect) for card in frame.cards]
        inside += [("title", frame.title.rect)]
        for name, rect in (
            ("sign", frame.junction),
            ("picture", frame.thumbnail),
            ("value", frame.fill),
        ):
            inside += [(name, rect)] if rect else []
        assert clashes(inside) == []
        assert all(frame.rect.contains(rect, 1e-3) for _, rect in inside)
        for card in frame.cards:
            assert all(fits(label, measure) for label in (card.title, *card.lines))
            if not card.on_shortcut:
                ends = [end for line in frame.lines for end in (line[0], line[-1])]
                assert sum(on_edge(end, card.rect) for end in ends) >= 2
        for line in frame.lines:
            assert meets(line[0], frame)
            assert meets(line[-1], frame)
        if frame.arc:
            assert frame.junction is not None
            assert on_edge(frame.arc.end, frame.junction)
        if frame.name != HEAD:
            block = structure.block(frame.name)
            drawn = sorted(card.layer.name for card in frame.cards)
            layers = (*block.layers, *after(block), *block.shortcut_layers)
            assert drawn == sorted(layer.name for layer in layers)


def test_equal_blocks_are_folded_and_opened() -> None:
    structure = build_structure(catalog.find("resnet50"))

    def sizes(*opened: str) -> list[int]:
        layout = lay_out_network(structure, 1000, 440, text(False), frozenset(opened))
        return [len(bar.names) for bar in layout.parts]

    assert sizes() == [1, 1, 2, 1, 3, 1, 5, 1, 2]
    assert sizes("layer3.1") == [1, 1, 2, 1, 3, 1, 1, 1, 1, 1, 1, 1, 2]


def test_bars_become_lower_with_the_resolution() -> None:
    structure = build_structure(catalog.find("resnet18"))
    bars = lay_out_network(structure, 1000, 440, text(False), frozenset()).parts
    heights = [bar.rect.height for bar in bars]
    assert heights == sorted(heights, reverse=True)
    assert heights[1] > heights[-1]


def test_the_layers_figures_are_on_their_cards() -> None:
    structure = build_structure(catalog.find("resnet20"))
    conv = structure.block("layer2.0").layers[0]
    lines = details(conv)
    assert "stride 2, padding 1" in lines
    assert "4,608 param." in lines
    assert "1.18 M MACs" in lines
    assert "→ 32×16×16" in lines
    assert f"sees {conv.receptive_field}×{conv.receptive_field} px" in lines


def test_transposing_twice_is_nothing_but_the_direction() -> None:
    layout = lay_out(fakes.structure(), 1000, 440, text(False))
    there = transposed(layout)
    assert (there.width, there.height) == (layout.height, layout.width)
    assert there.parts[0].rect.x == layout.parts[0].rect.y
    assert there.vertical
    assert there.parts[3].vertical
    again = transposed(there)
    assert again.edges == layout.edges
    assert [b.rect for b in again.parts] == [b.rect for b in layout.parts]


def test_blocks_go_down_columns_when_sideways() -> None:
    layout = lay_out(fakes.structure(), 500, 900, text(True))
    for one, two in pairwise(layout.parts):
        assert two.row != one.row or one.rect.bottom < two.rect.y


def test_every_measure_gives_a_value_for_every_block() -> None:
    given = fakes.result()
    for key, measure in FILLS.items():
        fill = fill_of(measure, given.structure, given)
        assert list(fill.values) == [block.name for block in given.structure.blocks], key
        assert fill.scale is not None
        shares = [fill.scale.position(value) for value in fill.values.values()]
        assert all(0 <= share <= 1 for share in shares)
    zeros = fill_of(FILLS["sparsity"], given.structure, given).values["layer1.0"]
    activation = given.now.block("layer1.0").activation
    assert zeros == pytest.approx((activation == 0).mean())
    assert fill_of(FILLS["activation"], given.structure, None).values == {}
    assert fill_of(FILLS["macs"], given.structure, None).values["layer1.0"] == 50_000


def test_scales_and_counts_in_words() -> None:
    assert [count_text(n) for n in (855_770, 4_610_000, 999, 11.3e9)] == [
        "856 k",
        "4.61 M",
        "999",
        "11.3 G",
    ]
    assert ShareScale().text(0.375) == "38 %"
    assert ShareScale().mark(0.0) == ""
    assert ShareScale().mark(float("nan")) == "NaN"
    assert CountScale(2, 4).text(2304) == "2.3k"
    assert GradientScale(-2, 2).ticks(4)[0] == (0.0, "10⁻²")
    assert ShareScale().ticks(2) == [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]


def test_search_finds_by_whole_name_by_beginning_and_by_part() -> None:
    names = names_of(fakes.structure())
    assert names[0] == "stem"
    assert names[-1] == "fc"
    assert len(names) == len(set(names))
    assert find(names, "layer2.1") == "layer2.1"
    assert find(names, " LAYER2.1.CONV2 ") == "layer2.1.conv2"
    assert find(names, "3.1.conv") == "layer3.1.conv1"
    assert find(names, "bn2") == "layer1.0.bn2"
    assert find(names, "attention") is None
    assert find(names, "  ") is None
