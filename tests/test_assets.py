"""What comes with the program is found in an installed package and in a checkout."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from resnet_viz import assets


def test_assets_are_in_the_package_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "files", lambda name: tmp_path / name)
    assert assets.folder() == tmp_path / "assets"
    (tmp_path / "resnet_viz" / "assets").mkdir(parents=True)
    assert assets.folder() == tmp_path / "resnet_viz" / "assets"


def test_they_are_there() -> None:
    assert json.loads(assets.text("glossary.json"))
    assert assets.path("weights", "resnet20-cifar10.safetensors").is_file()
    with pytest.raises(OSError, match="nothing"):
        assets.text("nothing.json")
