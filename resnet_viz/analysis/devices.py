"""Where the network runs: CUDA, MPS or the CPU."""

from __future__ import annotations

import re
from typing import get_args

import torch

from resnet_viz.analysis import memory
from resnet_viz.results.result import DeviceChoice


class DeviceError(Exception):
    """The device that was asked for is not there; its text is a sentence for the user."""


def available() -> tuple[DeviceChoice, ...]:
    """The devices of this machine, best first; the CPU is always the last."""
    found: list[DeviceChoice] = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def resolve(choice: str) -> torch.device:
    """The device to run on; "auto" is the best there is.

    Raises:
        DeviceError: there is no such device on this machine.
    """
    there = available()
    if choice == "auto":
        choice = there[0]
    if choice not in there:
        if choice not in get_args(DeviceChoice):
            raise DeviceError(f"there is no device {choice!r}; choose auto, {', '.join(there)}")
        raise DeviceError(
            f"this machine has no {choice.upper()} device that torch can use; "
            f"choose auto or {' or '.join(there)}"
        )
    if choice == "cuda":
        # Else its convolutions would round to ten bits, and no figure be that of the processor.
        torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
    return torch.device(choice)


def layout(device: torch.device) -> torch.memory_format:
    """How maps had best lie in memory: channels last, but on MPS, which only copies them back."""
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def title(device: torch.device) -> str:
    """The device in words, for the status line."""
    if device.type == "cuda":
        return f"CUDA ({torch.cuda.get_device_name(device)})"
    return {"mps": "MPS (Apple GPU)", "cpu": "CPU"}[device.type]


def why_failed(error: BaseException, network: str) -> str | None:
    """A sentence on a pass of ``network`` that the device gave up; None where it was not that."""
    if memory.ran_out(error):
        return (
            f"There is not enough memory for {network} on this device; "
            "choose a smaller network or another device"
        )
    first = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, RuntimeError) and _LOST.search(first):
        return (
            f"The device stopped during the pass of {network} ({first}); "
            "choose the CPU, or start the program again"
        )
    return None


_LOST = re.compile(r"\b(CUDA|HIP|MPS|cuDNN|CUDNN|cuBLAS|CUBLAS)\b.*\b(error|failed|STATUS)", re.I)
