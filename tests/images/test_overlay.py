"""The arithmetic of colouring maps and laying them over pictures."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.images import overlay

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
GREY = np.full((8, 8, 3), 100, np.uint8)


def test_share_is_linear_clipped_and_keeps_what_is_unknown() -> None:
    values = np.array([[-1.0, 0.0, 1.0], [2.0, 9.0, np.nan], [np.inf, -np.inf, 1.5]])
    expected = [[0, 0, 0.5], [1, 1, np.nan], [np.nan, np.nan, 0.75]]
    np.testing.assert_allclose(overlay.share(values, 0.0, 2.0), expected)


def test_share_of_a_flat_map_is_zero() -> None:
    assert not overlay.share(np.full((2, 2), 3.0), 3.0, 3.0).any()


@pytest.mark.parametrize("size", [1e-40, 1e38])
def test_share_survives_the_ends_of_float32(size: float) -> None:
    values = np.array([[0.0, size / 2, size]], np.float32)
    np.testing.assert_allclose(overlay.share(values, 0.0, size), [[0, 0.5, 1]], atol=1e-3)


def test_finite_range_leaves_out_what_is_not_finite() -> None:
    assert overlay.finite_range(np.array([np.nan, 2.0, np.inf, -1.0])) == (-1.0, 2.0)
    assert np.isnan(overlay.finite_range(np.array([np.nan, np.inf]))).all()


def test_colour_reads_the_table_and_stripes_nan() -> None:
    shares = np.full((8, 8), np.nan, np.float32)
    shares[0] = np.linspace(0, 1, 8)
    colours = overlay.colour(shares, GREYS)
    assert colours[0, 0, 0] == 0
    assert colours[0, 7, 0] == 255
    below = {tuple(int(part) for part in pixel) for pixel in colours[1:].reshape(-1, 3)}
    assert below == {tuple(int(part) for part in stripe) for stripe in overlay.STRIPES}


def test_enlarge_repeats_pixels() -> None:
    values = np.array([[1, 2], [3, 4]])
    np.testing.assert_array_equal(overlay.enlarge(values, 4, 6), np.kron(values, np.ones((2, 3))))


def test_smooth_is_bilinear_with_aligned_pixel_centres() -> None:
    # Computed with torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
    result = overlay.smooth(np.array([[0.0, 4.0], [8.0, 12.0]]), 4, 4)
    np.testing.assert_allclose(result[0], [0, 1, 3, 4])
    np.testing.assert_allclose(result[:, 0], [0, 2, 6, 8])
    assert result[1, 1] == pytest.approx(3)


def test_smooth_keeps_a_map_of_the_same_size_and_a_single_pixel() -> None:
    values = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    np.testing.assert_allclose(overlay.smooth(values, 5, 7), values)
    np.testing.assert_array_equal(overlay.smooth(np.array([[3.0]]), 4, 4), np.full((4, 4), 3))


def test_blend_weighs_the_two_pictures() -> None:
    white = np.full((1, 2, 3), 255, np.uint8)
    black = np.zeros((1, 2, 3), np.uint8)
    np.testing.assert_array_equal(
        overlay.blend(black, white, np.array([[0.0, 0.2]]))[..., 0], [[0, 51]]
    )
    np.testing.assert_array_equal(overlay.blend(black, white, 1.0), white)


def test_veil_covers_evenly_and_keeps_the_pixels_of_the_map() -> None:
    values = np.array([[0.0, 1.0], [1.0, 0.0]])
    result = overlay.veil(GREY, values, 0.0, 1.0, GREYS, 0.5)
    np.testing.assert_array_equal(result[0, :, 0], [50] * 4 + [178] * 4)


def test_glow_leaves_the_picture_where_the_map_is_zero() -> None:
    values = np.zeros((8, 8))
    values[2, 2], values[5, 5] = 2.0, 1.0
    result = overlay.glow(GREY, values, 2.0, GREYS, 0.8)
    np.testing.assert_array_equal(result[0], GREY[0])
    assert result[2, 2, 0] == 100 + round(0.8 * 155)
    # Half as intense is half as opaque: 0.4 of the way from 100 to 128.
    assert result[5, 5, 0] == round(100 + 0.4 * 28)


def test_glow_stripes_what_is_not_finite() -> None:
    values = np.zeros((8, 8))
    values[4, 4] = np.inf
    result = overlay.glow(GREY, values, 1.0, GREYS, 1.0)
    assert result[4, 4].tolist() in overlay.STRIPES.tolist()
    np.testing.assert_array_equal(result[0], GREY[0])


@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_runs_around_what_is_far_from_0(sign: int) -> None:
    grey = np.full((16, 16, 3), 100, np.uint8)
    values = np.zeros((4, 4), np.float32)
    values[1:3, 1:3] = sign
    ends = (0.0, 1.0) if sign > 0 else (-1.0, 1.0)
    plain = overlay.laid(grey, values, ends, GREYS, 0.5)
    lined = overlay.laid(grey, values, ends, GREYS, 0.5, 0.8)
    changed = (plain != lined).any(axis=2)
    assert changed.any()
    assert (lined[changed] == 255).all()
    assert not changed[[0, 1, -1, -2]].any(), "far from the square there is no line"
    assert not changed[7:9, 7:9].any(), "inside neither"
    beneath = overlay.laid(grey, values, ends, GREYS, 0.0)
    np.testing.assert_array_equal(beneath, grey)
