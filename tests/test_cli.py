"""The command line as a user types it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz import app, cli
from resnet_viz.analysis.laboratory import run as run_laboratory
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.commands.asked import parse_skips
from resnet_viz.networks import catalog
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.laboratory import LaboratoryRequest, LaboratoryResult
from tests import fakes


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "gradient.png"
    Image.fromarray(fakes.photo().pixels).save(path)
    return path


def analyze(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict]:
    assert app.main(["analyze", "--json", "--device", "cpu", *map(str, arguments)]) == 0
    return lines(capsys.readouterr().out)


def lines(printed: str) -> list[dict]:
    """What --json has printed: an entry on each line."""
    return [json.loads(line) for line in printed.splitlines()]


def test_one_of_several_networks_in_a_checkpoint_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], image: Path
) -> None:
    path = tmp_path / "two.pth.tar"
    content = {}
    for part in ("teacher", "student"):
        state = catalog.find("resnet20").build().state_dict()
        content[part] = {f"module.{name}": value for name, value in state.items()}
    torch.save(content, path)
    own = ["analyze", str(image), "--checkpoint", str(path), "--json", "--device", "cpu"]
    found = {}
    for part in ((), ("--part", "student")):
        assert app.main([*own, *part]) == 0
        printed = capsys.readouterr()
        found[part] = lines(printed.out)[0]["top5"]
        assert "The file holds two networks" in printed.err
    assert "teacher" in printed.err.partition("there is also")[2]
    assert found[()] != found["--part", "student"]
    assert app.main([*own, "--part", "other"]) == 2
    assert "there are teacher, student" in capsys.readouterr().err


@pytest.mark.long
def test_a_checkpoint_is_checked_by_its_statistics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], image: Path
) -> None:
    """Plain-20 has the names and shapes of ResNet-20."""
    weights = Path(__file__).parents[1] / "assets" / "weights" / "plain20-cifar10.safetensors"
    path = tmp_path / "mine"
    path.write_bytes(weights.read_bytes())
    asked = (image, "--checkpoint", path)
    (found,) = analyze(capsys, *asked)
    assert found["network"] == "resnet20"
    (found,) = analyze(capsys, *asked, "--check")
    assert found["network"] == "plain20"


def test_what_a_checkpoint_cannot_show_is_assumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], image: Path
) -> None:
    path = tmp_path / "mine.pth"
    torch.save(catalog.find("resnet20").build().state_dict(), path)
    own = (image, "--checkpoint", path)
    (first,) = analyze(capsys, *own)
    both = ("--assume", "pad=zeros after", "--assume", "size=64×64 pixels")
    (other,) = analyze(capsys, *own, *both)
    assert other["network"] == "file:mine.pth"
    assert other["top5"] != first["top5"]
    (same,) = analyze(capsys, *own, "--assume", "Pad = zeros half before, half after")
    assert same["top5"] == first["top5"]
    wrong = ["analyze", str(image), "--checkpoint", str(path), "--assume"]
    assert app.main([*wrong, "list"]) == 2
    said = capsys.readouterr().err
    assert "pad (zeros half before, half after, zeros after, zeros before" in said
    assert "activation (ReLU, " in said
    assert app.main([*wrong, "pad=zeros at noon"]) == 2
    said = capsys.readouterr().err
    assert "'zeros at noon' is no choice for pad, the padded shortcut (option A)" in said
    assert "zeros before" in said
    assert app.main(["analyze", str(image), "--untrained", "--assume", "pad=zeros after"]) == 2
    assert "--checkpoint" in capsys.readouterr().err


def test_networks_lists_the_catalog(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["networks", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(catalog.CATALOG)
    assert rows["resnet152"]["parameters"] == 60_192_808
    assert rows["plain110"]["at_hand"] is False
    assert rows[catalog.DEFAULT]["at_hand"] is True
    assert cli.main(["networks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(rows)


def test_analyze_as_json(capsys: pytest.CaptureFixture[str], image: Path) -> None:
    small = (image, "--untrained", "--network", "resnet20")
    (off,) = analyze(capsys, *small, "--skips", "stage:2,block:layer3.1")
    assert off["trained"] is False
    assert off["milliseconds"] > 0
    assert [block["name"] for block in off["blocks"] if block["skip"] == 0] == [
        "layer2.0",
        "layer2.1",
        "layer2.2",
        "layer3.1",
    ]
    assert off["blocks"][0]["skip"] is None
    assert off["blocks"][0]["gradient_norm"] != off["blocks"][0]["gradient_norm_all_on"]
    assert off["blocks"][5]["skip_share"] == 0
    (on,) = analyze(capsys, *small)
    assert on["top5"] == on["top5_all_on"] == off["top5_all_on"]
    (cat,) = analyze(capsys, *small, "--target", "cat")
    assert cat["target"] == "cat"


def test_analyze_in_words(capsys: pytest.CaptureFixture[str], image: Path) -> None:
    assert cli.main(["analyze", str(image), "--untrained", "--skips", "off"]) == 0
    text = capsys.readouterr().out
    assert "ResNet-56" in text
    assert "predictions mean nothing" in text
    assert text.count("(skip off)") == 27
    assert " ms" in text


def test_a_checkpoint_brings_its_network(
    capsys: pytest.CaptureFixture[str], image: Path, tmp_path: Path
) -> None:
    """With three classes, names for them, and another input than the network's own."""
    path, names = tmp_path / "mine.th", tmp_path / "names.json"
    state = catalog.find("preact-resnet20").adapted(3, None).build().state_dict()
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, path)
    names.write_text('{"1": "cherry", "0": "apple", "2": "fig"}')
    assert (
        cli.main(
            ["analyze", str(image), "--checkpoint", str(path), "--labels", str(names), "--json",
             "--size", "40", "--normalise", "half", "--out", str(tmp_path), "--target", "cherry"]
        )
        == 0
    )  # fmt: skip
    streams = capsys.readouterr()
    (result,) = lines(streams.out)
    assert (result["network"], result["target"]) == ("preact-resnet20", "cherry")
    assert {row["class"] for row in result["top5"]} == {"apple", "cherry", "fig"}
    assert "mine.th was made for Pre-act ResNet-20 with 3 classes" in streams.err
    with Image.open(tmp_path / "gradient" / "input.png") as picture:
        assert picture.size == (40, 40)
    wrong = ["analyze", str(image), "--checkpoint", str(path), "--network", "resnet20"]
    assert cli.main(wrong) == 2
    assert "not for ResNet-20 but for Pre-act ResNet-20" in capsys.readouterr().err
    few = tmp_path / "few.txt"
    few.write_text("apple\ncherry\n")
    wrong = ["analyze", str(image), "--checkpoint", str(path), "--labels", str(few)]
    assert cli.main(wrong) == 2
    assert "2 names for 3 classes" in capsys.readouterr().err


