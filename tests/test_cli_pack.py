"""Every kind of the pack on the command line: outputs, or one sentence and code 2."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz.cli import main
from tests import pack

MAKE = pack.load()
NAMES = [] if MAKE is None else MAKE.names()
pytestmark = pytest.mark.skipif(MAKE is None, reason=pack.WHY)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_analysed_or_refused_on_the_command_line(
    name: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = MAKE.read(name)
    path = MAKE.make(name, tmp_path)
    code = main(["analyze", str(photo), "--checkpoint", str(path), "--json"])
    printed = capsys.readouterr()
    assert not MAKE.marker_of(path).exists()
    if code == 2:
        assert pack.may_be_refused(kind), printed.err
        assert path.name in printed.err
        assert pack.says(kind, printed.err), printed.err
        assert "Traceback" not in printed.err
        return
    assert code == 0
    assert pack.has_to_open(kind) or kind.get("either")
    if "file can't show" in kind["expect"]:
        assert pack.says(kind, printed.err), printed.err
    result = json.loads(printed.out)
    assert all(math.isfinite(float(one["output"])) for one in result["top5"])
    assert all(math.isfinite(float(one["gradient_norm"])) for one in result["blocks"])
