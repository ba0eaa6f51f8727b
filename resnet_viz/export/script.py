"""Figures as short Python scripts that compute their numbers anew, without this program.

A script needs torch, torchvision and numpy (Pillow comes with torchvision). What comes from files,
names of classes and paths is written into it as literals, so that nothing of it is executed.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from resnet_viz import assets
from resnet_viz.images.photo import Crop, Photo
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from resnet_viz.results.strength import StrengthRequest

TITLES = {
    "gradient-flow": "the gradient's norm at every block",
    "activation-norms": "the activation's norm at every block",
    "skip-share": "the skip's share of each sum",
    "grad-cam": "Grad-CAM",
    "activations": "activations",
    "predictions": "the most probable classes",
    "skip-strength": "gradient and answer while skips are turned down",
}
"""The figures that a script can be written for, by their names, in words."""

_MAKER = "torchvision.models:resnet"


class NoScript(Exception):
    """There is no script for this; its text is a sentence for the user."""


def script_of(result: Result, figure: str, block: str = "", channels: tuple[int, ...] = ()) -> str:
    """The script that prints the numbers of a figure, a key of TITLES, of ``result``.

    ``block`` is that of Grad-CAM and of activations, by default the last one; ``channels`` are
    those of activations, by default all.

    Raises:
        NoScript: the figure or the network is none that a script can be written for.
    """
    if figure not in TITLES or figure == "skip-strength":
        raise NoScript(
            "There is no script for this figure; gradient flow, Grad-CAM, activations, "
            "predictions, the skips' strength and the laboratory have one"
        )
    block = block or result.now.blocks[-1].name
    gates = result.snapshot.gates
    two = bool(result.structure.skips)
    classes = list(dict.fromkeys(i for run in (result.now, result.all_on) for i in run.top()))
    labels = {index: result.labels[index] for index in classes}
    ends = {
        "gradient-flow": _flow(two),
        "activation-norms": 'for name, a in run(SKIPS, BRANCHES)["outputs"].items():\n'
        '    print(f"{name}\\t{a.double().norm().item()!r}")\n',
        "skip-share": 'for name, share in run(SKIPS, BRANCHES)["shares"].items():\n'
        '    print(f"{name}\\t{share!r}")\n',
        "grad-cam": _CAM.format(block=repr(block)),
        "activations": _ACTIVATIONS.format(
            block=repr(block), channels=repr(list(channels)) if channels else "range(len(a))"
        ),
        "predictions": _PREDICTIONS.format(labels=labels, two=_columns(two)),
    }
    return _head(result, TITLES[figure]) + _setting(gates, result.now.target) + ends[figure]


def strength_script(result: Result, request: StrengthRequest, target: int) -> str:
    """The script for a sweep of skips' strength; ``result`` is of the same network and photo.

    Raises:
        NoScript: ``result`` is of another, or the network is none that a script can be written for.
    """
    same = ("network", "photo", "crop", "weights")
    if any(getattr(result.snapshot, n) != getattr(request.snapshot, n) for n in same):
        raise NoScript("The photo or the network has changed since; measure again, then copy")
    stages = [stage.blocks[0].name for stage in result.structure.stages]
    gates = request.gates(1.0)
    text = _head(result, TITLES["skip-strength"]) + _setting(gates, target)
    return text + _SWEEP.format(
        strengths=list(request.strengths), blocks=list(request.blocks), watched=["stem", *stages]
    )


# ---- parts


def _head(result: Result, what: str) -> str:
    snapshot = result.snapshot
    spec = snapshot.spec
    told = f"{what} of {result.structure.title} on {snapshot.photo.name}"
    comment = "".join(c if c.isprintable() else " " for c in told)
    return (
        f"# ResNet Explorer: {comment}\n"
        "# Run it with Python and torch, torchvision and numpy: python this_file.py\n"
        "import base64\nimport io\nimport json\n\nimport numpy as np\nimport torch\n"
        "from PIL import Image, ImageOps\nfrom torch import nn\n"
        "from torchvision.models import resnet\n\n"
        f"{_network(spec)}\n{_weights(spec, snapshot.weights, result.weights.trained)}\n"
        f"{_picture(snapshot.photo, result.crop, result.network_input)}"
        f"MEAN, STD = {tuple(spec.mean)!r}, {tuple(spec.std)!r}\n"
        "x = (torch.tensor(picture).float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)\n"
        "x = x.permute(2, 0, 1)[None]\n\n"
        f"HAS_SKIPS = {bool(result.structure.skips)}\n{_RUN}"
    )


def _network(spec: NetworkSpec) -> str:
    if spec.architecture is None and spec.channels == 3:
        if spec.maker.startswith(_MAKER):
            name = spec.maker.rpartition(":")[2]
            return f"net = resnet.{name}(num_classes={spec.classes})\n"
        if not spec.maker and spec.order == "post" and spec.combine in ("add", "none"):
            projection = spec.combine == "add" and spec.shortcut == "projection"
            return _CIFAR.format(
                blocks=(spec.depth - 2) // 6,
                classes=spec.classes,
                shortcut=_PROJECTION if projection else "Pad()",
            )
    raise NoScript(
        f"There is no script for {spec.title}: only torchvision's ResNets and those for CIFAR "
        "with the order of He 2015 have one"
    )


def _weights(spec: NetworkSpec, choice: WeightsChoice, trained: bool) -> str:
    if not trained:
        raise NoScript("There is no script for untrained weights; choose trained ones")
    which = ""
    if choice.kind == "file":
        path = Path(choice.path)
        which = choice.reading.which if choice.reading is not None else ""
    elif spec.embedded:
        path = assets.path("weights", f"{spec.embedded}.safetensors")
    else:
        from resnet_viz.networks.weights import official

        given = official(spec)
        assert given is not None  # else they would not be trained
        path = given.path
    read = _SAFETENSORS if path.suffix == ".safetensors" else _PTH
    return (
        f"WEIGHTS = {str(path.resolve())!r}\nPREFIX = {which!r}  # what the names begin with\n"
        f"{read}{_FILL}"
    )


def _picture(photo: Photo, crop: Crop, seen: np.ndarray) -> str:
    """How to get at what the network sees: from the photo's file, or it is in the script."""
    size = seen.shape[0]
    halvings = int(math.log2(max(crop.size / size / 3, 1)))
    box = tuple(
        edge / 2**halvings for edge in (crop.x, crop.y, crop.x + crop.size, crop.y + crop.size)
    )
    if photo.path is not None:
        # Only where these few lines give the same: colour profiles and deep files need more.
        try:
            with Image.open(photo.path) as file:
                image = ImageOps.exif_transpose(file).convert("RGB")
            for _ in range(halvings):
                image = image.reduce(2)
            same = np.array(image.resize((size, size), Image.Resampling.BILINEAR, box=box))
        except (OSError, ValueError):
            same = None
        if same is not None and np.array_equal(same, seen):
            halve = "    image = image.reduce(2)\n"
            return (
                f"image = ImageOps.exif_transpose(Image.open({str(Path(photo.path).resolve())!r}))"
                f'.convert("RGB")\nfor _ in range({halvings}):\n{halve}'
                f"picture = np.array(image.resize({(size, size)}, Image.Resampling.BILINEAR, "
                f"box={box}))\n"
            )
    stream = io.BytesIO()
    Image.fromarray(seen).save(stream, "PNG", optimize=True)
    text = base64.b64encode(stream.getvalue()).decode()
    lines = "\n".join(f'    "{text[n : n + 88]}"' for n in range(0, len(text), 88))
    return (
        f"# What the network sees, {size}×{size} pixels, as a PNG file.\nPNG = (\n{lines}\n)\n"
        "picture = np.array(Image.open(io.BytesIO(base64.b64decode(PNG))).convert('RGB'))\n"
    )


