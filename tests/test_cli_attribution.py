"""``--attribution`` of the commands, and the attribution of hand-out and report."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz import cli
from resnet_viz.analysis.session import Session
from resnet_viz.images.photo import load_photo
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Snapshot
from tests import fakes

SMALL = ("--network", "resnet20", "--device", "cpu")
TWO = ("--attribution", "grad_cam", "--attribution", "guided_backprop", "--attribution", "grad_cam")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "gradient.png"
    Image.fromarray(fakes.photo().pixels).save(path)
    return path


def test_analyze_maps_what_is_asked_for(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["analyze", str(image), *SMALL, *TWO]
    assert cli.main([*asked, "--json", "--out", str(out)]) == 0
    given = json.loads(capsys.readouterr().out)
    rows = given["attribution"]
    assert [(row["method"], row["skips"]) for row in rows] == [
        (name, skips) for name in ("grad_cam", "guided_backprop") for skips in ("on", "off")
    ]
    wanted = Session().run(Snapshot("resnet20", load_photo(image), device="cpu")).now.blocks[-1]
    assert rows[0]["block"] == wanted.name
    assert rows[0]["greatest"] == pytest.approx(float(wanted.cam.max()), rel=1e-4)
    assert rows[2]["block"] is None
    folder = Path(given["out"])
    with np.load(folder / "attribution.npz") as arrays:
        np.testing.assert_allclose(arrays["grad_cam-on"], wanted.cam, rtol=1e-3, atol=1e-6)
        names = set(arrays)
    assert {path.stem for path in folder.glob("*-on.png")} == {"grad_cam-on", "guided_backprop-on"}
    assert names == {f"{name}-{one}" for name in METHODS if name in TWO for one in ("on", "off")}
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert f"why “{given['target']}”?" in said
    assert "Guided Backprop, skips off" in said


def test_a_wrong_method_is_named(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["analyze", str(image), *SMALL, "--attribution", "magic"])
    assert stopped.value.code == 2
    assert "magic" in capsys.readouterr().err


@pytest.mark.long
def test_the_report_has_the_maps_in_page_and_figures(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["report", str(image), *SMALL, "--out", str(out), "--formats", "png", "--json"]
    assert cli.main([*asked, *TWO]) == 0
    given = json.loads(capsys.readouterr().out)
    assert len(given["attribution"]) == 4
    place = Path(given["folder"])
    page = (place / "index.html").read_text(encoding="utf-8")
    section = page.partition('<section id="attribution">')[2].partition("</section>")[0]
    assert section.count('<img src="data:image/jpeg') == 4
    for name in ("grad_cam", "guided_backprop"):
        assert escape(METHODS[name].title) in section
        assert escape(METHODS[name].paper) in section
    assert METHODS["guided_backprop"].warning in section
    with Image.open(place / "figures" / "attribution.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 5
    assert (place / "tables" / "attribution.csv").is_file()
    assert cli.main(asked) == 0
    given = json.loads(capsys.readouterr().out)
    assert "attribution" not in given
    assert 'id="attribution"' not in (Path(given["folder"]) / "index.html").read_text("utf-8")
