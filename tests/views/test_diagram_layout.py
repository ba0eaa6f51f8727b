"""The geometry of the block diagram, for networks from ResNet-20 to ResNet-152."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import Literal

import pytest

from resnet_viz.figures.fill_scale import AnchoredScale, GradientScale
from resnet_viz.figures.layout.blocks import lay_out
from resnet_viz.figures.layout.geometry import Text, short_name
from resnet_viz.figures.layout.parts import BlockBox, Layout
from resnet_viz.figures.numbers import number_text
from resnet_viz.networks import catalog
from resnet_viz.networks.structure import Block, Layer, Shape, Stage, Structure
from resnet_viz.networks.walk import build_structure
from tests import fakes

SIZES = [(1000, 440), (620, 260), (1500, 900), (300, 700)]


def text(size: float = 14.0) -> Text:
    return Text(lambda words: 0.62 * max(1, len(words)), size, 0.64 * size)


def deep(
    counts: tuple[int, ...],
    kind: Literal["basic", "bottleneck"] = "basic",
    combine: Literal["add", "concat", "none"] = "add",
) -> Structure:
    """A network with ``counts`` blocks in its stages; stages double width and halve size."""
    bottleneck = kind == "bottleneck"
    kernels = ("1×1", "3×3", "1×1") if bottleneck else ("3×3", "3×3")
    shape: Shape = (64, 56, 56) if bottleneck else (16, 32, 32)
    conv = Layer("conv1", "Conv2d", "3×3, 16", shape, 432, 442_368)
    given = (3, 224, 224) if bottleneck else (3, 32, 32)
    stem = Block("stem", "stem", "none", "none", given, shape, (conv,))
    stages = []
    for number, count in enumerate(counts, start=1):
        blocks = []
        for index in range(count):
            before = shape
            if index == 0 and number > 1:
                shape = (2 * shape[0], shape[1] // 2, shape[2] // 2)
            elif index == 0 and bottleneck:
                shape = (4 * shape[0], *shape[1:])
            layers = tuple(
                Layer(f"conv{at}", "Conv2d", f"{kernel}, {shape[0]}", shape, 10, 100)
                for at, kernel in enumerate(kernels, start=1)
            )
            changed: Literal["projection", "pad"] = "projection" if bottleneck else "pad"
            shortcut = "none" if combine == "none" else changed if before != shape else "identity"
            name = f"layer{number}.{index}"
            blocks.append(Block(name, kind, combine, shortcut, before, shape, layers))
        stages.append(Stage(number, tuple(blocks)))
    head = (Layer("fc", "Linear", "1000", (1000,), 10, 10),)
    return Structure("deep", "Deep", given, stem, tuple(stages), head)


Blocks = Layout[BlockBox]

STRUCTURES = {
    "resnet20": fakes.structure("resnet20"),
    "plain20": fakes.structure("plain20"),
    "resnet50": fakes.structure("resnet50"),
    "resnet110": deep((18, 18, 18)),
    "concat110": deep((18, 18, 18), combine="concat"),
    "resnet152": deep((3, 8, 36, 3), "bottleneck"),
}


@pytest.fixture(params=STRUCTURES)
def structure(request: pytest.FixtureRequest) -> Structure:
    return STRUCTURES[request.param]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def layout(structure: Structure, request: pytest.FixtureRequest) -> Blocks:
    width, height = request.param
    return lay_out(structure, width, height, text())


def test_nothing_that_is_drawn_overlaps(layout: Blocks) -> None:
    boxes = [(f"box {b.name}", b.rect) for b in layout.parts]
    boxes += [(f"heat {b.name}", b.heat) for b in layout.parts]
    boxes += [(f"junction {b.name}", b.junction) for b in layout.parts if b.junction]
    boxes += [(f"title {s.number} {s.row}", s.title.rect) for s in layout.stages]
    boxes += [(f"caption {c.label.text}", c.label.rect) for c in layout.captions]
    boxes += [(f"head {label.text}", label.rect) for label in layout.head]
    boxes += [(f"input {label.text}", label.rect) for label in layout.input_labels]
    boxes += [("input", layout.input), ("classes", layout.notes[0].rect)]
    clashes = [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]
    assert clashes == []


def test_stage_grounds_overlap_neither_each_other_nor_what_is_not_theirs(
    layout: Blocks,
) -> None:
    grounds = [part.rect for part in layout.stages]
    assert not any(one.overlaps(two) for one, two in combinations(grounds, 2))
    others = [layout.input, layout.parts[0].rect, *(label.rect for label in layout.head)]
    assert not any(ground.overlaps(other) for ground in grounds for other in others)


def test_every_block_lies_in_its_stage_and_row(structure: Structure, layout: Blocks) -> None:
    assert [box.name for box in layout.parts] == [block.name for block in structure.blocks]
    for box in layout.parts[1:]:
        number = structure.stage_of(box.name)
        homes = [s for s in layout.stages if s.number == number and s.row == box.row]
        assert len(homes) == 1
        assert homes[0].rect.contains(box.rect)
        assert homes[0].rect.contains(box.heat)
        assert homes[0].rect.contains(homes[0].title.rect)


def test_blocks_run_left_to_right_and_rows_top_to_bottom(layout: Blocks) -> None:
    for one, two in zip(layout.parts, layout.parts[1:], strict=False):
        if one.row == two.row:
            assert one.rect.right < two.rect.x
        else:
            assert two.row == one.row + 1
            assert one.rect.bottom < two.rect.y


def test_arcs_go_from_before_the_box_over_it_to_the_junction(layout: Blocks) -> None:
    for box in layout.parts:
        if box.arc is None or box.junction is None:
            assert box.arc is None
            assert box.junction is None
            continue
        assert box.arc.start.x < box.rect.x
        assert box.arc.start.y == box.entry.y
        assert box.arc.top < box.rect.y
        assert box.arc.end.x == pytest.approx(box.junction.centre.x)
        assert box.arc.end.y == pytest.approx(box.junction.y)
        assert box.junction.x > box.rect.right
        assert box.junction.centre.y == pytest.approx(box.entry.y)


def test_layers_lie_in_their_box_side_by_side_below_the_name(layout: Blocks) -> None:
    for box in layout.parts:
        assert box.layers
        for layer in box.layers:
            assert box.rect.contains(layer.rect)
            assert not layer.rect.overlaps(box.title.rect)
            assert layer.rect.y < box.entry.y < layer.rect.bottom
        assert not any(a.rect.overlaps(b.rect) for a, b in combinations(box.layers, 2))


def test_every_label_fits_its_place(layout: Blocks) -> None:
    measure = text()
    labels = [label for box in layout.parts for label in (*box.layers, box.title)]
    labels += [*layout.head, *layout.input_labels, layout.notes[0]]
    labels += [caption.label for caption in layout.captions]
    for label in labels:
        along = label.rect.height if label.turned else label.rect.width
        assert max(map(measure.em, label.text.split("\n"))) * label.size <= along + 1e-6, label


def test_the_main_line_is_unbroken_and_enters_every_row(layout: Blocks) -> None:
    wraps = [edge for edge in layout.edges if len(edge) == 6]
    assert len(wraps) == layout.rows - 1
    assert len(layout.edges) == len(layout.parts) + len(layout.head) + 1
    for box, edge in zip(layout.parts, layout.edges, strict=False):
        assert edge[-1].x == pytest.approx(box.rect.x)
        assert edge[-1].y == pytest.approx(box.entry.y)
    grounds = [part.rect for part in layout.stages]
    for edge in wraps:
        low, high = sorted((edge[2].x, edge[3].x))
        for ground in grounds:
            assert not (ground.y < edge[2].y < ground.bottom and ground.x < high > low)


@pytest.mark.parametrize(("width", "height"), [(1000, 440), (620, 260)])
@pytest.mark.parametrize("name", STRUCTURES)
def test_the_usual_views_hold_the_whole_diagram(name: str, width: float, height: float) -> None:
    layout = lay_out(STRUCTURES[name], width, height, text())
    assert layout.width == pytest.approx(width)
    assert layout.height == pytest.approx(height)
    assert all(box.rect.width >= 12 and box.rect.height >= 12 for box in layout.parts)


def test_the_number_of_rows_follows_the_network_and_the_view() -> None:
    def rows(name: str, width: float, height: float) -> int:
        return lay_out(STRUCTURES[name], width, height, text()).rows

    assert rows("resnet20", 1600, 200) == 1
    assert rows("resnet20", 1000, 440) == 2
    assert rows("resnet50", 1000, 440) == 2
    assert 3 <= rows("resnet152", 1000, 440) <= 4
    assert rows("resnet20", 400, 800) > rows("resnet20", 1000, 440)


def test_stages_begin_rows_where_that_costs_little() -> None:
    parts = lay_out(STRUCTURES["resnet110"], 620, 260, text()).stages
    assert [(part.number, part.row) for part in parts] == [(1, 0), (2, 1), (3, 2)]


def test_captions_stand_where_the_shape_changes() -> None:
    layout = lay_out(STRUCTURES["resnet20"], 1000, 440, text())
    shapes = [caption.label.text for caption in layout.captions]
    assert shapes == ["16×32×32", "32×16×16", "64×8×8"]
    assert [label.text for label in layout.input_labels] == ["Input", "3×32×32"]
    assert layout.notes[0].text == "10 classes"


def test_labels_of_shortcuts() -> None:
    def kinds(name: str) -> dict[str, str | None]:
        boxes = lay_out(STRUCTURES[name], 1000, 440, text()).parts
        return {b.name: b.arc.label.text if b.arc.label else None for b in boxes if b.arc}

    assert kinds("plain20") == {}
    assert kinds("resnet20")["layer2.0"] == "pad"
    assert kinds("resnet20")["layer2.1"] is None
    assert kinds("resnet50")["layer1.0"] == "1×1"


def test_short_names() -> None:
    assert short_name("layer3.1") == "3.1"
    assert short_name("layer3.17") == "3.17"
    assert short_name("stem") == "stem"


def test_gradient_scale_spans_whole_decades_and_ignores_what_it_cannot_hold() -> None:
    scale = GradientScale.covering([0.0, float("nan"), float("inf"), 0.02, 3e-8])
    assert scale == GradientScale(-8, -1)
    assert scale.position(1e-8) == 0.0
    assert scale.position(0.1) == 1.0
    assert scale.position(10**-4.5) == pytest.approx(0.5)
    assert scale.decades(3)[0] == -8
    assert scale.decades(3)[-1] == -1
    assert GradientScale.covering([1.0, 1.0]) == GradientScale(-1, 0)
    assert GradientScale.covering([0.0, float("nan")]) is None


def test_norms_in_words() -> None:
    scale = GradientScale(-2, 2)
    marks = [scale.mark(norm) for norm in (0.0, float("nan"), float("inf"), 0.5)]
    assert marks == ["0", "NaN", "∞", ""]
    assert number_text(1.83e-15) == "1.8×10⁻¹⁵"
    assert number_text(0.0181) == "0.018"
    assert number_text(-0.5) == "−0.50"
    assert number_text(123.4, 3) == "123"


def test_only_a_pool_of_the_whole_map_is_called_global() -> None:
    """AlexNet's head begins with a max pool, ResNet's with the global average."""
    for name, words in (("alexnet", "max pool"), ("resnet18", "global average pool")):
        laid = lay_out(build_structure(catalog.find(name)), 1600, 500, text())
        assert laid.head[0].text.replace("\n", " ") == words
    assert [label.text for label in laid.head[1:]] == ["fc"]


@pytest.mark.parametrize("name", ["vgg16", "vgg19", "alexnet"])
def test_every_layer_of_a_long_head_can_be_read(name: str) -> None:
    structure = build_structure(catalog.find(name))
    laid = lay_out(structure, 1000, 440, text())
    words = [label.text.replace("\n", " ") for label in laid.head]
    assert words == ["max pool", "avg pool", *(["fc"] * 3)]
    pools = [label for box in laid.parts for label in box.layers if "pool" in label.text]
    assert pools
    assert all(label.size >= text().legible for label in (*laid.head, *pools))


def test_an_anchored_scale_keeps_its_place_and_goes_on_beyond_it() -> None:
    healthy = [0.2, 0.9]
    before = AnchoredScale.around(healthy, healthy)
    after = AnchoredScale.around(healthy, [1e-16, 0.31, 40.0])
    assert before is not None
    assert after is not None
    assert before.ends == (0.0, 1.0)
    assert before.position(0.31) == after.position(0.31)
    values = [10.0**power for power in range(-16, 3)]
    places = [after.position(value) for value in values]
    assert places == sorted(set(places))
    assert places[0] == after.ends[0] >= -1.0
    assert places[-1] == after.ends[1] <= 2.0
    shares = [share for share, _ in after.ticks(5)]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert min(b - a for a, b in pairwise(shares)) > 0.15
    assert AnchoredScale.around([0.0], [math.nan]) is None
    assert AnchoredScale.around([0.0], [0.5]) == AnchoredScale(-1, 0, -1, 0)