def _setting(gates: GateSettings, target: int) -> str:
    return (
        f"SKIPS = {dict(sorted(gates.skips.items()))!r}  # 1 where not named\n"
        f"BRANCHES = {dict(sorted(gates.branches.items()))!r}\nTARGET = {target}\n\n\n"
    )


def _columns(two: bool) -> str:
    return ", all_on" if two else ""


def _flow(two: bool) -> str:
    if not two:
        return (
            'for name, g in run(SKIPS, BRANCHES)["gradients"].items():\n'
            '    print(f"{name}\\t{g.double().norm().item()!r}")\n'
        )
    return (
        'now, all_on = run(SKIPS, BRANCHES)["gradients"], run({}, {})["gradients"]\n'
        "for name in now:\n"
        "    norms = [g[name].double().norm().item() for g in (now, all_on)]\n"
        '    print(name, *norms, sep="\\t")\n'
    )


@dataclass(frozen=True)
class Template:
    """Text with names in braces, in which all other braces stand for themselves."""

    text: str

    def format(self, **values: object) -> str:
        made = self.text
        for name, value in values.items():
            made = made.replace(f"<<{name}>>", str(value))
        return made


_CIFAR = Template('''
# ResNet for CIFAR-10 (He et al. 2015, arXiv:1512.03385, section 4.2), of torchvision's blocks.
class Pad(nn.Module):
    """Every second pixel, and zeros for the channels that are missing (option A)."""

    def forward(self, x):
        more = x.shape[1] // 2
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))


def stage(before, width, stride):
    blocks = []
    for number in range(<<blocks>>):
        inputs, step = (before, stride) if number == 0 else (width, 1)
        shortcut = None
        if step != 1 or inputs != width:
            shortcut = <<shortcut>>
        blocks.append(resnet.BasicBlock(inputs, width, step, shortcut))
    return nn.Sequential(*blocks)


net = nn.Module()
net.conv1, net.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
net.relu, net.maxpool = nn.ReLU(), nn.Identity()
net.layer1, net.layer2, net.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
net.avgpool, net.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(64, <<classes>>)
''')

