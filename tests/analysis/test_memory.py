"""Memory: what is free, what is given back, and the laboratory's estimate against a real peak."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.analysis import laboratory, memory
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.laboratory import LaboratoryRequest
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError
from tests import fakes

CPU = torch.device("cpu")
GIB = 2**30


def groups(folder: Path, most: str, used: int = 0, inactive: int = 0) -> Path:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive}\n")
    return folder


def test_free_is_what_linux_calls_available_or_what_a_container_leaves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 3000 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", info)
    monkeypatch.setattr(memory, "_GROUP", groups(tmp_path, "max"))
    assert memory.free(CPU) == 3000 * 1024
    groups(tmp_path, "2000000", used=1_500_000, inactive=100_000)
    assert memory.free(CPU) == 600_000
    info.unlink()
    groups(tmp_path, "max")
    half = memory.free(CPU)  # of all that the machine has
    assert half is None or half > 2**28


def test_a_size_is_read_in_its_unit() -> None:
    assert memory.size_text(5.94 * GIB) == "5.9 GiB"
    assert memory.size_text(310 * 2**20) == "310 MiB"


def test_more_than_is_free_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free", lambda device: GIB)
    monkeypatch.setattr(laboratory, "build_twins", lambda request: pytest.fail("built"))
    deep = LaboratoryRequest(depth=1202, norm=True, device="cpu")
    with pytest.raises(TaskError) as refused:
        list(laboratory.run(deep, TaskContext(Session(), list, lambda: False)))
    assert str(refused.value) == (
        "ResNet-1202 and Plain-1202 with a batch of 64 need about 6.2 GiB of memory, and 1.0 GiB "
        "are free; choose a smaller batch or fewer layers, or close other programs"
    )


_PEAK = """
import json, sys
from resnet_viz.analysis import laboratory, memory
from resnet_viz.analysis.task import TaskContext
from resnet_viz.results.laboratory import LaboratoryRequest, cost

def size(line):
    text = open("/proc/self/status").read()
    return int(text.split(line + ":")[1].split()[0]) * 1024

def run(request):
    for _ in laboratory.run(request, TaskContext(None, list, lambda: False)):
        pass

run(LaboratoryRequest(depth=8, batch=2, norm=True, device="cpu"))
memory.release()
open("/proc/self/clear_refs", "w").write("5")  # the peak is counted from here
before = size("VmRSS")
request = LaboratoryRequest(depth=62, batch=32, norm=True, device="cpu")
run(request)
peak = size("VmHWM") - before
memory.release()
print(json.dumps([cost(request).bytes, peak, size("VmRSS") - before]))
"""


@pytest.mark.long
@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists() or memory._trim() is None,
    reason="the peak of a process is read from Linux, and given back by glibc",
)
def test_the_estimate_is_near_the_peak_of_a_process_and_memory_returns() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PEAK], capture_output=True, text=True, check=True, timeout=300
    )
    estimate, peak, kept = json.loads(done.stdout.splitlines()[-1])
    assert 0.8 < peak / estimate < 1.2
    assert kept < peak / 5


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is freed but by the last reference to it, as on the worker's thread: what was left
    before is gone, and nothing is collected within a test."""
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    yield
    if was_on:
        gc.enable()


def live() -> tuple[int, int]:
    """Tensors and modules that there are."""
    everything = gc.get_objects()
    return (
        sum(issubclass(type(one), Tensor) for one in everything),
        sum(issubclass(type(one), nn.Module) for one in everything),
    )


@pytest.mark.usefixtures("uncollected")
def test_switching_networks_keeps_none_of_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()

    def show(name: str) -> None:
        snapshot = Snapshot(name, fakes.photo(), weights=WeightsChoice("untrained"), device="cpu")
        session.run(snapshot)

    for name in ("resnet20", "plain20", "resnet20"):
        show(name)  # what is kept of each for good
    before = live()
    gone: list[bool] = []
    for name in ("plain20", "resnet20", "plain20", "resnet20"):
        old = weakref.ref(session._network)
        monkeypatch.setattr(memory, "release", lambda old=old: gone.append(old() is None))
        show(name)
    assert gone == [True] * 4, "memory is given back once the network before is gone"
    assert live() == before


@pytest.mark.long
@pytest.mark.usefixtures("uncollected")
def test_the_laboratory_keeps_no_tensor_after_its_result_or_after_a_cancel() -> None:
    request = LaboratoryRequest(depth=8, batch=2, norm=True, device="cpu")
    context = TaskContext(Session(), list, lambda: False)
    list(laboratory.run(request, context))
    before = live()
    list(laboratory.run(request, context))
    assert live() == before
    task = laboratory.run(request, context)
    for _ in range(6):
        next(task)
    assert live() > before
    task.close()  # type: ignore[attr-defined]
    assert live() == before
