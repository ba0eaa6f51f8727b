"""What a model downstream of a backbone answers, as pictures, words and tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

from resnet_viz.figures import downstream
from resnet_viz.figures.downstream import Look
from resnet_viz.images.photo import Photo
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.results.downstream import (
    NOWHERE,
    Aim,
    Detection,
    DownstreamRequest,
    DownstreamResult,
    Segmentation,
    StageMap,
)

LABELS = ("__background__", "person", "dog")
BARE = Look(0.5, 1.0, 8.0, 1)


def grey(width: int = 120, height: int = 80) -> Photo:
    return Photo("grey", np.full((height, width, 3), 90, np.uint8))


def segmented(classes: np.ndarray, probability: np.ndarray | None = None) -> DownstreamResult:
    if probability is None:
        probability = np.ones(classes.shape, np.float32)
    return DownstreamResult(
        DownstreamRequest(grey(), "fcn_resnet50"), "fcn_resnet50", LABELS,
        WeightsInfo("mine", True), classes.shape, 1.0,
        Segmentation(classes.astype(np.int16), probability),
    )  # fmt: skip


def detected(*given: Detection, photo: Photo | None = None) -> DownstreamResult:
    return DownstreamResult(
        DownstreamRequest(photo or grey(), "maskrcnn_resnet50_fpn"), "maskrcnn_resnet50_fpn",
        LABELS, WeightsInfo("mine", True), (800, 1200), 1.0, None, given,
    )  # fmt: skip


def thing(
    label: int, score: float, box: tuple[float, float, float, float], mask: np.ndarray | None = None
) -> Detection:
    return Detection(label, score, box, box, "P3", mask)


def test_classes_cover_their_places_with_their_colours_and_the_background_with_none() -> None:
    classes = np.zeros((40, 60))
    classes[:, 40:] = 2
    classes[:10, :10] = 1
    result = segmented(classes)
    assert downstream.colours(result) == {2: "#e69f00", 1: "#56b4e9"}
    photo = result.request.photo.pixels
    drawn = downstream.answer(result, photo, BARE)
    assert drawn.shape == (80, 120, 3)
    assert drawn[70, 110].tolist() == [0xE6, 0x9F, 0x00]
    assert drawn[1, 1].tolist() == [0x56, 0xB4, 0xE9]
    assert (drawn[40:, :80] == 90).all()
    half = downstream.answer(result, photo, replace(BARE, opacity=0.5))
    assert half[70, 110].tolist() == pytest.approx([(90 + 0xE6) / 2, (90 + 0x9F) / 2, 45], abs=1)


def test_what_is_below_the_threshold_is_not_drawn_and_said_as_such() -> None:
    probability = np.full((40, 60), 0.9, np.float32)
    probability[:, 30:] = 0.4
    result = segmented(np.full((40, 60), 2), probability)
    drawn = downstream.answer(result, result.request.photo.pixels, BARE)
    assert (drawn[:, 62:] == 90).all()
    assert drawn[5, 5].tolist() == [0xE6, 0x9F, 0x00]
    said = downstream.summary(result, 0.5)
    assert said == "Of the picture: dog 50.0 %, below 50.0 % 50.0 %."
    assert downstream.table(result, 0.5).rows == (("dog", 0.5, pytest.approx(0.9)),)


def test_logits_that_are_not_finite_are_striped_not_coloured() -> None:
    result = segmented(np.full((40, 60), NOWHERE), np.full((40, 60), np.nan, np.float32))
    drawn = downstream.answer(result, result.request.photo.pixels, BARE)
    assert (drawn == 0x4A).all()
    assert downstream.summary(result, 0.5) == "Of the picture: not finite 100.0 %."
    assert downstream.table(result, 0.5).rows == (("not finite", 1.0, None),)


@pytest.mark.parametrize(
    "box", [(10.0, 20.0, 90.0, 70.0), (0.0, 0.0, 120.0, 80.0), (100.5, 60.2, 119.0, 79.5)]
)
def test_a_mask_is_where_torchvision_pastes_it(box: tuple[float, float, float, float]) -> None:
    rows, columns = np.mgrid[0:28, 0:28]
    mask = (((rows - 13) / 12) ** 2 + ((columns - 13) / 9) ** 2 < 1).astype(np.float32)
    one = thing(1, 0.9, box, mask)
    mine = downstream.pasted(one, detected(one), 80, 120)
    given = torch.from_numpy(mask)[None, None]
    its = paste_masks_in_image(given, torch.tensor([box]), (80, 120))[0, 0].numpy()
    both = ((mine >= 0.5) & (its >= 0.5)).sum()
    either = ((mine >= 0.5) | (its >= 0.5)).sum()
    # torchvision rounds the box to whole pixels first.
    assert both / either > (0.9 if box[2] - box[0] > 40 else 0.7)


def test_boxes_are_drawn_where_they_are_in_a_smaller_picture() -> None:
    one = thing(1, 0.9, (200.0, 100.0, 800.0, 500.0))
    large = Photo("large", np.full((800, 1200, 3), 90, np.uint8))
    result = detected(one, photo=large)
    photo = downstream.fitted(large, 120, 120)
    assert photo.shape == (80, 120, 3)
    drawn = downstream.answer(result, photo, replace(BARE, text=6))
    changed = np.argwhere((drawn != 90).any(axis=2))
    assert changed.min(axis=0) == pytest.approx([10, 20], abs=1)
    assert drawn[30, 50].tolist() == [90, 90, 90], "nothing inside it"
    assert (drawn[50, 30:70] != 90).any(), "its lower edge"
    hidden = downstream.answer(result, photo, replace(BARE, least=0.95))
    assert (hidden == 90).all()


def test_what_is_aimed_at_is_outlined() -> None:
    region = np.zeros((40, 60), bool)
    region[10:20, 10:20] = True
    result = segmented(np.zeros((40, 60)))
    pixels = result.request.photo.pixels
    drawn = downstream.outlined(pixels, Aim("", 1, region=region), result, 2)
    white = np.argwhere((drawn == 255).all(axis=2))
    assert white.min(axis=0).tolist() == [20, 20]
    assert white.max(axis=0).tolist() == [39, 39]
    assert (drawn[18:20, 20:40] == 0).all()
    assert (drawn[25:35, 25:35] == 90).all()
    assert (pixels == 90).all(), "the photo stays as it was"


def test_a_map_leaves_out_what_the_input_was_padded_with() -> None:
    values = np.zeros((4, 8), np.float32)
    values[:, 6:] = 5.0  # the padding at the right
    stage = StageMap("C5", 32, values, (0.75, 1.0))
    seen = downstream.spread(stage, 40, 60)
    assert seen.shape == (40, 60)
    assert (seen[:, :50] == 0).all()
    whole = downstream.spread(replace(stage, covers=(1.0, 1.0)), 40, 60)
    assert whole[0, -1] == 5.0


def test_maps_without_weight_or_numbers_say_so() -> None:
    flat = StageMap("C2", 4, np.zeros((2, 2), np.float32), (1.0, 1.0))
    assert downstream.cam_words(flat) == "C2, stride 4: nothing speaks for it"
    lost = replace(flat, values=np.full((2, 2), np.nan, np.float32))
    assert downstream.cam_words(lost) == "C2, stride 4: not finite"


def test_detections_in_words_and_numbers() -> None:
    result = detected(thing(1, 0.9, (0, 0, 10, 10)), thing(2, 0.3, (5, 5, 20, 30)))
    assert downstream.summary(result, 0.2) == (
        "2 with a score of at least 20 %: person 90.0 %, dog 30.0 %."
    )
    assert downstream.summary(result, 0.95) == (
        "Nothing has a score of 95 % or more; the surest is “person” with 90.0 %."
    )
    assert downstream.summary(detected(), 0.5) == (
        "Nothing: the model gives no box with a score below 5 %."
    )
    table = downstream.table(result, 0.2)
    assert table.columns[0] == "class"
    assert table.rows[1] == ("dog", 0.3, 5, 5, 20, 30, "P3")


def test_a_figure_says_what_was_run_on_what() -> None:
    result = replace(detected(thing(1, 0.9, (0, 0, 10, 10))), weights=WeightsInfo("", False))
    made = downstream.figure(result, BARE, None)
    assert made.caption == (
        "Mask R-CNN (untrained), the whole of “grey” resized to 1200×800 pixels. 1 with a score of "
        "at least 50 %: person 90.0 %. The weights are untrained: these answers mean nothing."
    )
    assert made.name == "downstream"
