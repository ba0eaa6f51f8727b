"""Pictures and numbers as files: opened again, in another program where there is one."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from PIL import Image

from resnet_viz import assets
from resnet_viz.export.diagram import Diagram
from resnet_viz.export.figure import PRESETS, draw
from resnet_viz.export.formats import FORMATS, ExportError, Settings, about, whole, write
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.looks import LIGHT
from resnet_viz.figures.table import table_of
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from tests import fakes

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def result() -> Result:
    return fakes.result(gates=GateSettings.of({"layer2.1": 0.0, "layer3.0": 0.5}))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_every_format_writes_what_it_is_for_and_nothing_else(
    form: object, result: Result, tmp_path: Path
) -> None:
    figure = gradient_flow(result)
    path = tmp_path / f"out{form.suffix}"  # type: ignore[attr-defined]
    pictures, numbers = figure, table_of(figure)
    right, wrong = (pictures, numbers)
    if form.of == "numbers":  # type: ignore[attr-defined]
        right, wrong = numbers, pictures  # type: ignore[assignment]
    with pytest.raises(ExportError):
        write(wrong, path)
    assert list(tmp_path.iterdir()) == []
    write(right, path)
    assert path.stat().st_size > 100
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("preset", "size"), [("slide", (40 / 3, 7.5)), ("paper", (3.5, None)), ("screen", None)]
)
def test_presets_are_as_large_as_they_say(
    preset: str, size: tuple[float, float | None] | None, result: Result, tmp_path: Path
) -> None:
    for number, shown in enumerate((gradient_flow(result), Diagram(result.structure))):
        path = tmp_path / f"{number}.png"
        write(shown, path, Settings(preset, scale=1))
        with Image.open(path) as picture:
            if size is not None:
                assert picture.width == pytest.approx(100 * size[0], abs=2)
                if size[1] is not None:
                    assert picture.height == pytest.approx(100 * size[1], abs=2)


def test_scale_makes_more_pixels(result: Result, tmp_path: Path) -> None:
    sides = []
    for scale in (1.0, 3.0):
        write(gradient_flow(result), tmp_path / "a.png", Settings(scale=scale))
        with Image.open(tmp_path / "a.png") as picture:
            sides.append(picture.width)
    assert sides[1] == pytest.approx(3 * sides[0], abs=3)


def test_the_metadata_say_what_was_measured_and_with_what(result: Result, tmp_path: Path) -> None:
    figure, said = gradient_flow(result), about(result)
    settings = Settings(about=said)
    assert "skip of layer2.1 × 0" in said["Skips"]
    write(figure, tmp_path / "a.png", settings)
    with Image.open(tmp_path / "a.png") as picture:
        kept = picture.info
    assert kept["Description"] == figure.caption
    assert {key: kept[key] for key in said} == said
    write(figure, tmp_path / "a.svg", settings)
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(f"{key}: " in drawn for key in said)
    write(table_of(figure), tmp_path / "a.json", settings)
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["about"] == said
    assert said["torchvision"] == version("torchvision")
    weights = assets.path("weights", f"{result.snapshot.spec.embedded}.safetensors")
    assert said["Weights SHA-256"] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_what_a_csv_is_about_lies_beside_it(result: Result, tmp_path: Path) -> None:
    """The table itself stays one that spreadsheets open: no comment stands in its cells."""
    table, said = table_of(gradient_flow(result)), about(result)
    write(table, tmp_path / "a.csv", Settings(about=said))
    beside = json.loads((tmp_path / "a.csv-metadata.json").read_text(encoding="utf-8"))
    assert (beside["url"], beside["notes"]) == ("a.csv", said)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        titles = next(csv.reader(file))
    assert titles == list(table.columns)
    assert [one["titles"] for one in beside["tableSchema"]["columns"]] == titles


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="pdfinfo (poppler) is not installed")
def test_pdf_is_read_by_another_program(result: Result, tmp_path: Path) -> None:
    figure, path = gradient_flow(result), tmp_path / "a.pdf"
    write(figure, path, Settings(about=about(result)))

    def ask(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert result.structure.title in ask("pdfinfo", str(path))
    fonts = ask("pdffonts", str(path)).splitlines()[2:]
    assert fonts
    assert all(" yes " in font for font in fonts)  # embedded
    words = ask("pdftotext", str(path), "-")
    assert figure.title in words
    assert {result.now.blocks[0].name, result.now.blocks[-1].name} <= set(words.split())


def test_numbers_are_those_of_the_screen(result: Result, tmp_path: Path) -> None:
    write(table_of(gradient_flow(result)), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert [row[0] for row in rows] == [block.name for block in result.now.blocks]
    assert [float(row[1]) for row in rows] == [b.gradient_norm for b in result.now.blocks]


def test_what_cannot_be_written_is_said_and_the_old_file_stays(
    result: Result, tmp_path: Path
) -> None:
    figure = gradient_flow(result)
    with pytest.raises(ExportError, match="nowhere"):
        write(figure, tmp_path / "nowhere" / "a.png")
    with pytest.raises(ExportError, match=r"\.bmp ends in no format.*\.png"):
        write(figure, tmp_path / "a.bmp")
    old = tmp_path / "old.png"
    old.write_text("old", encoding="utf-8")
    with pytest.raises(ExportError, match="There is no look"):
        write(figure, old, Settings(look="none"))

    def fail_half_way() -> None:
        with whole(old) as partial:
            partial.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert old.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["old.png"]


def test_svg_is_vectors_with_text(result: Result, tmp_path: Path) -> None:
    write(gradient_flow(result), tmp_path / "a.svg", Settings("paper"))
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert list(root.iter(f"{SVG}image")) == []
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"stem", "layer2.2", "layer3.2"} <= set(words)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_names_that_no_file_can_hold_are_written_without_what_is_no_letter(
    form: object, result: Result, tmp_path: Path
) -> None:
    name = "a\x0bb\udcff <script>.png"
    named = replace(
        result, snapshot=replace(result.snapshot, photo=replace(fakes.photo(), name=name))
    )
    figure = replace(gradient_flow(named), title=f"Flow of {name}", caption=name)
    shown = table_of(figure) if form.of == "numbers" else figure  # type: ignore[attr-defined]
    path = tmp_path / f"out{form.suffix}"  # type: ignore[attr-defined]
    write(shown, path, Settings(about=about(named)))
    if path.suffix == ".svg":
        text = "".join(ET.fromstring(path.read_text(encoding="utf-8")).itertext())
        assert "Flow of a�b� <script>.png" in " ".join(text.split())


def test_legend_and_caption_do_not_overlap_in_any_preset(result: Result) -> None:
    for preset in PRESETS.values():
        sheet = draw(gradient_flow(result), LIGHT, preset)
        legends = [axes.get_legend() for axes in sheet.axes if axes.get_legend() is not None]
        (caption,) = [text for text in sheet.texts if text.get_text()][-1:]
        for legend in legends:
            box = legend.get_window_extent()
            assert not box.overlaps(caption.get_window_extent()), preset.title
