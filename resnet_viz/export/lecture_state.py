"""From a step's abbreviated state to a session, and back from what is on screen to a step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from resnet_viz.export.lecture import PAGES
from resnet_viz.export.session import (
    FORMAT,
    VERSION,
    Json,
    Session,
    files_from_folder,
    files_from_here,
    from_json,
)
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.weights import class_labels, find_class
from resnet_viz.results.result import Snapshot


def needs_structure(state: Mapping[str, Json]) -> bool:
    """True if it cannot be told which gates are meant before the network's blocks are known."""
    return any(value != 1.0 for kind in _GATES for value in state.get(kind, {}).values())


def session_of(
    state: Mapping[str, Json], now: Snapshot, folder: Path | None, structure: Structure | None
) -> tuple[Session, list[str]]:
    """The session that a lecture's ``state`` is, and a sentence for each part that cannot be had.

    ``structure`` is the network's; without one, gates stay open. Photos are looked for in
    ``folder``.
    """
    said: list[str] = []
    spec = catalog.find(str(state["network"]))
    choices = {page: state[page] for page in PAGES if page in state}
    data: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "network": spec.name,
        "weights": {"kind": state.get("weights", "default")},
        **_photo(str(state["photo"]), folder, now),
        "crop": state.get("crop"),
        "target": _target(state.get("target", "auto"), spec, said),
        "gates": {},
        "page": state.get("page", ""),
        "choices": files_from_folder(choices, folder),
    }
    if structure is not None:
        data["gates"] = {kind: _gates(state.get(kind, {}), structure, said) for kind in _GATES}
        block = state.get("block", "")
        names = [one.name for one in structure.blocks]
        if block and block not in names:
            said.append(f"block: {structure.title} has no block {block!r}; there are {_few(names)}")
        else:
            data["block"] = block
    session, more = from_json(data, now)
    return session, [*said, *more]


_GATES = ("skips", "branches")


def _photo(name: str, folder: Path | None, now: Snapshot) -> dict[str, Json]:
    """Nothing where it is the photo that is there already: it is not to be read again."""
    for sample in gallery.SAMPLES:
        if sample.name == name:
            there = now.photo.path is None and now.photo.name == sample.title
            return {} if there else {"photo": {"sample": name, "name": sample.title}}
    path = str((folder or Path()) / name)
    return {} if now.photo.path == path else {"photo": {"path": path, "name": Path(name).name}}


def _target(value: Json, spec: catalog.NetworkSpec, said: list[str]) -> int | None:
    if value == "auto":
        return None
    try:
        return find_class(class_labels(spec), str(value))
    except ValueError as error:
        said.append(f"target: {error}")
        return None


def _gates(given: Mapping[str, float], structure: Structure, said: list[str]) -> dict[str, float]:
    """A gate for each block with a skip that is meant."""
    made: dict[str, float] = {}
    stages = {f"stage {stage.number}": stage.skips for stage in structure.stages}
    for name, gate in given.items():
        blocks = structure.skips if name == "all" else stages.get(name, (name,))
        unknown = [block for block in blocks if block not in structure.skips]
        if unknown or (not blocks and gate != 1.0):
            why = structure.why_no_skips or f"there are {_few(structure.skips)}"
            said.append(f"{structure.title} has no skip {name!r}: {why}")
            continue
        made.update(dict.fromkeys(blocks, gate))
    return made


def _few(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:3]) + (f" to {names[-1]}" if len(names) > 3 else "")


def recorded(
    session: Session, structure: Structure | None, labels: tuple[str, ...], folder: Path | None
) -> dict[str, Json]:
    """Front matter of a step that sets what ``session`` is, as short as it can be said."""
    now = session.snapshot
    front: dict[str, Json] = {"network": now.network}
    if now.weights.kind == "untrained":
        front["weights"] = "untrained"
    front["photo"] = _photo_name(session, folder)
    if now.crop is not None:
        front["crop"] = {key: round(value, 1) for key, value in asdict(now.crop).items()}
    for kind, gates in (("skips", now.gates.skips), ("branches", now.gates.branches)):
        front[kind] = _abbreviated(gates, structure)
    if front["branches"] == "on":
        del front["branches"]
    front["target"] = "auto"
    if now.target is not None:
        front["target"] = labels[now.target] if now.target < len(labels) else now.target
    if session.block:
        front["block"] = session.block
    front["page"] = session.page or PAGES[0]
    if session.page in session.choices and session.page != "explorer":
        choices = files_from_here(session.choices[session.page], folder)
        front[session.page] = _without_pictures(choices)
    return front


def _without_pictures(value: Json) -> Json:
    """Choices without the pictures among them, which a file to be read by people cannot hold."""
    if isinstance(value, dict):
        return {name: _without_pictures(one) for name, one in value.items() if not _picture(one)}
    if isinstance(value, list):
        return [_without_pictures(one) for one in value if not _picture(one)]
    return value


def _picture(value: Json) -> bool:
    return isinstance(value, dict) and "png" in value


def _photo_name(session: Session, folder: Path | None) -> str:
    photo = session.snapshot.photo
    for sample in gallery.SAMPLES:
        if sample.title == photo.name and photo.path is None:
            return sample.name
    if photo.path is None:
        return gallery.DEFAULT_SAMPLE
    path = Path(photo.path).resolve()
    try:
        return Path(os.path.relpath(path, folder.resolve() if folder else None)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _abbreviated(gates: Mapping[str, float], structure: Structure | None) -> Json:
    """ "on", "off", or the gates that are not on: whole stages, then single blocks."""
    if not gates:
        return "on"
    if structure is None:
        return dict(gates)
    values = {gates.get(name, 1.0) for name in structure.skips}
    if len(values) == 1:
        return _word(values.pop())
    made: dict[str, Json] = {}
    left = dict(gates)
    for stage in structure.stages:
        of_stage = {gates.get(name, 1.0) for name in stage.skips}
        if len(of_stage) == 1 and (value := of_stage.pop()) != 1.0:
            made[f"stage {stage.number}"] = _word(value)
            for name in stage.skips:
                left.pop(name, None)
    return made | {name: _word(value) for name, value in left.items()}


def _word(gate: float) -> Json:
    return "off" if gate == 0.0 else "on" if gate == 1.0 else round(gate, 3)
