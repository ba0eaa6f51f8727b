"""Tests need no display, never fetch weights, and keep their files to themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Downloads go nowhere unless a test says where, and the cache is the test's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("RESNET_VIZ_MIRROR", "http://127.0.0.1:9/nothing-listens-here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The monkey takes longest: it begins first, so that two processes end at the same time."""
    items.sort(key=lambda item: "soak" not in item.path.parts)
