"""Names beside dots: none hides another, whatever the figure's size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF

from resnet_viz.views.story import labels

BOUNDS = QRectF(0, 0, 400, 300)
NAME = QSizeF(60, 14)


def area(one: QRectF, other: QRectF) -> float:
    both = one.intersected(other)
    return max(0.0, both.width()) * max(0.0, both.height())


def test_a_name_stands_to_the_right_of_a_lone_dot() -> None:
    (label,) = labels.place([[QPointF(100, 100)]], [NAME], 6, BOUNDS)
    assert label.leader is None
    assert label.box.left() == pytest.approx(100 + 1.3 * 6)
    assert label.box.center().y() == pytest.approx(100)
    assert label.box.size() == NAME


def test_a_name_goes_left_where_the_right_is_taken_and_stays_inside() -> None:
    (label,) = labels.place([[QPointF(390, 100)]], [NAME], 6, BOUNDS)
    assert label.box.right() < 390
    line = QLineF(108, 80, 108, 120)
    (label,) = labels.place([[QPointF(100, 100)]], [NAME], 6, BOUNDS, lines=[line])
    assert label.box.right() < 100


def test_crowded_names_keep_apart() -> None:
    random = np.random.default_rng(4)
    dots = [QPointF(*map(float, at)) for at in random.uniform((100, 60), (300, 240), (14, 2))]
    made = labels.place([[dot] for dot in dots], [NAME] * len(dots), 4, BOUNDS)
    for one, other in combinations(made, 2):
        assert area(one.box, other.box) < 1.0
    for label in made:
        assert area(label.box, BOUNDS) == pytest.approx(NAME.width() * NAME.height())
        for dot in dots:
            assert not label.box.contains(dot)


def test_a_name_may_stand_by_any_of_its_dots() -> None:
    wall = [QRectF(0, 0, 400, 150)]
    row = [QPointF(100, 100), QPointF(100, 250)]
    (label,) = labels.place([row], [NAME], 6, BOUNDS, taken=wall)
    assert label.leader is None
    assert label.box.center().y() == pytest.approx(250)


def test_a_name_far_from_its_dot_has_a_line_to_it() -> None:
    dot = QPointF(200, 150)
    (label,) = labels.place([[dot]], [NAME], 6, BOUNDS, taken=[QRectF(130, 120, 140, 60)])
    assert label.leader is not None
    assert QLineF(label.leader.p1(), dot).length() < 10
    assert label.box.adjusted(-1, -1, 1, 1).contains(label.leader.p2())
