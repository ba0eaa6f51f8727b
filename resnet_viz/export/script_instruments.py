"""The instruments' measurements as Python scripts: lesions, paths, the loss surface."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from resnet_viz.export.script_data import data_script, shipped
from resnet_viz.export.script_parts import (
    Template,
    found,
    photo_of,
    seen,
    sheet,
    tidy,
)
from resnet_viz.export.script_run import over_networks
from resnet_viz.figures.table import Cell, Table
from resnet_viz.images import gallery
from resnet_viz.images.photo import default_crop, network_picture
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.family import CLASSES
from resnet_viz.results.lesions import LesionsResult
from resnet_viz.results.loss_surface import SurfaceResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsResult
from resnet_viz.results.result import Snapshot

# How the measurements divide their batches, as in `analysis`: untrained norms take the statistics
# of what they are given, so that a script has to divide them alike.
_VALUES_AT_ONCE = 100_000
_PATHS_AT_ONCE = 1_000_000
_MACS_AT_ONCE = 6e9


@tidy
def lesions_script(result: LesionsResult) -> str:
    """The script that prints what is left of the scores without each block's branch.

    Raises:
        NoScript: a network has no script.
    """
    request = result.request
    sides = [one for one in (result.screen, result.twin) if one is not None]
    both = [one.on for one in sides]
    if result.precomputed:
        rows = [
            (one.on.network, name, score.probability, score.top1, score.loss)
            for one in sides
            for name, score in zip(
                ("intact", *one.blocks), (one.intact, *one.lesioned), strict=True
            )
        ]
        columns = ("network", "block left out", "probability", "top-1", "loss, nats")
        return _shipped("lesions", both, f"{result.pictures:,} test images", columns, rows)
    snapshot = request.snapshot
    text, files = "", tuple[Path, ...]()
    if request.pictures == "labelled":
        text, files = _labelled(request.path, _evenly(request.path, request.count))
    elif request.pictures == "samples":
        spec = snapshot.spec
        others = [
            network_picture(one, default_crop(one, spec.crop_fraction), spec.input_size)
            for one in gallery.others(snapshot.photo)
        ]
        text = sheet([seen(snapshot), *others])
    else:
        text, files = _picture(snapshot)
    measure = _LESIONS.format(
        at_once=max(1, _VALUES_AT_ONCE // _values(snapshot.spec)),
        labels="labels" if result.labelled else "None",
        target=None if result.labelled else snapshot.target,
    )
    what = "lesions, block by block, of"
    return over_networks(what, both, files, text + measure, _PRINT_LESIONS)


@tidy
def paths_script(result: PathsResult) -> str:
    """The script that prints the gradient along paths of each length, and at each block.

    Raises:
        NoScript: the network has no script.
    """
    snapshot = result.on.snapshot
    if result.pictures:
        each, sums = result.per_path, result.sums
        rows: list[tuple[Cell, ...]] = [
            (str(n), float(each[n]), None if sums is None else float(sums[n]))
            for n in result.lengths
        ]
        shares = zip(result.blocks, result.gradient_skip_share, strict=True)
        rows += [(name, share, None) for name, share in shares]
        columns = (
            "branches on the path, or a block",
            "gradient norm of a path, or the skip's share of a block's gradient",
            "gradient norm of all these paths",
        )
        return _shipped("paths", [result.on], result.pictures, columns, rows)
    text, files = _picture(snapshot)
    many = _values(snapshot.spec) * len(result.blocks)
    samples = result.norms.shape[1]
    printing = _PATHS.format(
        samples=samples,
        seed=result.seed,
        at_once=max(1, min(samples, _PATHS_AT_ONCE // many)),
        target=snapshot.target,
        sums=result.sums is not None,
    )
    what = "the gradient by the length of paths through"
    return over_networks(what, [result.on], files, text, printing)


@tidy
def surface_script(result: SurfaceResult) -> str:
    """The script that prints the loss at each point of the slice.

    Raises:
        NoScript: a network has no script.
    """
    from resnet_viz.networks.walk import build_structure

    request = result.request
    both = [surface.on for surface in result.surfaces]
    if result.precomputed:
        axis = np.linspace(-request.reach, request.reach, request.side).tolist()
        rows = [
            (one.on.network, first, second, float(loss))
            for one in result.surfaces
            for second, line in zip(axis, one.loss, strict=True)
            for first, loss in zip(axis, line, strict=True)
        ]
        columns = ("network", "first direction", "second direction", "loss, nats")
        return _shipped("surface", both, f"{result.count:,} test images", columns, rows)
    count = result.count
    files: tuple[Path, ...] = ()
    if request.path:
        text, files = _labelled(request.path, _first_of_each(request.path, count))
    else:
        from resnet_viz.analysis.pictures import photo_pictures

        snapshot = request.snapshot
        shown = photo_pictures(snapshot.photo, snapshot.crop, count, snapshot.spec, request.seed)
        text = sheet(list(shown.pixels)) + "labels = None\n"
    measure = _SURFACE.format(
        side=request.side,
        reach=request.reach,
        seed=request.seed,
        at_once=max(1, int(_MACS_AT_ONCE / build_structure(both[0].snapshot.spec).macs)),
    )
    what = "the loss on a plane through the weights of"
    return over_networks(what, both, files, text + measure, _PRINT_SURFACE)


# ---- parts


def _shipped(
    kind: str,
    both: list[Measured],
    pictures: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> str:
    """What came with the program, as data."""
    said = shipped([on.snapshot.spec for on in both], kind, pictures)
    names = " and ".join(on.network for on in both)
    return data_script(f"{kind} of {names}", said, Table(kind, columns, tuple(rows)))


def _values(spec: NetworkSpec) -> int:
    """How many numbers one input has."""
    return spec.channels * spec.input_size**2


def _picture(snapshot: Snapshot) -> tuple[str, tuple[Path, ...]]:
    text, files = photo_of(snapshot)
    return f"{text}pictures = picture[None]\n", files


def _named(path: str) -> list[tuple[str, int]]:
    """The files of labelled images as they are in a zip file or below a folder, in order."""
    from resnet_viz.images import cifar10

    place = Path(path)
    if place.is_dir():
        suffixes = {".jpg", ".jpeg", ".png"}
        inside = [file for file in sorted(place.rglob("*")) if file.suffix.lower() in suffixes]
        return [
            (file.relative_to(place).as_posix(), CLASSES.index(file.parent.name))
            for file in inside
            if file.parent.name in CLASSES
        ]
    return [(name, label) for name, label, _ in cifar10.files(place)]


def _evenly(path: str, count: int) -> list[tuple[str, int]]:
    named = _named(path)
    at = np.linspace(0, len(named) - 1, min(count, len(named)))
    return [named[i] for i in np.unique(at.round().astype(int))]


def _first_of_each(path: str, count: int) -> list[tuple[str, int]]:
    from resnet_viz.images import cifar10

    named = _named(path)
    return [named[i] for i in cifar10.first_of_each([label for _, label in named], count)]


def _labelled(path: str, files: list[tuple[str, int]]) -> tuple[str, tuple[Path, ...]]:
    place = Path(path)
    lines = "".join(f"    ({name!r}, {label}),\n" for name, label in files)
    text = _LABELLED.format(files=lines, place=found(place))
    return text, (place,)


_LABELLED = Template("""# The images' names and the numbers of their classes.
FILES = [
<<files>>]
place = <<place>>
archive = zipfile.ZipFile(place) if place.is_file() else None
pictures = []
for name, _ in FILES:
    data = archive.read(name) if archive else (place / name).read_bytes()
    pictures.append(np.array(Image.open(io.BytesIO(data)).convert("RGB")))
