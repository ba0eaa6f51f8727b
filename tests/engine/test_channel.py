"""Channels: each is its own, whatever its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from resnet_viz.analysis.task import TaskContext
from resnet_viz.engine import tasks
from resnet_viz.engine.channel import Channel
from resnet_viz.engine.worker import Worker
from resnet_viz.results.task import IDLE, Progress


@dataclass(frozen=True)
class Echo:
    """Say ``word``, then what it is told."""

    word: str


def echo(request: Echo, context: TaskContext) -> Iterator[object]:
    yield Progress("Listening", 0, 0)
    yield request.word
    while True:
        for command in context.commands():
            yield f"{request.word}: {command}"
        yield IDLE


@pytest.fixture
def worker(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(tasks, "find", lambda request: echo)
    made = Worker(open_session=lambda: (object(), ()))  # type: ignore[arg-type, return-value]
    yield made
    made.close()


def test_two_channels_of_one_name_do_not_hear_each_other(qtbot: QtBot, worker: Worker) -> None:
    one, two = Channel(worker, "convolution"), Channel(worker, "convolution")
    heard: dict[str, list[object]] = {"one": [], "two": []}
    one.updated.connect(heard["one"].append)
    two.updated.connect(heard["two"].append)
    one.start(Echo("first"))
    two.start(Echo("second"))
    qtbot.waitUntil(lambda: heard == {"one": ["first"], "two": ["second"]})
    one.stop()
    assert (one.running, two.running) == (False, True)
    two.tell("still there?")
    qtbot.waitUntil(lambda: heard["two"][-1] == "second: still there?")
    assert heard["one"] == ["first"]


def test_a_channel_is_free_when_it_says_so(
    qtbot: QtBot, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Channel(worker, "broken")
    found: list[bool] = []
    channel.failed.connect(lambda _: found.append(channel.running))

    def broken(request: object, context: TaskContext) -> Iterator[object]:
        yield 1
        raise ValueError("no")

    monkeypatch.setattr(tasks, "find", lambda request: broken)
    channel.start(Echo(""))
    qtbot.waitUntil(lambda: found == [False])