_PROJECTION = "nn.Sequential(nn.Conv2d(inputs, width, 1, step, bias=False), nn.BatchNorm2d(width))"

_SAFETENSORS = '''

def read(path):
    """The tensors of a safetensors file: a length, a JSON table, and the numbers."""
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
    tensors = {}
    for name, about in json.loads(data[8:start]).items():
        if name != "__metadata__":
            first, last = (start + place for place in about["data_offsets"])
            numbers = np.frombuffer(data[first:last], kinds[about["dtype"]])
            tensors[name] = torch.tensor(numbers.reshape(about["shape"]))
    return tensors


state = read(WEIGHTS)
'''

_PTH = """
state = torch.load(WEIGHTS, map_location="cpu", weights_only=True)
while "state_dict" in state or "model" in state:
    state = state["state_dict"] if "state_dict" in state else state["model"]
"""

_FILL = """state = {k[len(PREFIX) :]: v for k, v in state.items() if k.startswith(PREFIX)}
known = net.state_dict()
missing = [k for k in known if k not in state and not k.endswith("num_batches_tracked")]
assert not missing, f"the file has no {missing[0]}"
net.load_state_dict({k: v for k, v in state.items() if k in known}, strict=False)
net.eval().requires_grad_(False)
"""

_RUN = '''

def block_output(block, x, skip, branch):
    """y = relu(branch * F(x) + skip * shortcut(x)); also the skip's share of the sum."""
    f = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(x)))))
    if hasattr(block, "conv3"):
        f = block.bn3(block.conv3(block.relu(f)))
    f = branch * f
    if not skip:
        return torch.relu(f), 0.0
    shortcut = skip * (x if block.downsample is None else block.downsample(x))
    a, b = shortcut.double().norm().item(), f.double().norm().item() if branch else 0.0
    return torch.relu(f + shortcut if branch else shortcut), a / (a + b) if a + b else float("nan")


def run(skips, branches):
    """One pass forwards, and one backwards from the target's logit."""
    stem = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    outputs, shares = {"stem": stem.detach().requires_grad_()}, {}
    y = outputs["stem"]
    for layer in ("layer1", "layer2", "layer3", "layer4"):
        for number, block in enumerate(getattr(net, layer, [])):
            name = f"{layer}.{number}"
            skip = skips.get(name, 1.0) if HAS_SKIPS else 0.0
            y, share = block_output(block, y, skip, branches.get(name, 1.0))
            outputs[name] = y
            if HAS_SKIPS:
                shares[name] = share
    logits = net.fc(torch.flatten(net.avgpool(y), 1))[0]
    found = torch.autograd.grad(
        logits[TARGET], list(outputs.values()), allow_unused=True, materialize_grads=True
    )
    gradients = {name: g[0] for name, g in zip(outputs, found)}
    outputs = {name: a[0].detach() for name, a in outputs.items()}
    odds = torch.softmax(logits.detach(), 0)
    return {"outputs": outputs, "gradients": gradients, "shares": shares, "odds": odds}


'''

_CAM = Template("""# Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2).
found = run(SKIPS, BRANCHES)
a, g = found["outputs"][<<block>>], found["gradients"][<<block>>]
cam = torch.relu((g.mean(dim=(1, 2))[:, None, None] * a).sum(0))
for (row, column), value in np.ndenumerate(cam.numpy()):
    print(row, column, float(value), sep="\\t")
""")

_ACTIVATIONS = Template("""a = run(SKIPS, BRANCHES)["outputs"][<<block>>].numpy()
for channel in <<channels>>:
    for (row, column), value in np.ndenumerate(a[channel]):
        print(f"channel {channel}", row, column, float(value), sep="\\t")
""")

_PREDICTIONS = Template("""LABELS = <<labels>>
now, all_on = run(SKIPS, BRANCHES)["odds"], run({}, {})["odds"]
for number, label in LABELS.items():
    print(label, *(odds[number].item() for odds in (now<<two>>,)), sep="\\t")
""")

_SWEEP = Template("""STRENGTHS = <<strengths>>
BLOCKS = <<blocks>>
for s in STRENGTHS:
    found = run({**SKIPS, **dict.fromkeys(BLOCKS, s)}, BRANCHES)
    norms = [found["gradients"][name].double().norm().item() for name in <<watched>>]
    print(s, *norms, found["odds"].max().item(), found["odds"][TARGET].item(), sep="\\t")
""")
