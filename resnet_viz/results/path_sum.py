"""How the two paths of a block met in one pass: a frozen value without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class PathSum:
    """The figures of ``y = b·F(x) + s·shortcut(x)``, before any activation, for one image.

    ``skip_norm``, ``branch_norm`` and ``sum_norm`` are the L2 norms ‖s·shortcut(x)‖, ‖b·F(x)‖ and
    that of what comes of both; ``cosine`` is that of the angle between the two, in [-1, 1], and
    not-a-number where one of them is zero. ``skip_gradient_norm`` and ``branch_gradient_norm`` are
    the L2 norms of what reaches x backwards through each path: their sum is the gradient at x.
    """

    skip_norm: float
    branch_norm: float
    sum_norm: float
    cosine: float
    skip_gradient_norm: float
    branch_gradient_norm: float

    @property
    def skip_share(self) -> float:
        """‖s·shortcut(x)‖ / (‖s·shortcut(x)‖ + ‖b·F(x)‖): how much of the sum came through the
        skip; not-a-number where both are zero."""
        both = self.skip_norm + self.branch_norm
        return self.skip_norm / both if both else math.nan
