"""What ships beside the trained weights and is computed from them, on CIFAR-10's test images.

Each network has a file for each of `MEASURES`, which names the hash of the weights that it was made
from and how it was measured. To add a measure, add a row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_viz import assets
from resnet_viz.analysis import lesions, paths, readout, trust
from resnet_viz.analysis.collapse import measure_collapse
from resnet_viz.analysis.loss_surface import Slice, finite
from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.training_run import normalise, sample, to_tensor
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.cards import derived_path
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.norms import l2_norm
from resnet_viz.networks.skips import SkipGates
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.attribution_methods import FIRST
from resnet_viz.results.loss_surface import axis_of, from_the_middle
from resnet_viz.results.readout import packed
from resnet_viz.results.task import Progress

DATA = "CIFAR-10's test set, saved as JPEG, images evenly spread over it"
SEED = 0
TRUSTED = (*FIRST, "guided_backprop")
"""The methods whose maps are measured for `trust`."""

_AT_ONCE = 250


@dataclass(frozen=True)
class Sizes:
    """How much is measured: sides of grids, numbers of images and of paths."""

    surface_side: int = 21
    surface_reach: float = 1.0
    surface_images: int = 200
    lesions_images: int = 1000
    paths_images: int = 20
    paths_samples: int = 16
    trust_images: int = 12
    readout_images: int = 4000
    collapse_images: int = 10_000
    gradient_images: int = 500


@dataclass(frozen=True)
class Measure:
    """One kind of derived file. ``run`` yields progress and returns the file's values.

    ``sizes`` are the fields of `Sizes` that it depends on; ``with_skips`` is True for what only a
    network with skips has.
    """

    run: Callable[[Subject, LabelledImages, Sizes], Generator[Progress, None, dict[str, Any]]]
    sizes: tuple[str, ...]
    with_skips: bool = False

    def settings(self, sizes: Sizes) -> dict[str, Any]:
        """What of ``sizes`` the values depend on, as it stands in the file."""
        return {name: asdict(sizes)[name] for name in self.sizes}


def compute(
    data: LabelledImages,
    networks: tuple[NetworkSpec, ...] = (),
    sizes: Sizes | None = None,
    out: Path | None = None,
) -> Iterator[Progress]:
    """Write every derived file that is missing, or was made from other weights or otherwise.

    ``data`` is the test set; ``networks`` are by default all that have weights of their own. A file
    is written whole at its end, so that an interrupted run goes on at the file where it was.

    Raises:
        WeightsError: a network's weights cannot be read.
    """
    sizes = sizes or Sizes()
    specs = networks or tuple(spec for spec in catalog.CATALOG.values() if spec.embedded)
    for name, measure in MEASURES.items():
        for spec in specs:
            path = derived_path(spec, name, out)
            head = {
                "network": spec.name,
                "weights_sha256": hash_of(spec),
                "data": DATA,
                "seed": SEED,
                **measure.settings(sizes),
            }
            if (measure.with_skips and spec.combine == "none") or _is_current(path, head):
                continue
            values = yield from measure.run(_subject(spec), data, sizes)
            _write(path, {**head, **values})
            yield Progress(f"{path.name} is written", 1, 1)


def hash_of(spec: NetworkSpec) -> str:
    """The SHA-256 of the file of weights that comes with the program."""
    path = assets.path("weights", f"{spec.embedded}.safetensors")
    return sha256(path.read_bytes()).hexdigest()


def _is_current(path: Path, head: dict[str, Any]) -> bool:
    try:
        there = json.loads(path.read_bytes())
        return all(there.get(name) == value for name, value in head.items())
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def _write(path: Path, values: dict[str, Any]) -> None:
    """A line for each value, numbers to six digits; what is not finite is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"  {json.dumps(name)}: {json.dumps(_plain(v))}" for name, v in values.items()]
    partial = path.with_suffix(".partial")
    partial.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    partial.replace(path)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _subject(spec: NetworkSpec) -> Subject:
    """The network with its own weights; it has no picture."""
    network = spec.build()
    info = weights.load(network, spec, WeightsChoice())
    network.requires_grad_(False).eval().to(memory_format=torch.channels_last)
    side, channels = spec.input_size, spec.channels
    return Subject(
        spec,
        build_structure(spec),
        network,
        SkipGates(network),
        torch.zeros(1, channels, side, side),
        np.zeros((side, side, 3), np.uint8),
        weights.class_labels(spec),
        info,
    )


