"""Deletion, insertion and ROAD: the class's probability as pixels go or come, by their order."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.analysis.attribution.scene import Scene

STEPS = 24
"""Equal parts in which the pixels of deletion and insertion go."""

SHARES = tuple(step / STEPS for step in range(STEPS + 1))
ROAD_SHARES = tuple(step / 10 for step in range(10))
"""Rong 2022 §5 removes 10 to 90 %."""

ROAD_NOISE = 0.04
"""Of the guessed pixels, in units of the normalised input; about 0.01 of the way to white."""

_BLUR = 1 / 16  # σ of the blur of insertion, of the picture's side
_DIRECT, _DIAGONAL = 1 / 6, 1 / 12  # weights of neighbours, Rong 2022 §4.2
_EXACT, _MOST_ROUNDS = 1e-5, 2000

Curve = Generator[tuple[int, int], None, list[float]]
"""Yields (done, all) between batches, and returns the curve's heights."""


def probabilities(scene: Scene, pictures: Tensor) -> Tensor:
    """Of the scene's class, (N, C, S, S) → (N,)."""
    with torch.no_grad():
        logits = scene.separate(pictures).float()
    independent = logits.shape[1] == 1 or getattr(scene.separate.network, "independent", False)
    shares = torch.sigmoid(logits) if independent else torch.softmax(logits, dim=1)
    return shares[:, scene.score.target]


def pixel_order(values: Tensor, size: Sequence[int], generator: torch.Generator) -> Tensor:
    """The numbers of all pixels of a picture of ``size``, the map's greatest first.

    A smaller map is enlarged bilinearly; equal values are in random order. Shapes: (h, w) → (H·W,).
    """
    large = functional.interpolate(
        values[None, None].cpu().double(), size=tuple(size), mode="bilinear", align_corners=False
    ).flatten()
    shuffled = torch.randperm(len(large), generator=generator)
    return shuffled[torch.argsort(large[shuffled], descending=True, stable=True)]


def mask_of(order: Tensor, share: float, size: Sequence[int]) -> Tensor:
    """True at the first ``share`` of the pixels, (H, W)."""
    mask = torch.zeros(len(order), dtype=torch.bool, device=order.device)
    mask[order[: round(share * len(order))]] = True
    return mask.view(*size)


def deletion(scene: Scene, order: Tensor) -> Curve:
    """The pixels become the mean colour, in their order (Petsiuk 2018 §3.2)."""
    size, image = scene.image.shape[-2:], scene.image
    order = order.to(image.device)
    return _curve(scene, SHARES, lambda share: image * ~mask_of(order, share, size))


def insertion(scene: Scene, order: Tensor) -> Curve:
    """The pixels come back into a blurred picture, in their order (Petsiuk 2018 §3.2)."""
    size, image = scene.image.shape[-2:], scene.image
    dim, order = blurred(image), order.to(image.device)
    return _curve(scene, SHARES, lambda share: torch.where(mask_of(order, share, size), image, dim))


def road(scene: Scene, order: Tensor, generator: torch.Generator) -> Curve:
    """The pixels are guessed from their neighbours, in their order (Rong 2022 §4.2)."""
    size, image = scene.image.shape[-2:], scene.image.cpu()
    noise = ROAD_NOISE * torch.randn(image.shape, generator=generator)

    def without(share: float) -> Tensor:
        mask = mask_of(order, share, size)
        return torch.where(mask, imputed(image, mask) + noise, image).to(scene.image)

    return _curve(scene, ROAD_SHARES, without)


def _curve(scene: Scene, shares: Sequence[float], make: Callable[[float], Tensor]) -> Curve:
    found: list[float] = []
    for numbers in scene.batches(len(shares)):
        yield numbers.start, len(shares)
        pictures = torch.cat([make(shares[number]) for number in numbers])
        found += probabilities(scene, pictures).tolist()
    return found


def blurred(image: Tensor) -> Tensor:
    """A Gaussian blur under which the class is gone, (1, C, H, W)."""
    deviation = _BLUR * max(image.shape[-2:])
    reach = min(math.ceil(3 * deviation), min(image.shape[-2:]) - 1)
    places = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-(places**2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1).repeat(image.shape[1], 1, 1, 1)
    padded = functional.pad(image, (reach, reach, reach, reach), mode="reflect")
    down = functional.conv2d(padded, kernel, groups=image.shape[1])
    return functional.conv2d(down, kernel.transpose(2, 3), groups=image.shape[1])


def imputed(image: Tensor, mask: Tensor) -> Tensor:
    """``image`` (1, C, H, W) in which each pixel of ``mask`` (H, W) is the weighted mean of its
    neighbours, known and unknown ones; beyond the border there are none.

    The equations Σ w_n (x − x_n) = 0 are symmetric and positive, so conjugate gradients solve them,
    in float64.
    """
    if not mask.any() or mask.all():
        return image * ~mask
    exact = image.double()
    kernel = exact.new_full((1, 1, 3, 3), _DIAGONAL)
    kernel[0, 0, 1, :] = kernel[0, 0, :, 1] = _DIRECT
    kernel[0, 0, 1, 1] = 0
    channels = exact.transpose(0, 1)  # (C, 1, H, W)

    def around(x: Tensor) -> Tensor:
        return functional.conv2d(x, kernel, padding=1)

    degree = around(torch.ones_like(channels[:1]))
    inside = mask.to(exact)

    def apply(x: Tensor) -> Tensor:
        return inside * (degree * x - around(x))

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum(dim=(1, 2, 3), keepdim=True)

    known = channels * ~mask
    wanted = inside * around(known)
    x = inside * known.sum(dim=(2, 3), keepdim=True) / (~mask).sum()
    rest = wanted - apply(x)
    step = rest
    square = dot(rest, rest)
    least = _EXACT**2 * dot(wanted, wanted).clamp_min(torch.finfo(x.dtype).tiny)
    for _ in range(_MOST_ROUNDS):
        if (square <= least).all():
            break
        along = apply(step)
        length = square / dot(step, along).clamp_min(torch.finfo(x.dtype).tiny)
        x = x + length * step
        rest = rest - length * along
        after = dot(rest, rest)
        step = rest + after / square.clamp_min(torch.finfo(x.dtype).tiny) * step
        square = after
    return (known + inside * x).transpose(0, 1).to(image)
