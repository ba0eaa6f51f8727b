"""``resnet-viz report``: a folder with a page, figures and tables for each image."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz import cli
from resnet_viz.analysis.session import Session
from resnet_viz.commands.asked import parse_skips
from resnet_viz.images.photo import load_photo
from resnet_viz.networks import catalog
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Result, Snapshot
from tests import fakes

SMALL = ("--network", "resnet20", "--device", "cpu")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "a picture.png"
    path.parent.mkdir()
    Image.fromarray(fakes.photo().pixels).save(path)
    return path


def program(path: Path, skips: str) -> Result:
    gates = parse_skips(skips, build_structure(catalog.find("resnet20")))
    snapshot = Snapshot("resnet20", load_photo(path), gates=gates, device="cpu")
    return Session().run(snapshot)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.long
def test_one_image_with_all_its_files(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["report", str(image), *SMALL, "--skips", "off", "--out", str(out)]
    assert cli.main([*asked, "--json", "--pdf", "--formats", "png,svg,pdf"]) == 0
    streams = capsys.readouterr()
    assert streams.err == "", "there is a bar although this is no terminal"
    given = json.loads(streams.out)
    files = [Path(file) for file in given["files"]]
    assert all(file.is_file() for file in files)
    assert sorted(files) == sorted(file for file in out.rglob("*") if file.is_file())
    wanted = program(image, "off")
    assert given["target"] == wanted.labels[wanted.now.target]
    assert given["shown"] == "off"
    off = next(state for state in given["states"] if state["state"] == "off")
    norms = [block.gradient_norm for block in wanted.now.blocks]
    assert off["gradient_norms"] == pytest.approx(norms, rel=1e-4)
    best = wanted.now.top(1)[0]
    assert off["class"] == wanted.labels[best]

    place = out / "a picture"
    page = (place / "index.html").read_text(encoding="utf-8")
    assert '"first": "off"' in page
    flow = table(place / "tables" / "gradient-flow.csv")
    column = next(name for name in flow[0] if "as now" in name)
    assert [float(row[column]) for row in flow] == pytest.approx(norms, rel=1e-6)
    states = {row["state"]: row for row in table(place / "tables" / "states.csv")}
    assert len(states) == 17
    assert float(states["All skips off"]["gradient norm at stem"]) == pytest.approx(norms[0])
    assert (place / "report.pdf").read_bytes().startswith(b"%PDF")
    names = {file.stem for file in (place / "figures").iterdir()}
    assert {"predictions", "gradient-flow", "activations", "grad-cam-layer3.2"} <= names
    for file in (place / "figures").glob("*.svg"):
        assert ElementTree.parse(file).getroot().tag.endswith("svg")
    with Image.open(place / "figures" / "gradient-flow.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 5


@pytest.mark.long
def test_a_folder_with_one_broken_file(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (image.parent / "broken.jpg").write_bytes(b"no picture")
    Image.fromarray(fakes.photo(64, 64).pixels).save(image.parent / "<b>.png")
    out = tmp_path / "out"
    asked = ["report", str(image.parent), *SMALL, "--out", str(out), "--formats", "png"]
    assert cli.main(asked) == 2
    streams = capsys.readouterr()
    assert "broken.jpg" in streams.err
    assert "Traceback" not in streams.err
    contents = (out / "index.html").read_text(encoding="utf-8")
    assert contents.count("<li>") == 2
    assert "<b>" not in contents
    assert '<a href="./%3Cb%3E/index.html">&lt;b&gt;' in contents
    assert (out / "<b>" / "index.html").is_file()
    assert cli.main(["report", str(image), *SMALL, "--out", str(out), "--formats", "png"]) == 0
    assert (out / "a picture-2" / "index.html").is_file()


@pytest.mark.long
def test_a_network_without_classes_has_outputs(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = catalog.find("resnet20").build().state_dict()
    path, out = tmp_path / "headless.pth", tmp_path / "out"
    torch.save({name: one for name, one in state.items() if not name.startswith("fc.")}, path)
    asked = ["report", str(image), "--checkpoint", str(path), "--device", "cpu", "--json"]
    assert cli.main([*asked, "--out", str(out), "--formats", "png", "--pdf"]) == 0
    given = json.loads(capsys.readouterr().out)
    on = given["states"][0]
    assert on["probability"] is None
    rows = table(out / "a picture" / "tables" / "states.csv")
    assert float(rows[0]["its output"]) == on["output"]
    page = (out / "a picture" / "index.html").read_text(encoding="utf-8")
    assert "Strongest feature" in page
    assert "Probability" not in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--formats", "bmp"], "bmp"),
        (["--network", "resnet21"], "resnet21"),
        (["--skips", "stage:9"], "stage '9'"),
        (["--out", "IMAGE/below"], "--out"),
    ],
)
def test_bad_input_gives_a_sentence_and_2(
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    given = [text.replace("IMAGE", str(image)) for text in arguments]
    assert cli.main(["report", str(image), "--out", str(tmp_path / "out"), *SMALL, *given]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_an_interrupt_ends_it_with_130(
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resnet_viz.analysis.handout.Prober.probe", interrupted)
    assert cli.main(["report", str(image), *SMALL, "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err.strip().endswith("interrupted")
