"""Colouring maps and laying them over pictures: numpy in, numpy out, no Qt.

A map is (h, w), covers exactly the square that the network sees, and may hold NaN or infinity,
which are drawn as grey stripes because no colour of a scale would be true.
"""

from __future__ import annotations

import numpy as np

STRIPES = np.array([[0x4A, 0x4A, 0x4A], [0xD8, 0xD8, 0xD8]], np.uint8)


def finite_range(values: np.ndarray) -> tuple[float, float]:
    """The least and the greatest finite value; NaN, both, if there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)


def share(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where each value lies between ``low`` (0) and ``high`` (1), clipped; float32.

    Values that are not finite stay NaN. Where ``high`` is not above ``low``, all others give 0.
    """
    known = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    # In float64, and divided before the difference is taken, so that no range is too large.
    span = high - low
    if not span > 0:
        return np.where(np.isnan(known), np.nan, 0.0).astype(np.float32)
    return np.clip(known / span - low / span, 0.0, 1.0).astype(np.float32)


def colour(shares: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Colour shares (h, w) in [0, 1] by ``table`` (256, 3) uint8; gives (h, w, 3) uint8.

    NaN becomes diagonal stripes, some pixels wide, in two greys.
    """
    unknown = np.isnan(shares)
    colours = table[np.rint(np.where(unknown, 0.0, shares) * (len(table) - 1)).astype(np.intp)]
    if unknown.any():
        rows, columns = np.nonzero(unknown)
        colours[rows, columns] = STRIPES[(rows + columns) // 4 % 2]
    return colours


def enlarge(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Nearest-neighbour sampling of (h, w) or (h, w, C) to (height, width[, C]).

    Output pixel i shows the input pixel that holds its centre.
    """
    rows = (2 * np.arange(height) + 1) * values.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * values.shape[1] // (2 * width)
    return values[rows][:, columns]


def smooth(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear sampling of (h, w) or (h, w, C) to (height, width[, C]), float32.

    Pixel centres are aligned and the border is held, as in torch's ``interpolate`` with
    ``align_corners=False``. A value that is not finite makes its neighbourhood NaN.
    """
    known = np.where(np.isfinite(values), values, np.nan).astype(np.float32)
    top, bottom, down = _neighbours(known.shape[0], height)
    left, right, across = _neighbours(known.shape[1], width)
    rest = (1,) * (known.ndim - 2)
    down, across = down.reshape(-1, 1, *rest), across.reshape(1, -1, *rest)
    rows = known[top] * (1 - down) + known[bottom] * down
    return np.asarray(rows[:, left] * (1 - across) + rows[:, right] * across, np.float32)


def _neighbours(source: int, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each output pixel: the input pixels before and after it, and the latter's weight."""
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    before = np.floor(place).astype(np.intp)
    after = np.minimum(before + 1, source - 1)
    return before, after, (place - before).astype(np.float32)


def blend(picture: np.ndarray, colours: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    """``colours`` over ``picture``, both (H, W, 3) uint8; ``alpha`` in [0, 1] is one or (H, W)."""
    weight = np.asarray(alpha, np.float32)[..., np.newaxis]
    below = picture.astype(np.float32)
    return np.rint(below + (colours.astype(np.float32) - below) * weight).astype(np.uint8)


def veil(
    picture: np.ndarray,
    values: np.ndarray,
    low: float,
    high: float,
    table: np.ndarray,
    opacity: float,
) -> np.ndarray:
    """A map's own pixels, evenly transparent, over ``picture`` (H, W, 3) uint8."""
    shares = enlarge(share(values, low, high), *picture.shape[:2])
    return blend(picture, colour(shares, table), opacity)


def glow(
    picture: np.ndarray, values: np.ndarray, high: float, table: np.ndarray, opacity: float
) -> np.ndarray:
    """A map ≥ 0, bilinear, over ``picture`` (H, W, 3) uint8: the more intense, the more opaque.

    Zero leaves the picture as it is, ``high`` covers it with ``opacity``; what is not finite is
    striped with ``opacity``.
    """
    shares = smooth(share(values, 0.0, high), *picture.shape[:2])
    alpha = opacity * np.where(np.isnan(shares), 1.0, shares)
    return blend(picture, colour(shares, table), alpha)


def laid(
    picture: np.ndarray,
    values: np.ndarray,
    ends: tuple[float, float],
    table: np.ndarray,
    opacity: float,
    contour: float = 0.0,
) -> np.ndarray:
    """A map over ``picture`` (H, W, 3) uint8, at the picture's resolution.

    A map whose scale begins at 0 glows, a signed one is a veil. A white line runs around what is
    as far from 0 as ``contour``, or farther; 0 draws none.
    """
    low, high = ends
    if low < 0:
        pixels = veil(picture, values, low, high, table, opacity)
        large = enlarge(np.abs(values), *picture.shape[:2])
    else:
        pixels = glow(picture, values, high, table, opacity)
        large = smooth(values, *picture.shape[:2])
    if contour > 0:
        inside = large >= contour
        edge = np.zeros_like(inside)
        edge[1:] |= inside[1:] & ~inside[:-1]
        edge[:-1] |= inside[:-1] & ~inside[1:]
        edge[:, 1:] |= inside[:, 1:] & ~inside[:, :-1]
        edge[:, :-1] |= inside[:, :-1] & ~inside[:, 1:]
        pixels[edge] = 255
    return pixels