pictures = np.stack(pictures)
labels = torch.tensor([label for _, label in FILES])
""")

_LESIONS = Template('''LABELS, TARGET = <<labels>>, <<target>>


@torch.no_grad()
def answers(net, without=None):
    """The logits of all pictures, with one block's residual branch left out."""
    rows = []
    for x in as_input(pictures).split(<<at_once>>):
        y = stem(net, x)
        for name, block in blocks(net).items():
            if name == without:
                y = around(block, y)
                y = after(block, y) if net.skips else torch.relu(y)
            else:
                f = branch(block, y)
                y = after(block, f + shortcut(block, y) if net.skips else f)
        rows.append(head(net, y))
    return torch.cat(rows)


def around(block, x):
    """The shortcut; in a plain net the identity, or option A where the shape changes."""
    if getattr(block, "downsample", None) is None:
        return x.clone()
    return shortcut(block, x)


def scores(logits, classes):
    """The class's probability, how often it is the first, and the cross-entropy; means."""
    log = torch.log_softmax(logits.double(), 1).gather(1, classes[:, None])
    right = (logits.argmax(1) == classes).double().mean()
    return log.exp().mean().item(), right.item(), -log.mean().item()

''')

_PRINT_LESIONS = """
for title, net in NETS.items():
    intact = answers(net)
    classes = intact.argmax(1) if LABELS is None else LABELS
    if TARGET is not None:
        classes[0] = TARGET
    print(title, "intact", *scores(intact, classes), sep="\\t")
    for name in blocks(net):
        print(title, name, *scores(answers(net, name), classes), sep="\\t")
"""

_PATHS = Template('''
from itertools import combinations
from math import comb

SAMPLES, SEED, AT_ONCE, TARGET = <<samples>>, <<seed>>, <<at_once>>, <<target>>
(net,) = NETS.values()
image = as_input(pictures)
n = len(blocks(net))


