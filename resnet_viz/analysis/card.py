"""Train a CIFAR network to the end and write its weights with a card that says what they are."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from tqdm import tqdm

from resnet_viz.analysis.session import as_input
from resnet_viz.analysis.training_run import Recipe, Trainer, evaluate, smooth, to_tensor
from resnet_viz.images import cifar10, gallery
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.images.photo import default_crop, network_picture
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.family import CLASSES

SAMPLES = {"chelsea": "cat", "rocket": "airplane"}
"""Sample photos on which one of the ten classes can be asked for."""

NOTE = (
    "Trained and tested on a JPEG-compressed copy of CIFAR-10 and for fewer epochs than the about "
    "164 of He 2015 (arXiv:1512.03385) §4.2, so that all networks could be trained alike on two "
    "cores; the accuracy is not comparable with table 6 there."
)


UNFINISHED = Path("unfinished")
"""Where `keep_runs` puts what is to outlive the folder of the runs; it is in the repository."""


def train_network(
    spec: NetworkSpec, data: Path, out: Path, recipe: Recipe, kept: Path = UNFINISHED
) -> Path:
    """Train ``spec`` and write ``NAME-cifar10.safetensors`` (float16) and its card to ``out``.

    ``data`` holds cifar10-train and cifar10-test, each a zip file or a folder. A checkpoint is
    kept in ``out`` after each epoch, from which an interrupted run goes on; where ``out`` has
    none, it goes on from what is in ``kept``, if that has the same recipe.

    Raises:
        FileNotFoundError, ValueError: the data or the checkpoint cannot be used.
    """
    name = run_name(spec, recipe)
    checkpoint = out / f"{name}.pt"
    there = (checkpoint,) if checkpoint.exists() else _of_recipe(recipe, kept, name)
    if len(there) == 2:
        out.mkdir(parents=True, exist_ok=True)
        weights, _ = (Path(shutil.copy(file, out)) for file in there)
        print(f"{weights}: was finished, taken from {kept}")
        return weights
    train, test = (load_part(data, f"cifar10-{part}") for part in ("train", "test"))
    torch.manual_seed(recipe.seed)
    network = spec.build()
    trainer = Trainer(network, recipe, train, test)
    for path in there:
        trainer.resume(path)
    while not trainer.finished:
        with tqdm(
            disable=None,
            desc=f"{spec.title}, epoch {trainer.epoch + 1} of {recipe.epochs}",
            unit="step",
        ) as bar:
            for step in trainer.run_epoch():
                bar.total = step.steps_per_epoch
                bar.set_postfix(loss=f"{step.loss:.3f}", refresh=False)
                bar.update()
        trainer.save(checkpoint)
        history = trainer.history
        tqdm.write(
            f"epoch {trainer.epoch}: rate {history.rate[-1]:g}, training accuracy "
            f"{history.train_accuracy[-1]:.2%} ({history.fixed_accuracy[-1]:.2%} on "
            f"{len(trainer.fixed.labels)} fixed images), "
            f"test accuracy {history.test_accuracy[-1]:.2%}"
        )
    return write_weights(spec, trainer, out)


def run_name(spec: NetworkSpec, recipe: Recipe) -> str:
    """What a run's files are called; seed 0 is the one that is shipped as the network's own."""
    name = spec.name if recipe.seed == 0 else f"{spec.name}-seed{recipe.seed}"
    if recipe.smoothing != Recipe.smoothing:
        name += f"-blur{recipe.smoothing:g}"
    return name


def _of_recipe(recipe: Recipe, kept: Path, name: str) -> tuple[Path, ...]:
    """What there is of a run in ``kept``: its weights and its card, its checkpoint, or nothing.

    What was trained with another recipe is left alone.
    """
    checkpoint, weights = kept / f"{name}.pt", kept / f"{name}-cifar10.safetensors"
    card = weights.with_suffix(".json")
    if weights.exists() and card.exists():
        same = json.loads(card.read_bytes())["recipe"] == json.loads(json.dumps(asdict(recipe)))
        return (weights, card) if same else ()
    if checkpoint.exists():
        same = torch.load(checkpoint, weights_only=True)["recipe"] == asdict(recipe)
        return (checkpoint,) if same else ()
    return ()


def keep_runs(runs: Path, kept: Path = UNFINISHED) -> list[Path]:
    """Copy the newest state of every run in ``runs`` to ``kept``, and give the copies.

    Of a finished run these are its weights and its card, of another its last checkpoint: weights
    and momentum in float32, curves and random state, a few MB.

    Raises:
        FileNotFoundError: there is no run.
    """
    checkpoints = sorted(runs.glob("*.pt"))
    if not checkpoints:
        raise FileNotFoundError(f"{runs} holds no run, NAME.pt; give the folder of make train")
    kept.mkdir(parents=True, exist_ok=True)
    copies = []
    for checkpoint in checkpoints:
        weights = checkpoint.with_name(f"{checkpoint.stem}-cifar10.safetensors")
        card = weights.with_suffix(".json")
        finished = card.exists()
        old = kept / checkpoint.name if finished else None
        for file in (weights, card) if finished else (checkpoint,):
            copies.append(Path(shutil.copy(file, kept)))
        if old is not None:
            old.unlink(missing_ok=True)
    return copies


def load_part(data: Path, name: str) -> LabelledImages:
    """Read ``name``, a zip file or a folder in ``data``, with a progress bar.

    Raises:
        FileNotFoundError, ValueError: there is no such file, or it is of no use.
    """
    archive = data / f"{name}.zip"
    with tqdm(desc=f"Reading {name}", unit="image", disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return cifar10.load(archive if archive.exists() else data / name, show)


def write_weights(spec: NetworkSpec, trainer: Trainer, out: Path) -> Path:
    """Write the trained weights as float16 and a card with what these very weights score."""
    path = out / f"{run_name(spec, trainer.recipe)}-cifar10.safetensors"
    state = {
        name: value.half().contiguous() if value.is_floating_point() else value
        for name, value in trainer.network.state_dict().items()
    }
    save_file(state, path)
    network = spec.build()
    network.load_state_dict({name: value.float() for name, value in state.items()})
    network.to(memory_format=torch.channels_last)
    test = trainer.test
    loss, accuracy = evaluate(network, test)
    clean_loss, clean_accuracy = evaluate(network, trainer.train)
    card: dict[str, Any] = {
        "title": f"CIFAR-10 (JPEG), {accuracy:.1%} test accuracy",
        "network": spec.name,
        "data": "CIFAR-10 (Krizhevsky 2009), 50,000 training and 10,000 test images, saved as JPEG",
        "note": NOTE,
        "classes": CLASSES,
        "recipe": asdict(trainer.recipe),
        "train_loss_clean": clean_loss,
        "train_accuracy_clean": clean_accuracy,
        "test_loss": loss,
        "test_accuracy": accuracy,
        "test_accuracy_blurred": {
            f"sigma {sigma} px": evaluate(network, _changed(test, _blur(sigma)))[1]
            for sigma in (0.5, 0.8)
        },
        "test_accuracy_recompressed": {
            f"JPEG quality {quality}": evaluate(network, _changed(test, _recompress(quality)))[1]
            for quality in (50, 90)
        },
        "sample_photos": _try_samples(network, spec),
        "history": asdict(trainer.history),
        "torch": torch.__version__.split("+")[0],
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    print(f"{path}: test accuracy {accuracy:.2%}")
    return path


def _changed(data: LabelledImages, change: Callable[[np.ndarray], np.ndarray]) -> LabelledImages:
    return LabelledImages(change(data.images), data.labels)


def _blur(sigma: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(images: np.ndarray) -> np.ndarray:
        blurred = smooth(to_tensor(images), torch.full((len(images),), sigma))
        return blurred.mul(255).round().byte().permute(0, 2, 3, 1).numpy()

    return change


def _recompress(quality: int) -> Callable[[np.ndarray], np.ndarray]:
    def again(pixels: np.ndarray) -> np.ndarray:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            return np.asarray(image)

    return lambda images: np.stack([again(pixels) for pixels in images])


@torch.inference_mode()
def _try_samples(network: nn.Module, spec: NetworkSpec) -> dict[str, dict[str, Any]]:
    """What the network says of photos that were never small: cropped and shrunk as in the app."""
    said = {}
    for name, wanted in SAMPLES.items():
        photo = gallery.load_sample(name)
        picture = network_picture(photo, default_crop(photo, spec.crop_fraction), spec.input_size)
        odds = torch.softmax(network(as_input(picture, spec))[0], dim=0)
        best = int(odds.argmax())
        said[name] = {
            "wanted": wanted,
            "probability_of_wanted": odds[CLASSES.index(wanted)].item(),
            "top": CLASSES[best],
            "probability_of_top": odds[best].item(),
        }
    return said
