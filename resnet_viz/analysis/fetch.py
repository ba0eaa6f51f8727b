"""Brings what was computed on a GPU to the processor: all of it at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from resnet_viz.networks.norms import is_far


class Fetcher:
    """Copies many tensors from a GPU in one go, through memory that it keeps for the next time.

    Each copy of its own would be waited for, some 300 times in a pass of ResNet-152. The memory is
    page-locked where CUDA is, so that the GPU writes it by itself.
    """

    def __init__(self) -> None:
        self._kept = torch.empty(0, dtype=torch.uint8)

    def __call__(self, tensors: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The tensors on the processor, in shapes and types as they were; None stays None.

        Those that are there already are given back as they are. The device is waited for once.
        """
        # The largest numbers first: each then begins where numbers of its size may begin.
        there = sorted(
            (place for place, one in enumerate(tensors) if one is not None and is_far(one)),
            key=lambda place: -_at(tensors, place).element_size(),
        )
        found = list(tensors)
        if not there:
            return found
        packed = torch.cat([_bytes(_at(tensors, place)) for place in there])
        if packed.numel() > self._kept.numel():
            self._kept = torch.empty(
                packed.numel(), dtype=torch.uint8, pin_memory=packed.device.type == "cuda"
            )
        here = self._kept[: packed.numel()]
        here.copy_(packed, non_blocking=packed.device.type == "cuda")
        synchronise(packed.device)
        start = 0
        for place in there:
            one = _at(tensors, place)
            end = start + one.numel() * one.element_size()
            found[place] = here[start:end].clone().view(one.dtype).view(one.shape)
            start = end
        return found


def _at(tensors: Sequence[Tensor | None], place: int) -> Tensor:
    one = tensors[place]
    assert one is not None
    return one


def _bytes(values: Tensor) -> Tensor:
    return values.detach().contiguous().flatten().view(torch.uint8)


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