def test_out_writes_overlays_and_arrays(
    capsys: pytest.CaptureFixture[str], image: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for wanted in ("gradient", "gradient-2"):
        (result,) = analyze(capsys, image, "--untrained", "--skips", "off", "--out", out)
        assert Path(result["out"]) == out / wanted
    names = [block["name"] for block in result["blocks"]]
    with np.load(out / "gradient" / "blocks.npz") as arrays:
        assert arrays["blocks"].tolist() == names
        assert arrays["gradient_norm"].tolist() == [b["gradient_norm"] for b in result["blocks"]]
        assert arrays["gradcam/layer2.0"].shape == (16, 16)
        assert arrays["activation_mean/layer3.2"].shape == (64,)
        assert np.isnan(arrays["skip_share"][0])
    for name in names:
        with Image.open(out / "gradient" / f"gradcam-{name}.png") as picture:
            assert picture.size == (448, 448)
    with Image.open(out / "gradient" / "input.png") as picture:
        assert picture.size == (32, 32)


def test_a_folder_with_one_broken_file(
    capsys: pytest.CaptureFixture[str], image: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert cli.main(["analyze", str(tmp_path), "--untrained", "--json"]) == 2
    streams = capsys.readouterr()
    broken, whole = lines(streams.out)
    assert broken["image"] == str(tmp_path / "broken.jpg")
    assert "is not an image" in broken["error"]
    assert whole["image"] == str(image)
    assert streams.err == f"resnet-viz: {broken['error']}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.png"], "nothing.png"),
        (["IMAGE", "--network", "resnet21"], "resnet21"),
        (["IMAGE", "--skips", "stage:4"], "no stage '4'; choose one of 1, 2, 3"),
        (["IMAGE", "--skips", "block:layer9.1"], "layer9.1"),
        (["IMAGE", "--skips", "block:stem"], "stem"),
        (["IMAGE", "--skips", "maybe"], "maybe"),
        (["IMAGE", "--network", "plain20", "--skips", "block:layer1.0"], "has no skip"),
        (["IMAGE", "--network", "vgg16", "--skips", "off"], "only sees the one before (Simonyan"),
        (["IMAGE", "--target", "unicorn"], "unicorn"),
        (["IMAGE", "--labels", "missing.txt"], "missing.txt cannot be read"),
        (["IMAGE", "--size", "0"], "an input of 0 pixels"),
        (["IMAGE", "--checkpoint", "missing.pt"], "missing.pt"),
        (["IMAGE", "--out", "IMAGE/below"], "--out"),
    ],
)
def test_bad_input_gives_a_sentence_and_2(
    capsys: pytest.CaptureFixture[str], image: Path, arguments: list[str], words: str
) -> None:
    code = cli.main(["analyze", *(text.replace("IMAGE", str(image)) for text in arguments)])
    error = capsys.readouterr().err
    assert code == 2
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_a_wrong_option_gives_a_sentence_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        app.main(["analyze", "x.png", "--device", "tpu"])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
@pytest.mark.parametrize("start", [["main.py"], ["-m", "resnet_viz"]])
def test_without_a_display_the_headless_command_is_named(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *start],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "resnet-viz analyze" in done.stderr


