"""A result as files: overlays as PNG, raw maps and statistics as NPZ."""

from __future__ import annotations

import glob
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image

from resnet_viz.export.figure import colour_map
from resnet_viz.export.replacing import clear
from resnet_viz.figures import attribution
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.attribution import AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Result

OVERLAY_SIZE = 448
OPACITY = 0.6


def write_result(
    result: Result, folder: Path, name: str, maps: AttributionResult | None = None
) -> Path:
    """Write ``result``, and ``maps`` of attribution if there are any, to a new folder in
    ``folder``, called ``name`` or ``name``-2 and so on.

    ``input.png`` is what the network sees; ``gradcam-BLOCK.png`` Grad-CAM over the photo, each
    map by its own maximum; ``blocks.npz`` holds, for blocks in order, ``blocks`` (names),
    ``gradient_norm``, ``gradient_norm_all_on``, ``activation_norm`` and ``skip_share`` (NaN where
    there is no skip); for each block ``gradcam/BLOCK`` (h, w) in logits and ``activation_mean/``,
    ``activation_std/`` and ``activation_max/BLOCK`` (C,); and ``logits``, ``probabilities`` (K,)
    and ``target``. The folder appears only once all of it is there.

    Raises:
        OSError: a file cannot be written.
    """
    with new_folder(folder, name) as making:
        _write_files(result, making.place)
        if maps is not None:
            write_attribution(maps, making.place)
    return making.place


def _write_files(result: Result, place: Path) -> None:
    Image.fromarray(result.network_input).save(place / "input.png")
    picture = network_picture(result.snapshot.photo, result.crop, OVERLAY_SIZE)
    inferno = np.rint(255 * colormaps["inferno"](np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
    arrays: dict[str, np.ndarray] = {
        "blocks": np.array([block.name for block in result.now.blocks]),
        "gradient_norm": np.array([block.gradient_norm for block in result.now.blocks]),
        "gradient_norm_all_on": np.array([block.gradient_norm for block in result.all_on.blocks]),
        "activation_norm": np.array([block.activation_norm for block in result.now.blocks]),
        "skip_share": np.array([block.skip_share for block in result.now.blocks], np.float64),
        "logits": result.now.logits,
        "probabilities": result.now.probabilities,
        "target": np.array(result.now.target),
    }
    for block in result.now.blocks:
        _, high = overlay.finite_range(block.cam)
        image = overlay.glow(picture, block.cam, high, inferno, OPACITY)
        Image.fromarray(image).save(place / f"gradcam-{block.name}.png")
        channels = block.activation.reshape(len(block.activation), -1)
        arrays[f"gradcam/{block.name}"] = block.cam
        arrays[f"activation_mean/{block.name}"] = channels.mean(axis=1)
        arrays[f"activation_std/{block.name}"] = channels.std(axis=1)
        arrays[f"activation_max/{block.name}"] = channels.max(axis=1)
    np.savez_compressed(place / "blocks.npz", **arrays)  # type: ignore[arg-type]


def write_attribution(result: AttributionResult, folder: Path) -> None:
    """Write every map into ``folder``: ``METHOD-on.png`` and ``METHOD-off.png`` over the photo, on
    one scale a method, and ``attribution.npz`` with the raw values by the same names."""
    picture = attribution.photo(result, OVERLAY_SIZE)
    arrays: dict[str, np.ndarray] = {}
    for one in result.maps:
        if one.refusal:
            continue
        name, signed = f"{one.method}-{'off' if one.off else 'on'}", METHODS[one.method].signed
        colours = colour_map(attribution.SIGNED if signed else "inferno")
        table = np.rint(255 * colours(np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
        ends = attribution.ends(result, one.method)
        pixels = overlay.laid(picture, one.values, ends, table, OPACITY)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        arrays[name] = one.values
    np.savez_compressed(folder / "attribution.npz", **arrays)  # type: ignore[arg-type]


@dataclass
class Making:
    """A folder that is being filled; ``place`` is its name, which changes once it is whole."""

    place: Path


@contextmanager
def new_folder(folder: Path, name: str) -> Iterator[Making]:
    """A new folder in ``folder`` to fill, in the end called ``name`` or ``name``-2 and so on.

    Until then its name is hidden; it is gone again if something goes wrong meanwhile.

    Raises:
        OSError: it cannot be made.
    """
    clear(folder, f".{glob.escape(name[:100])}.{'[0-9a-f]' * 32}.partial")
    making = Making(folder / f".{name[:100]}.{uuid.uuid4().hex}.partial")
    making.place.mkdir(parents=True)
    try:
        yield making
        number = 1
        while True:
            place = folder / (name if number == 1 else f"{name}-{number}")
            if not place.exists():
                try:
                    making.place = making.place.rename(place)
                    return
                except OSError:  # another program was quicker
                    if not place.exists():
                        raise
            number += 1
    except BaseException:
        shutil.rmtree(making.place, ignore_errors=True)
        raise
