"""Names of classes from the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.networks.class_names import labels_of, read_class_names
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.contents import FileContents, Plain


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "tench\n great white \nKätzchen\n\n"),
        ("a.txt", "\ufefftench\r\ngreat white\r\nKätzchen"),
        ("a.json", '["tench", "great white", "Kätzchen"]'),
        ("a.JSON", '{"2": "Kätzchen", "0": "tench", "1": "great white"}'),
        ("a.json", '{"0": ["n1", "tench"], "1": ["n2", "great white"], "2": ["n3", "Kätzchen"]}'),
        ("a.json", '{"Kätzchen": 2, "tench": 0, "great white": 1}'),
        ("config.json", '{"id2label": {"0": "tench", "1": "great white", "2": "Kätzchen"}}'),
        ("config.json", '{"x": [], "label2id": {"tench": 0, "great white": 1, "Kätzchen": 2}}'),
        ("a.json", '{"categories": [{"id": 1, "name": "tench"}, ["great white"], "Kätzchen"]}'),
        ("a.txt", "/t/tench 0\n/k/Kätzchen 2\n/g/great_white 1\n"),
        ("a.txt", "{0: 'tench',\n 1: 'great white',\n 2: \"Kätzchen\"}"),
        ("a.csv", "0,tench\n1,great white\n2,Kätzchen\n"),
        ("synset_words.txt", "n01440764 tench\nn01484850 great white\nn99999999 Kätzchen\n"),
    ],
)
def test_names_are_read(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert read_class_names(path) == ("tench", "great white", "Kätzchen")


def test_a_published_list_means_its_names(tmp_path: Path) -> None:
    path = tmp_path / "categories_places365.txt"
    path.write_text("/a/airfield 0\n/a/apartment_building/outdoor 2\n/t/tree_farm 1\n")
    assert read_class_names(path) == ("airfield", "tree farm", "apartment building/outdoor")


def test_numbers_that_are_part_of_a_name_stay(tmp_path: Path) -> None:
    path = tmp_path / "aircraft.txt"
    path.write_text("Boeing 707\nBoeing 727\n")
    assert read_class_names(path) == ("Boeing 707", "Boeing 727")


def beside(**evidence: Plain) -> FileContents:
    return FileContents(Path("a.pth"), "a PyTorch checkpoint", {}, evidence)


@pytest.mark.parametrize(
    "contents",
    [
        beside(class_to_idx={"rose": 0, "daisy": 2, "tulip": 1}),
        beside(config={"data": {"classes": ("rose", "tulip", "daisy")}}),
        beside(classes=3, id2label={"0": "rose", "1": "tulip", "2": "daisy"}),
        beside(labels=("a", "b"), meta={"CLASSES": ("rose", "tulip", "daisy")}),
        beside(id2label='{"0": "rose", "1": "tulip", "2": "daisy"}'),
    ],
)
def test_names_beside_the_weights_are_found(contents: FileContents) -> None:
    assert labels_of(contents, 3) == ("rose", "tulip", "daisy")
    assert labels_of(contents, 10) == ()


@pytest.mark.parametrize(
    "contents",
    [
        beside(),
        beside(classes=3),
        beside(labels=(0, 1, 2)),
        beside(labels="rose"),
        beside(class_to_idx={"rose": 1, "tulip": 2, "daisy": 3}),
        beside(id2label={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}),
        beside(names="[" * 100_000),
    ],
)
def test_what_are_no_names_is_not_taken_for_them(contents: FileContents) -> None:
    assert labels_of(contents, 3) == ()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"\xff\xfe\x00", "is no text in UTF-8"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b"tench\n\nshark\n", "has no name for class 1"),
        ("a.json", b"tench", "is no JSON"),
        ("a.json", b"[" * 100_000, "is no JSON"),
        ("a.json", b"3", "holds neither a list nor numbers with names"),
        ("a.json", b'{"a": "tench"}', "has a key that is no number"),
        ("a.json", b'{"0": "tench", "2": "shark"}', "does not number its names 0, 1, 2 and so on"),
        ("a.json", b'["tench", 3]', "has no name for class 1"),
        ("a.txt", b"a\n" * 3_000_000, "is too large"),
    ],
)
def test_other_files_are_refused_by_name(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_class_names(path)
    assert str(caught.value).startswith(f"{name} {words}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"missing\.txt cannot be read"):
        read_class_names(tmp_path / "missing.txt")