def test_several_images_for_the_window_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["a.png", "b.png"]) == 2
    assert "resnet-viz analyze" in capsys.readouterr().err


def test_parse_skips() -> None:
    made_of = build_structure(catalog.find("resnet20"))
    assert parse_skips("on", made_of).all_on
    assert set(parse_skips("off", made_of).skips) == set(made_of.skips)
    assert parse_skips("block:layer3.1", made_of).skips == {"layer3.1": 0.0}


def test_the_laboratory_as_a_table_and_as_a_figure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    small = ["gradient", "--depth", "8", "--data", "noise", "--batch", "4", "--device", "cpu"]
    files = [tmp_path / f"lab{suffix}" for suffix in (".png", ".svg", ".pdf", ".csv", ".json")]
    out = [word for file in files for word in ("--out", str(file))]
    assert cli.main([*small, "--no-norm", "--json", *out]) == 0
    found = json.loads(capsys.readouterr().out)
    request = LaboratoryRequest(8, batch=4, device="cpu")
    *_, wanted = run_laboratory(request, TaskContext(Session(), list, lambda: False))
    assert isinstance(wanted, LaboratoryResult)
    for network, flow in zip(found["networks"], wanted.flows, strict=True):
        assert network["title"] == flow.title
        layers = network["layers"]
        assert [one["weight_gradient"] for one in layers] == [
            one.weight_gradient for one in flow.layers
        ]
    assert [file.stat().st_size > 500 for file in files] == [True] * len(files)
    with files[3].open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert float(rows[1][1]) == wanted.flows[0].first.weight_gradient
    assert rows[0][1].endswith("ResNet-8")
    assert cli.main([*small, "--norm", "--combine", "none"]) == 0
    text = capsys.readouterr().out
    assert "Plain-8 alone" in text
    assert len([line for line in text.splitlines() if line.startswith("layer")]) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--depth", "57"], "57"),
        (["--depth", "2000"], "2000"),
        (["--batch", "0"], "--batch 0"),
        (["--initialisation", "zero", "--no-norm"], "batch norm"),
        (["--photo", "missing.jpg"], "missing.jpg"),
        (["--out", "lab.doc"], ".svg"),
        (["--out", "nowhere/lab.svg"], "nowhere"),
    ],
)
def test_what_the_laboratory_cannot_do_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert cli.main(["gradient", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1
