"""A folder of photos as a Python script: what the network answers, and a map of the features."""

from __future__ import annotations

import os
from pathlib import Path

from resnet_viz.export.script_parts import NoScript, Template, found, tidy
from resnet_viz.export.script_run import forwards, over_networks
from resnet_viz.results.folder import FolderResult


@tidy
def folder_script(result: FolderResult) -> str:
    """The script that prints answers and places on the map of principal components, by photo.

    Raises:
        NoScript: the network is untrained, none that a script can be written for, or photos are
            gone.
    """
    if not result.on.weights.trained:
        raise NoScript(
            "There is no script for a folder and an untrained network, whose norms take the "
            "statistics of whichever photos it is given together; export the numbers"
        )
    paths = [Path(result.photos[place].path).absolute() for place in result.opened]
    top = Path(os.path.commonpath([path.parent for path in paths]))
    spec = result.on.snapshot.spec
    files = "".join(f"    {path.relative_to(top).as_posix()!r},\n" for path in paths)
    printing = forwards(spec) + _FOLDER.format(
        place=found(top),
        files=files,
        labels=result.labels,
        size=spec.input_size,
        fraction=spec.crop_fraction,
        odds="torch.sigmoid(logits)" if spec.classes == 1 else "torch.softmax(logits, 1)",
        strengths=(1.0,) if result.features[1] is None else (1.0, 0.0),
    )
    what = "a folder of photos through"
    return over_networks(what, [result.on], [top], "(net,) = NETS.values()\n", printing)


_FOLDER = Template('''place = <<place>>
FILES = [
<<files>>]
LABELS = <<labels>>


def seen(path):
    """What the network sees of a photo: the square in its middle.

    A colour profile of its own, or more than 8 bits, is not looked at here.
    """
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    side = <<fraction>> * min(image.size)
    left, top = ((length - side) / 2 for length in image.size)
    halvings = int(np.log2(max(side / <<size>> / 3, 1)))
    for _ in range(halvings):
        image = image.reduce(2)
    box = tuple(edge / 2**halvings for edge in (left, top, left + side, top + side))
    return np.array(image.resize((<<size>>, <<size>>), Image.Resampling.BILINEAR, box=box))


def features_and_odds(x, skip):
    """What the last linear layer is given, or the means of the last block's channels."""
    given, last = {}, {}

    def take(layer, inputs):
        given["head"] = inputs[0]

    def note(name, y):
        last["block"] = y
        return y

    linear = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    handles = [layer.register_forward_pre_hook(take) for layer in linear[-1:]]
    logits = forward(x, skip, note)
    for handle in handles:
        handle.remove()
    means = last["block"].mean(dim=(2, 3))
    fits = "head" in given and given["head"].shape == means.shape
    return given["head"] if fits else means, <<odds>>


def on_the_map(features):
    """Along the two main directions, whose largest weight is positive; 0 if all are the same."""
    rows = features.double().numpy()
    mean = rows.mean(0)
    rows = rows - mean
    if len(rows) < 2 or np.linalg.norm(rows, axis=1).max() <= 1e-5 * np.linalg.norm(mean):
        return np.zeros((len(rows), 2))
    u, spread, directions = np.linalg.svd(rows, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(1)
    return u[:, :2] * spread[:2] * np.sign(directions[np.arange(len(largest)), largest])


columns = []
for skip in <<strengths>>:
    found = []
    for name in FILES:
        with torch.no_grad():
            found.append(features_and_odds(as_input(seen(place / name)[None]), skip))
    features, odds = (torch.cat(some) for some in zip(*found))
    columns.append((odds.max(1), on_the_map(features)))
for number, name in enumerate(FILES):
    cells = []
    for (best, label), spots in columns:
        cells += [LABELS[label[number]], best[number].item(), *map(float, spots[number])]
    print(name, *cells, sep="\\t")
''')
