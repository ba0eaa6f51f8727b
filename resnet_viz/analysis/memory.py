"""Memory: how much of it is free, and giving back what is no longer used."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def free(device: torch.device) -> int | None:
    """Bytes that can be taken on ``device`` before there are none left; None if nobody knows.

    On the CPU that is what Linux calls available, or what is left of a container's limit; where
    only the size of the memory is known, a half of it.
    """
    if device.type == "cuda":
        import torch

        left, _ = torch.cuda.mem_get_info(device)
        # Torch keeps freed blocks, and uses them again.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(left + kept)
    known = [one for one in (_available(), _left_in_group()) if one is not None]
    return min(known, default=_half_of_all())


def _available() -> int | None:
    try:
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _left_in_group() -> int | None:
    """What cgroup v2 leaves a process in a container; its caches are given up when needed."""
    try:
        most = int((_GROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_GROUP / "memory.current").read_text(encoding="ascii"))
        lines = (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        statistics = dict(line.split() for line in lines)
        return most - used + int(statistics["inactive_file"])
    except (OSError, ValueError, KeyError):  # no Linux, no group, or "max": no limit
        return None


def _half_of_all() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # no POSIX, or none that tells
        return None


def ran_out(error: BaseException) -> bool:
    """Whether ``error`` says that the machine or the device has no memory left."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def release() -> None:
    """Give memory that was freed back to the system, where the C library keeps it.

    Glibc serves tensors of some megabytes from its heaps, and keeps what is freed there: after
    ResNet-152 that was 0.4 GB, after 110 layers in the laboratory all that they took.
    """
    torch: Any = sys.modules.get("torch")  # which has nothing to give back if it is not there
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Glibc's ``malloc_trim``; None where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None


def size_text(size: float) -> str:
    """Bytes in GiB, or below 1 GiB in MiB: "5.9 GiB", "310 MiB"."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
