"""The whole diagram as a file: every block is in it, as text and as vectors."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from resnet_viz.export.diagram import Diagram
from resnet_viz.export.formats import Settings, write
from resnet_viz.figures.fill_scale import GradientScale
from resnet_viz.figures.layout.geometry import short_name
from resnet_viz.figures.looks import LIGHT
from resnet_viz.networks.gates import GateSettings
from tests import fakes

SVG = "{http://www.w3.org/2000/svg}"


def drawn(diagram: Diagram, path: Path) -> ET.Element:
    write(diagram, path)
    return ET.parse(path).getroot()


def words_of(root: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize("kind", ["resnet20", "plain20", "resnet50"])
def test_every_block_and_stage_is_named(
    kind: Literal["resnet20", "plain20", "resnet50"], vertical: bool, tmp_path: Path
) -> None:
    structure = fakes.structure(kind)
    words = words_of(drawn(Diagram(structure, vertical=vertical), tmp_path / "d.svg"))
    assert f"Block diagram of {structure.title}" in words
    for block in structure.blocks[1:]:
        assert any(short_name(block.name) == one for one in words), block.name


@pytest.mark.parametrize("level", ["network", "layers"])
def test_other_levels_are_drawn_too(level: Literal["network", "layers"], tmp_path: Path) -> None:
    words = " ".join(words_of(drawn(Diagram(fakes.structure(), level=level), tmp_path / "d.svg")))
    assert "Input" in words
    assert ("layer2.1" in words) == (level == "layers") or "2.1" in words


def test_a_closed_skip_is_said_and_dashed(tmp_path: Path) -> None:
    structure = fakes.structure()
    gates = GateSettings.of({"layer2.1": 0.0, "layer1.1": 0.5})
    words = words_of(drawn(Diagram(structure, gates), tmp_path / "d.svg"))
    assert words.count("off") == 1
    assert words.count("0.5") == 1
    dashed = (tmp_path / "d.svg").read_text(encoding="utf-8").count("stroke-dasharray")
    drawn(Diagram(structure), tmp_path / "on.svg")
    assert dashed > (tmp_path / "on.svg").read_text(encoding="utf-8").count("stroke-dasharray")


def test_values_are_those_that_were_given(tmp_path: Path) -> None:
    result = fakes.result()
    values = {block.name: block.gradient_norm for block in result.now.blocks}
    scale = GradientScale.covering(values.values())
    assert scale is not None
    root = drawn(
        Diagram(result.structure, values=values, scale=scale, picture=result.network_input),
        tmp_path / "d.svg",
    )
    words = words_of(root)
    assert all(scale.text(value) in words for value in values.values())
    assert len(list(root.iter(f"{SVG}image"))) == 1  # the input alone has pixels


def test_names_are_only_text(tmp_path: Path) -> None:
    title = '<script>alert("1")</script> & $x^2$'
    structure = replace(fakes.structure(), title=title)
    root = drawn(Diagram(structure, caption=title), tmp_path / "d.svg")
    assert list(root.iter(f"{SVG}script")) == []
    assert any(title in words for words in words_of(root))


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="rsvg-convert is not installed")
def test_another_program_draws_the_same(tmp_path: Path) -> None:
    diagram = Diagram(fakes.structure())
    write(diagram, tmp_path / "d.svg")
    write(diagram, tmp_path / "d.png", Settings(scale=0.96))
    with Image.open(tmp_path / "d.png") as picture:
        ours = np.asarray(picture.convert("L"), float)
    height, width = ours.shape
    made = tmp_path / "other.png"
    command = ["rsvg-convert", "-w", str(width), "-h", str(height), str(tmp_path / "d.svg")]
    subprocess.run([*command, "-o", str(made)], check=True)
    with Image.open(made) as picture:
        theirs = np.asarray(picture.convert("L"), float)
    assert LIGHT.panel == "#ffffff"
    assert np.abs(ours - theirs).mean() < 8
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.8


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_pdf_has_the_names_as_text(tmp_path: Path) -> None:
    structure = fakes.structure()
    write(Diagram(structure), tmp_path / "d.pdf", Settings("slide"))
    done = subprocess.run(
        ["pdftotext", str(tmp_path / "d.pdf"), "-"], capture_output=True, text=True, check=True
    )
    for block in structure.blocks[1:]:
        assert short_name(block.name) in done.stdout.split(), block.name
