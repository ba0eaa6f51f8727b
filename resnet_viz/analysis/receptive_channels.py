"""What excites a channel: the patch of each photo where it is greatest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.receptive import Both, box_of, reaches
from resnet_viz.analysis.session import Subject, as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import gallery
from resnet_viz.images.overlay import enlarge
from resnet_viz.images.photo import (
    Crop,
    Photo,
    PhotoError,
    clamp_crop,
    default_crop,
    load_photo,
    network_picture,
)
from resnet_viz.images.planes import grey
from resnet_viz.networks.parts import parts_of
from resnet_viz.results.measured import Measured
from resnet_viz.results.receptive_channels import (
    MOST_PATCHES,
    MOST_PHOTOS,
    Patch,
    PatchesRequest,
    PatchesResult,
)
from resnet_viz.results.task import Progress, TaskError

_SIDE = 512  # pixels of a photo of which a patch is cut


def run(request: PatchesRequest, context: TaskContext) -> Iterator[object]:
    """Progress, and `PatchesResult`, which grows; of `PatchesRequest`. A file that cannot be opened
    is counted and left out.

    Raises:
        TaskError: there is no such block or channel.
        As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    snapshot = request.snapshot
    subject = context.session.subject(snapshot, context.cancelled)
    parts = {part.name: part.output for part in parts_of(subject.network)}
    if request.block not in parts:
        raise TaskError(f"there is no block {request.block!r}; there are {', '.join(parts)}")
    subject.gates.set(snapshot.gates)
    seen = reaches(subject.network, subject.image).get(request.block)
    if seen is None:
        raise TaskError(f"What {request.block} of {subject.spec.title} sees is not known")
    module = parts[request.block]
    result = PatchesResult(
        request, Measured(snapshot, subject.spec.title, subject.weights), subject.spec.input_size
    )
    asked = snapshot.crop or default_crop(snapshot.photo, subject.spec.crop_fraction)
    crop = clamp_crop(asked, snapshot.photo)
    own = _patch(subject, module, seen, request.channel, snapshot.photo, crop)
    own = replace(own, own=True)
    result = replace(result, looked=1, own=own, patches=(own,))
    yield result
    paths = [path for path in request.paths if path != snapshot.photo.path][:MOST_PHOTOS]
    samples = [] if request.paths else gallery.others(snapshot.photo)
    total = len(paths) + len(samples)
    todo: tuple[str | Photo, ...] = (*paths, *samples)
    for number, item in enumerate(todo):
        context.stop_if_cancelled()
        text = f"What excites channel {request.channel}, {number + 1} of {total} photos"
        yield Progress(text, number, total)
        try:
            photo = load_photo(item) if isinstance(item, str) else item
        except PhotoError:
            result = replace(result, broken=result.broken + 1)
            continue
        centre = default_crop(photo, subject.spec.crop_fraction)
        patch = _patch(subject, module, seen, request.channel, photo, centre)
        best = sorted((*result.patches, patch), key=lambda one: -one.value)[:MOST_PATCHES]
        result = replace(result, looked=result.looked + 1, patches=tuple(best))
        yield result
    yield result


def _patch(
    subject: Subject, module: nn.Module, seen: Both, channel: int, photo: Photo, crop: Crop
) -> Patch:
    """
    Raises:
        TaskError: there is no such channel.
    """
    spec = subject.spec
    picture = network_picture(photo, crop, spec.input_size)
    if spec.channels == 1:
        picture = grey(picture)
    out = _output(subject, module, as_input(picture, spec).to(subject.image.device))
    if not 0 <= channel < len(out):
        raise TaskError(f"there is no channel {channel}; the block has 0 to {len(out) - 1}")
    values = out[channel]
    finite = np.where(np.isfinite(values), values, -np.inf)
    row, column = (int(n) for n in np.unravel_index(int(finite.argmax()), values.shape))
    whole, size = box_of(seen, (row, column)), spec.input_size
    left, top, right, bottom = (min(size, max(0, side)) for side in whole)
    large = network_picture(photo, crop, _SIDE)
    map_ = enlarge(values, _SIDE, _SIDE)
    rows = slice(top * _SIDE // size, max(top * _SIDE // size + 1, bottom * _SIDE // size))
    columns = slice(left * _SIDE // size, max(left * _SIDE // size + 1, right * _SIDE // size))
    return Patch(
        photo.name,
        float(values[row, column]),
        (left, top, right, bottom),
        whole,
        large[rows, columns].copy(),
        map_[rows, columns].astype(np.float32),
        path=photo.path or "",
    )


@torch.no_grad()
def _output(subject: Subject, module: nn.Module, image: Tensor) -> np.ndarray:
    """The block's output, (C, h, w); what follows it is not computed."""
    found: list[Tensor] = []

    def take(_: nn.Module, __: object, out: Tensor) -> None:
        found.append(out)
        raise _Enough

    handle = module.register_forward_hook(take)
    try:
        with suppress(_Enough):
            subject.network(image)
    finally:
        handle.remove()
    values: np.ndarray = found[0][0].float().cpu().numpy()
    return values


class _Enough(Exception):
    """The block's output is there."""