def _batch(data: LabelledImages) -> tuple[Tensor, Tensor]:
    images = normalise(to_tensor(data.images)).contiguous(memory_format=torch.channels_last)
    return images, torch.from_numpy(data.labels)


def _surface(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """The loss on a slice through the weights (Li 2018, arXiv:1712.09913, §4)."""
    images, labels = _batch(sample(data, sizes.surface_images))
    moved = Slice(subject.network, images, labels, SEED)
    parts = [(n, min(n + _AT_ONCE, len(labels))) for n in range(0, len(labels), _AT_ONCE)]
    hits = torch.cat([moved.logits(*part) for part in parts]).argmax(dim=1) == labels
    side, axis = sizes.surface_side, axis_of(sizes.surface_side, sizes.surface_reach)
    loss = np.full((side, side), np.nan)
    for number, (row, column) in enumerate(from_the_middle(side)):
        yield Progress(f"Loss surface of {subject.spec.title}", number, side * side)
        moved.move(float(axis[column]), float(axis[row]))
        total = sum(moved.summed_loss(*part) for part in parts)
        loss[row, column] = finite(total / len(labels))
    moved.restore()
    return {"accuracy": float(hits.double().mean()), "loss": loss.tolist()}


def _lesions(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """What is left without one block's branch (Veit 2016, arXiv:1605.06431, §4.1)."""
    images, labels = _batch(sample(data, sizes.lesions_images))
    blocks = tuple(residual_blocks(subject.network))

    @torch.inference_mode()
    def measured() -> dict[str, float]:
        rows = torch.cat([subject.network(part) for part in images.split(_AT_ONCE)])
        return asdict(lesions.scores(rows, labels))

    text = f"Lesions of {subject.spec.title}"
    yield Progress(text, 0, len(blocks) + 1)
    intact, after = measured(), []
    for number, name in enumerate(blocks, start=1):
        yield Progress(text, number, len(blocks) + 1)
        with lesions.lesioned(subject, name):
            after.append(measured())
    reshaping, stages = lesions.outline(subject.structure)
    return {
        "blocks": blocks,
        "reshaping": sorted(reshaping),
        "stages": stages,
        "intact": intact,
        "lesioned": after,
    }


def _paths(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """The gradient along paths of each length (Veit 2016 §5), as the mean over images.

    The same paths on every image; the gradient is that of the label's logit.
    """
    chosen = sample(data, sizes.paths_images)
    images, labels = _batch(chosen)
    with paths.BackwardGates(subject.network) as gates:
        n = len(gates.names)
        generator = torch.Generator().manual_seed(SEED)
        drawn = [
            paths.sample_paths(n, length, sizes.paths_samples, generator) for length in range(n + 1)
        ]
        norms = [np.zeros(len(some)) for some in drawn]
        sums, shares, whole = np.zeros(n + 1), np.zeros(n), 0.0
        share = 1 / len(labels)
        for number, (image, label) in enumerate(zip(images.split(1), labels, strict=True)):
            target = int(label)
            gradient = paths.batch_gradients(subject.network, image, target)
            whole += share * l2_norm(gradient).item()
            for index, name in enumerate(gates.names):
                skip, branch = gates.arrived[name]
                shares[index] += share * skip / (skip + branch)
            for length, some in enumerate(drawn):
                text = f"Paths of {subject.spec.title}"
                yield Progress(text, number * (n + 1) + length, len(labels) * (n + 1))
                found = paths.input_gradients(subject.network, gates, image, target, some)
                norms[length] += share * _norms(found)
            found = paths.gradients_by_length(subject.network, gates, image, target)
            sums += share * _norms(found)
        return {
            "blocks": gates.names,
            "norms": norms,
            "sums": sums.tolist(),
            "total": whole,
            "gradient_skip_share": shares.tolist(),
        }


def _norms(gradients: Tensor) -> np.ndarray:
    """(N, …) → (N,): the L2 norm of each."""
    found: np.ndarray = torch.linalg.vector_norm(gradients.flatten(1).double(), dim=1).numpy()
    return found


def _collapse(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """All skips removed from the trained network."""
    yield Progress(f"All skips of {subject.spec.title} removed", 0, 1)
    subject.gates.remove()
    chosen = sample(data, sizes.collapse_images)
    return asdict(measure_collapse(subject.network, chosen, sizes.gradient_images))


def _trust(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """Measures of whether maps are to be trusted, as means over images with their spread.

    The class is the one that the network with all skips on finds most likely.
    """
    images, _ = _batch(sample(data, sizes.trust_images))
    found: dict[tuple[str, str, bool], list[trust.TrustScore]] = {}
    parts: tuple[str, ...] = ()
    for number, image in enumerate(images.split(1)):
        with torch.no_grad():
            target = int(subject.network(image)[0].argmax())
        trial = trust.Trial(subject, image, target)
        parts = trial.parts
        for update in trial.measure(TRUSTED, tuple(trust.MEASURES)):
            if isinstance(update, trust.TrustScore):
                found.setdefault((update.measure, update.method, update.off), []).append(update)
            else:
                text = f"Trust of {subject.spec.title}, image {number + 1} of {len(images)}"
                yield Progress(text, update.done, update.total)
    rows = []
    for (measure, method, off), scores in found.items():
        there = [one for one in scores if one.values]
        if not there:
            continue
        means = trust.means([one.values for one in there])
        deviation = trust.deviation([one.score for one in there])
        row: dict[str, Any] = {"measure": measure, "method": method, "off": off}
        row |= {"x": there[0].x, "values": [round(mean, 4) for mean in means]}
        rows.append({**row, "spread": round(deviation, 4)})
    return {"parts": parts, "methods": TRUSTED, "rows": rows}


def _readout(
    subject: Subject, data: LabelledImages, sizes: Sizes
) -> Generator[Progress, None, dict[str, Any]]:
    """A linear probe for each block (Kaya 2019, arXiv:1810.07052), with all skips on.

    Every other image trains the probes, the rest measures them: the network has been trained on
    neither, so that what it remembers of its training images helps no probe.
    """
    images, labels = _batch(sample(data, sizes.readout_images))
    parts = [(n, min(n + _AT_ONCE, len(labels))) for n in range(0, len(labels), _AT_ONCE)]
    settings = [GateSettings()]
    if subject.gates.blocks:
        settings.append(GateSettings().with_skips(subject.gates.blocks, 0.0))
    told: list[tuple[torch.Tensor, dict[str, torch.Tensor]]] = []
    for side, gates in enumerate(settings):
        subject.gates.set(gates)
        logits, features = [], []
        for number, (first, last) in enumerate(parts):
            done = side * len(parts) + number
            yield Progress(f"Readout of {subject.spec.title}", done, len(settings) * len(parts))
            row, seen = readout.block_features(subject.network, images[first:last])
            logits.append(row)
            features.append(seen)
        found = {name: torch.cat([one[name] for one in features]) for name in features[0]}
        told.append((torch.cat(logits), found))
    subject.gates.set(GateSettings())
    training = torch.arange(len(labels)) % 2 == 0
    held, truth = ~training, labels[~training]
    final = told[0][0][held].argmax(dim=1) == truth
    probes, accuracy, accuracy_off = [], [], []
    ever = torch.zeros_like(final)
    for name, values in told[0][1].items():
        probe = readout.train_probe(values[training], labels[training], subject.spec.classes)
        probe = probe.astype(np.float16)
        rounded = torch.from_numpy(probe.astype(np.float32))
        right = readout.read(rounded, values[held]).argmax(dim=1) == truth
        without = readout.read(rounded, told[-1][1][name][held]).argmax(dim=1) == truth
        ever |= right
        probes.append(packed(probe))
        accuracy.append(float(right.double().mean()))
        accuracy_off.append(float(without.double().mean()))
    wrong = ~final
    overturned = float((ever & wrong).sum() / wrong.sum()) if wrong.any() else 0.0
    return {
        "blocks": list(told[0][1]),
        "accuracy": accuracy,
        "accuracy_off": accuracy_off,
        "final": float(final.double().mean()),
        "overturned": overturned,
        "probes": probes,
    }


MEASURES: dict[str, Measure] = {
    "collapse": Measure(_collapse, ("collapse_images", "gradient_images")),
    "lesions": Measure(_lesions, ("lesions_images",)),
    "paths": Measure(_paths, ("paths_images", "paths_samples"), with_skips=True),
    "surface": Measure(_surface, ("surface_side", "surface_reach", "surface_images")),
    "readout": Measure(_readout, ("readout_images",)),
    "trust": Measure(_trust, ("trust_images",)),
}
"""Every derived file of a network, by the word that its name ends with."""
