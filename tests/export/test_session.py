"""Sessions as JSON: the same again after a round trip, and as far as it goes otherwise."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz.export.session import (
    VERSION,
    Session,
    SessionError,
    file_of,
    from_json,
    kept_file,
    missing,
    read_session,
    to_json,
    with_missing,
)
from resnet_viz.images import gallery
from resnet_viz.images.photo import Crop, Photo, load_photo
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.own import open_own
from resnet_viz.networks.preprocessing import Preprocessing
from resnet_viz.results.result import DeviceChoice, Snapshot
from tests import fakes

NOW = Snapshot("resnet56", fakes.photo())


def again(session: Session) -> tuple[Session, list[str]]:
    """Through text and back."""
    return from_json(json.loads(json.dumps(to_json(session))), NOW)


def same(one: Session, other: Session) -> bool:
    """Photos are compared by what is on them."""
    photos = one.snapshot.photo, other.snapshot.photo
    return (
        replace(one, snapshot=replace(one.snapshot, photo=NOW.photo))
        == replace(other, snapshot=replace(other.snapshot, photo=NOW.photo))
        and photos[0].name == photos[1].name
        and np.array_equal(photos[0].pixels, photos[1].pixels)
    )


def test_a_network_from_a_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    state = catalog.find("resnet20-projection").build().state_dict()
    state["head.weight"], state["head.bias"] = state.pop("fc.weight"), state.pop("fc.bias")
    torch.save({"model": state}, path)
    own = open_own(path, choices=(("activation", "SiLU"),))
    assert own.network == "file:mine.pth"
    session = Session(replace(NOW, network=own.network, weights=own.weights))
    found, said = again(session)
    assert not said
    assert same(found, session)
    assert found.snapshot.spec.architecture == own.spec.architecture
    path.unlink()
    found, said = again(session)
    assert (found.snapshot.network, found.snapshot.weights) == (NOW.network, NOW.weights)
    assert "there is no file" in said[0]


def anything(dice: random.Random, photos: list[Photo]) -> Session:
    """A session of random choices."""
    network = dice.choice(list(catalog.CATALOG))
    classes = dice.choice([None, dice.randint(2, 30)])
    weights = WeightsChoice(
        dice.choice(("default", "untrained", "file")),  # type: ignore[arg-type]
        dice.choice(("", "/some where/ö.pt")),
        classes,
        tuple(f"class {number}" for number in range(classes or 0)) if dice.random() < 0.5 else (),
        dice.choice((None, Preprocessing(48, (0.1, 0.2, 0.3), (1.0, 0.5, 0.25)))),
    )
    names = [f"layer{dice.randint(1, 4)}.{dice.randint(0, 8)}" for _ in range(dice.randint(0, 9))]
    gates = GateSettings.of(
        {name: dice.random() for name in names}, {name: dice.random() for name in names[:2]}
    )
    photo = dice.choice(photos)
    crop = dice.choice((None, Crop(dice.random(), dice.random(), 8 + dice.random())))
    snapshot = Snapshot(network, photo, crop, weights, gates, None, "auto")
    target = dice.choice((None, dice.randrange(snapshot.spec.classes)))
    device = dice.choice(get_args(DeviceChoice))
    return Session(
        replace(snapshot, target=target, device=device),
        dice.choice(("", *names)),
        dice.choice(("", "explorer", "story")),
        {"explorer": {"level": "blocks"}, "instruments": {"chosen": [1, 2.5, None, "é"]}},
    )


def test_random_sessions_come_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    Image.fromarray(fakes.photo(40, 30).pixels).save(path)
    pasted = replace(fakes.photo(30, 20), name="Pasted photo")
    photos = [load_photo(path), pasted, gallery.load_sample("coffee")]
    dice = random.Random(0)
    for _ in range(200):
        session = anything(dice, photos)
        back, said = again(session)
        assert said == []
        assert same(back, session), session


def test_a_photo_is_named_by_its_path_or_its_sample_and_else_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    Image.fromarray(fakes.photo(40, 30).pixels).save(path)
    kinds = {"path": load_photo(path), "sample": gallery.load_sample("rocket"), "png": NOW.photo}
    for kind, photo in kinds.items():
        kept = to_json(Session(replace(NOW, photo=photo)))["photo"]
        assert set(kept) & set(kinds) == {kind}


def test_a_photo_without_a_file_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []
    real = Image.Image.save

    def save(image: Image.Image, *given: Any, **words: Any) -> None:
        encoded.append(image)
        real(image, *given, **words)

    monkeypatch.setattr(Image.Image, "save", save)
    now = Session(Snapshot("resnet20", fakes.photo()))
    first, second = to_json(now), to_json(replace(now, block="layer1.0"))
    assert first["photo"] == second["photo"]
    assert len(encoded) == 1
    to_json(Session(Snapshot("resnet20", fakes.photo())))
    assert len(encoded) == 2  # another photo, if one that looks alike


def test_a_photo_that_is_gone_is_said_and_the_rest_opened(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    Image.fromarray(fakes.photo(40, 30).pixels).save(path)
    data = to_json(Session(Snapshot("resnet20", load_photo(path), target=3), "layer1.0"))
    path.unlink()
    session, said = from_json(data, NOW)
    assert "mine.png" in said[0]
    assert len(said) == 1
    assert session.snapshot.photo is NOW.photo
    assert (session.snapshot.network, session.snapshot.target) == ("resnet20", 3)
    assert session.block == "layer1.0"


def test_a_newer_version_opens_as_far_as_it_goes_and_is_kept() -> None:
    data = to_json(Session(Snapshot("resnet20", NOW.photo)))
    data |= {"version": VERSION + 3, "lens": {"zoom": 2}}
    data["weights"]["shard"] = 4
    session, said = from_json(data, NOW)
    assert session.snapshot.network == "resnet20"
    assert "newer version" in said[0]
    kept = to_json(session)
    assert kept["lens"] == {"zoom": 2}
    assert kept["weights"]["shard"] == 4
    assert kept["version"] == VERSION + 3


FIRST = Path(__file__).parent / "files" / "first-version-of-instruments.resnet.json"
"""What the first version of sessions wrote of instruments."""


def test_a_session_of_the_first_version_becomes_one_of_the_second() -> None:
    session, said = read_session(FIRST, NOW)
    assert not said
    kept = session.choices["instruments"]["instruments"]
    assert kept["lesions"]["path"] == {"file": "/lectures/data/images.zip"}
    assert kept["lesions"]["quantity"] == "top1"
    assert kept["loss surface"]["path"] is None
    assert kept["channels"] == {"thickness": 20, "contrast": True}
    assert to_json(session)["version"] == 2
    assert again(session)[0].choices == session.choices
    odd = {**to_json(Session(NOW)), "version": 1}
    for value in ({"instruments": 3}, {"instruments": {"instruments": {"lesions": [], "x": 1}}}):
        from_json({**odd, "choices": value}, NOW)  # what is there is left to its page to judge


def test_files_among_choices_are_named_from_the_sessions_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "images.zip"
    choices = {"training": {"data": {"path": kept_file(str(path))}, "many": [kept_file(str(path))]}}
    session = Session(NOW, choices=choices)
    data = json.loads(json.dumps(to_json(session, tmp_path / "lectures")))
    assert data["choices"]["training"]["data"]["path"] == {"file": "../data/images.zip"}
    moved, _ = from_json(data, NOW, tmp_path / "elsewhere" / "lectures")
    there = str(tmp_path / "elsewhere" / "data" / "images.zip")
    assert moved.choices["training"] == {
        "data": {"path": {"file": there}},
        "many": [{"file": there}],
    }
    assert file_of(moved.choices["training"]["many"][0]) == there
    for odd in (None, "x", {"file": 3}, {"path": "x"}):
        assert file_of(odd) == ""


def test_choices_that_nobody_knows_are_found_and_put_back() -> None:
    read = {"story": {"chapter": 2, "lens": 1}, "orbit": {"speed": 3}, "compare": {"left": 1}}
    known = {"story": {"chapter": 1}, "compare": {"left": {"skips": "on"}}}
    more = missing(read, known)
    assert more == {"story": {"lens": 1}, "orbit": {"speed": 3}}
    assert with_missing({"story": {"chapter": 3}}, more) == {
        "story": {"chapter": 3, "lens": 1},
        "orbit": {"speed": 3},
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network", "resnet57"),
        ("network", 7),
        ("photo", {"png": "no picture"}),
        ("photo", {}),
        ("photo", None),
        ("photo", {"sample": "unicorn"}),
        ("crop", {"x": 1, "y": 2}),
        ("crop", {"x": float("nan"), "y": 2, "size": 9}),
        ("weights", {"kind": "stolen"}),
        ("weights", {"preprocessing": {"size": 10**9, "mean": [0, 0, 0], "std": [1, 1, 1]}}),
        ("weights", "default"),
        ("gates", {"skips": {"layer1.0": 2.0}}),
        ("gates", {"skips": ["layer1.0"]}),
        ("target", 10),
        ("target", -1),
        ("target", True),
        ("device", "abacus"),
        ("block", 3),
        ("page", ["story"]),
        ("choices", [1]),
        ("choices", {"laboratory": 5}),
    ],
)
def test_a_part_that_cannot_be_read_is_named_and_left_as_it_was(key: str, value: object) -> None:
    data = {**to_json(Session(NOW)), key: value}
    session, said = from_json(data, NOW)
    assert len(said) == 1
    assert key in said[0] or "photo" in key
    assert same(session, Session(NOW))


@pytest.mark.parametrize("data", [None, [], {}, {"format": "other"}, "x"])
def test_what_is_no_session_is_refused(data: object) -> None:
    with pytest.raises(SessionError, match="not a session"):
        from_json(data, NOW)
    with pytest.raises(SessionError, match="version"):
        from_json({"format": "resnet-viz session", "version": "new"}, NOW)
