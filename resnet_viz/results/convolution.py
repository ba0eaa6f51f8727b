"""How one convolution computes one pixel of its output: requests and frozen values, no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.result import Snapshot

MOST_KERNELS = 64
MOST_TERMS = 6


@dataclass(frozen=True)
class ConvolutionRequest:
    """Follow the convolution called ``layer`` on the image and with the gates of ``snapshot``."""

    snapshot: Snapshot
    layer: str


@dataclass(frozen=True)
class PixelAt:
    """A command: look at another output ``channel``, or another pixel of it.

    None is the channel or the pixel with the largest output.
    """

    channel: int | None = None
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Term:
    """What one input channel gives: ``window`` times ``kernel``, number by number, and their sum.

    ``window``, ``kernel`` and ``products`` are (k, k) float32; places beyond the map's edge are
    the padding's zeros. ``map`` is the whole input channel, (h, w).
    """

    channel: int
    map: np.ndarray
    window: np.ndarray
    kernel: np.ndarray
    products: np.ndarray
    total: float


@dataclass(frozen=True)
class ConvolutionResult:
    """One pixel, (``row``, ``column``) of output channel ``channel``.

    ``value`` is what the network computed there: the ``terms`` (of the input channels that give
    most, largest first), plus ``rest`` of the ``inputs`` - len(terms) others, plus ``bias``.
    ``output`` is the whole output channel, (h', w'); ``corner`` the row and column of the window's
    first place in the input, which may be negative: that is the padding. ``kernels`` are the first
    of the ``channels`` output channels' kernels: (n, 3, k, k) where the input is a colour image,
    else (n, k, k) for the input channel of the first term.
    """

    layer: str
    channels: int
    inputs: int
    stride: int
    padding: int
    channel: int
    row: int
    column: int
    corner: tuple[int, int]
    output: np.ndarray
    kernels: np.ndarray
    terms: tuple[Term, ...]
    rest: float
    bias: float
    value: float