def gradients(batch, target, on_skip, on_branch, first=False):
    """The target's gradient at each input, where the hooks change what comes back on each way."""
    batch = batch.detach().clone().requires_grad_()
    y = stem(net, batch)
    for number, block in enumerate(blocks(net).values()):
        a, b = y.view_as(y), y.view_as(y)
        a.register_hook(lambda g, number=number: on_skip(g, number))
        b.register_hook(lambda g, number=number: on_branch(g, number))
        y = after(block, branch(block, b) + shortcut(block, a))
    logits = head(net, y)[:, target]
    return torch.autograd.grad(logits[0] if first else logits.sum(), batch)[0]


def drawn(length):
    """Different paths: for each, 1 where it goes through the branch, 0 where through the skip."""
    count, chosen = comb(n, length), {}
    if count <= SAMPLES:
        chosen = dict.fromkeys(combinations(range(n), length))
    while len(chosen) < min(SAMPLES, count):
        some = torch.randperm(n, generator=generator)[:length]
        chosen[tuple(sorted(some.tolist()))] = None
    paths = torch.zeros(len(chosen), n)
    for row, branches in zip(paths, chosen):
        row[list(branches)] = 1.0
    return paths


def norms(g):
    return torch.linalg.vector_norm(g.flatten(1), dim=1)


arrived = torch.zeros(n, 2, dtype=torch.float64)


def note(way):
    def hook(g, number):
        arrived[number, way] = g.double().norm()
        return g

    return hook


with torch.no_grad():
    y = stem(net, image)
    for block in blocks(net).values():
        y = after(block, branch(block, y) + shortcut(block, y))
    target = int(head(net, y)[0].argmax()) if TARGET is None else TARGET
whole = gradients(image, target, note(0), note(1))
generator = torch.Generator().manual_seed(SEED)
means = []
for paths in [drawn(length) for length in range(n + 1)]:
    found = []
    for some in paths.split(AT_ONCE):
        on_skip = lambda g, k: g * (1 - some[:, k]).view(-1, 1, 1, 1)
        on_branch = lambda g, k: g * some[:, k].view(-1, 1, 1, 1)
        batch = image.expand(len(some), -1, -1, -1)
        found.append(norms(gradients(batch, target, on_skip, on_branch)))
    means.append(torch.cat(found).double().mean().item())
products = [mean * comb(n, length) for length, mean in enumerate(means)]
sums = [float("nan")] * (n + 1)
if <<sums>>:  # sample b of the batch carries all paths of length b: each branch moves it by one
    up = lambda g, k: torch.cat((torch.zeros_like(g[:1]), g[:-1]))
    batch = image.expand(n + 1, -1, -1, -1)
    sums = norms(gradients(batch, target, lambda g, k: g, up, first=True)).tolist()
for length, mean in enumerate(means):
    share = products[length] / sum(products) if sum(products) else 0.0
    print(length, mean, sums[length], comb(n, length), share, sep="\\t")
for name, (skip, branched) in zip(blocks(net), arrived.tolist()):
    print(name, skip / (skip + branched) if skip + branched else float("nan"), sep="\\t")
print("whole", whole.double().norm().item(), sep="\\t")
''')

_SURFACE = Template('''SIDE, REACH, SEED = <<side>>, <<reach>>, <<seed>>
images = as_input(pictures)


@torch.no_grad()
def answers(net, at_once=<<at_once>>):
    """The logits of all pictures."""
    rows = []
    for x in images.split(at_once):
        y = stem(net, x)
        for block in blocks(net).values():
            f = branch(block, y)
            y = after(block, f + shortcut(block, y) if net.skips else f)
        rows.append(head(net, y).float())
    return torch.cat(rows)


def direction(net, generator):
    """A random direction, each filter as long as the weights' (Li 2018, arXiv:1712.09913, §4)."""
    found = {}
    for name, module in net.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            weight = module.weight.detach()
            drawn = torch.randn(weight.shape, generator=generator)
            length = lambda w: w.flatten(1).norm(dim=1).view(-1, *[1] * (w.dim() - 1))
            found[f"{name}.weight"] = drawn * length(weight) / (length(drawn) + 1e-10)
    return found


if labels is None:  # then what the first network answers
    labels = answers(next(iter(NETS.values())), 1).argmax(1)
axis = np.linspace(-REACH, REACH, SIDE)
''')

_PRINT_SURFACE = """for title, net in NETS.items():
    generator = torch.Generator().manual_seed(SEED)
    one, two = direction(net, generator), direction(net, generator)
    centre = {name: net.get_parameter(name).detach().clone() for name in one}
    for second in axis:
        for first in axis:
            for name, weight in centre.items():
                moved = weight + float(first) * one[name] + float(second) * two[name]
                net.get_parameter(name).data.copy_(moved)
            loss = nn.functional.cross_entropy(answers(net), labels).item()
            print(title, float(first), float(second), loss, sep="\\t")
"""
