"""A network in a script: how it is built, where its numbers come from, and how it runs.

Whatever the network is, a script has ``stem``, ``blocks``, ``branch``, ``shortcut``, ``after`` and
``head`` afterwards: y = after(F(x) + shortcut(x)) at each block (He 2015, eq. 1 and 2).
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resnet_viz.export.provenance import weights_file
from resnet_viz.export.script_parts import NoScript, found
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice

_RESNETS = "torchvision.models:resn", "torchvision.models:wide_resn"
_SEED = 0  # `analysis.session.UNTRAINED_SEED`; a test compares the numbers


@dataclass(frozen=True)
class Chosen:
    """A network with its weights. ``trained`` is False for a bare initialisation."""

    spec: NetworkSpec
    weights: WeightsChoice
    trained: bool

    @property
    def file(self) -> Path | None:
        """The file of its weights, if it has one."""
        return weights_file(self.spec, self.weights) if self.trained else None

    @property
    def has_skips(self) -> bool:
        return self.spec.combine != "none" and not _without_blocks(self.spec)


def definitions(one: Chosen) -> str:
    """What the script needs before it builds ``one``, or its twin of the same kind.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    text = _family(one.spec)
    if one.file is None:
        return f"{text}{_UNTRAINED}"
    return f"{text}{_reader(one.file)}{_FILL}"


def built(one: Chosen, name: str = "net") -> str:
    """The lines that build ``one`` as the variable ``name`` and give it its numbers.

    Raises:
        NoScript: its file is one that a short script cannot read.
    """
    made = f"torch.manual_seed({_SEED})\n{name} = {_expression(one.spec)}\n"
    made += f"{name}.skips = {one.has_skips}\n"
    file = one.file
    if file is None:
        return f"{made}as_untrained({name})\n"
    prefix, renamed = _names(one)
    read = f"{'safetensors' if _is_safetensors(file) else 'checkpoint'}({found(file)})"
    if prefix or renamed:
        lines = "".join(f"    {ours!r}: {theirs!r},\n" for ours, theirs in renamed.items())
        table = f"{{\n{lines}}}" if lines else "{}"
        return (
            f"{made}# What the file calls otherwise.\nfill({name}, {read}, {prefix!r}, {table})\n"
        )
    return f"{made}fill({name}, {read})\n"


def odds(spec: NetworkSpec) -> str:
    """The expression for the probabilities of ``logits``, (K,)."""
    if spec.independent or spec.classes == 1:
        return "torch.sigmoid(logits.detach())"
    return "torch.softmax(logits.detach(), 0)"


def has_blocks(spec: NetworkSpec) -> bool:
    """False for networks of the time before ResNet, whose parts are single layers."""
    return not _without_blocks(spec)


# ---- families


def _without_blocks(spec: NetworkSpec) -> bool:
    return (
        spec.architecture is None
        and bool(spec.maker)
        and not _is_resnet(spec)
        and (spec.order == "post")
    )


def _is_resnet(spec: NetworkSpec) -> bool:
    return spec.maker.startswith(_RESNETS)


def _family(spec: NetworkSpec) -> str:
    if spec.architecture is not None:
        from resnet_viz.export.script_own import own_definitions

        return own_definitions(spec.architecture)
    if _without_blocks(spec):
        return _LENET if spec.name == "lenet5" else ""
    if _is_resnet(spec):
        return f"{_POST}{_BLOCKS}"
    if spec.order == "pre":
        return f"{_PREACT}{_BLOCKS}"
    if spec.combine == "concat":
        raise NoScript(f"There is no script for {spec.title}; add the paths instead, then copy")
    return f"{_CIFAR}{_POST}{_BLOCKS}"


def _expression(spec: NetworkSpec) -> str:
    if spec.architecture is not None:
        from resnet_viz.export.script_own import own_expression

        return own_expression(spec.architecture)
    if spec.maker.startswith("torchvision.models:"):
        return f"torchvision.models.{spec.maker.rpartition(':')[2]}(num_classes={spec.classes})"
    if spec.name == "lenet5":
        return f"LeNet5({spec.classes})"
    if spec.name == "googlenet":
        return (
            f"torchvision.models.GoogLeNet({spec.classes}, aux_logits=False, "
            "transform_input=True, init_weights=True)"
        )
    if spec.order == "pre":
        deep = bool(spec.maker)  # of three convolutions a block
        return f"PreactResNet({(spec.depth - 2) // (9 if deep else 6)}, {spec.classes}, {deep})"
    kind = spec.shortcut if spec.combine == "add" else "none"
    return f"cifar_resnet({(spec.depth - 2) // 6}, {spec.classes}, {kind!r})"


# ---- weights


def _is_safetensors(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise NoScript(f"{path.name} cannot be read any more; open it again, then copy") from error
    return len(start) == 9 and start[8:9] == b"{"


def _names(one: Chosen) -> tuple[str, dict[str, str]]:
    """What the names in the file begin with, and those that differ beyond: modules or tensors."""
    if one.weights.kind != "file":
        return "", {}
    theirs = _in_file(one)
    ends = Counter(
        there.removesuffix(ours) for ours, there in theirs.items() if there.endswith(ours)
    )
    prefix = ends.most_common(1)[0][0] if ends else ""
    renamed: dict[str, str] = {}
    for ours, there in theirs.items():
        module, _, last = ours.rpartition(".")
        if not there.startswith(prefix):
            prefix, renamed = "", {}
            return prefix, {ours: there for ours, there in theirs.items() if ours != there}
        there = there.removeprefix(prefix)
        if renamed.get(module, module) + f".{last}" == there:
            continue
        whole, _, end = there.rpartition(".")
        if end == last and module not in renamed:
            renamed[module] = whole
        else:
            renamed[ours] = there
    return prefix, renamed


def _in_file(one: Chosen) -> Mapping[str, str]:
    """The name of each of the network's tensors as it is in the file.

    Raises:
        NoScript: a short script cannot read the file, or it is gone.
    """
    from resnet_viz.networks.download import WeightsError
    from resnet_viz.networks.files.find import find_networks
    from resnet_viz.networks.files.reader import read_file
    from resnet_viz.networks.own import opened_as
    from resnet_viz.networks.recognise import renamed, shapes

    choice, spec = one.weights, one.spec
    path = Path(choice.path)
    try:
        contents = read_file(path)
        if spec.architecture is not None:
            opened = opened_as(choice)
            pairs = opened.reading.names
            tensors = opened.candidate.tensors
            names = {ours: tensors[there].name for ours, there in pairs.items() if there in tensors}
        else:
            which = None if choice.reading is None else choice.reading.which
            candidates = find_networks(contents)
            chosen = next((c for c in candidates if which in (None, c.prefix)), candidates[0])
            expected = shapes(spec)[0]
            fitting = renamed(chosen.tensors, expected, spec.unused)
            names = {ours: info.name for ours, info in fitting.items() if ours in expected}
    except (WeightsError, OSError) as error:
        raise NoScript(f"{str(error).rstrip('.')}. Without it there is no script") from error
    if not _reader(path):
        raise NoScript(
            f"{path.name} is {contents.container}, which no few lines can read; save the network's "
            "state_dict(), open that and copy again"
        )
    return {ours: there for ours, there in names.items() if not ours.endswith("_tracked")}


def _reader(path: Path) -> str:
    """The function that reads the tensors of a file in a script, and "" where there is none.

    torch reads what holds numbers alone. What holds more, such as a whole network, is read as a zip
    file whose objects are not made: nothing of it is run.
    """
    import pickle

    import torch

    if _is_safetensors(path):
        return _SAFETENSORS
    try:
        torch.load(io.BytesIO(path.read_bytes()), map_location="meta", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError):
        return _INERT if _is_checkpoint(path) else ""
    return _PTH


def _is_checkpoint(path: Path) -> bool:
    """True for a zip file as torch writes them, whose numbers begin with the lowest byte."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.rpartition("/")[2]: name for name in archive.namelist()}
            order = archive.read(names["byteorder"]) if "byteorder" in names else b"little"
    except (OSError, zipfile.BadZipFile):
        return False
    return "data.pkl" in names and "constants.pkl" not in names and order == b"little"


_SAFETENSORS = '''
def safetensors(path):
    """The tensors of a safetensors file: a length, a JSON table, and the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    kinds = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16}
    kinds |= {"BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32}
    kinds |= {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
    tensors = {}
    for name, about in json.loads(data[8:start]).items():
        if name != "__metadata__" and about["dtype"] in kinds:
            first, last = (start + place for place in about["data_offsets"])
            numbers = torch.frombuffer(bytearray(data[first:last]), dtype=kinds[about["dtype"]])
            tensors[name] = numbers.reshape(about["shape"])
    return tensors

'''

_PTH = '''
def checkpoint(path):
    """The tensors of a PyTorch file by their paths in it, such as "state_dict.conv1.weight"."""
    data = io.BytesIO(path.read_bytes())
    tensors, rest = {}, [("", torch.load(data, map_location="cpu", weights_only=True))]
    while rest:
        name, value = rest.pop()
        if isinstance(value, torch.Tensor):
            tensors[name] = value
        elif isinstance(value, (dict, list, tuple)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            rest += [(f"{name}.{key}" if name else str(key), one) for key, one in pairs]
    return tensors

'''

_INERT = '''
KINDS = {"Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16"}
KINDS |= {"Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8"}


class Inert:
    """Stands for what is no number; it keeps what it is given, and does nothing."""

    def __new__(cls, *given, **named):
        made = super().__new__(cls)
        made.state, made.pairs = {}, {}
        return made

    def __setstate__(self, state):
        self.state = state

    def __setitem__(self, key, value):
        self.pairs[key] = value

    def append(self, value):
        pass


class Reader(pickle.Unpickler):
    """Reads a checkpoint that holds more than numbers without running anything of it."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        names = [name for name in self.archive.namelist() if name.endswith("data.pkl")]
        self.folder = names[0].removesuffix("data.pkl")
        super().__init__(io.BytesIO(self.archive.read(names[0])))

    def find_class(self, module, name):
        if name == "_rebuild_tensor_v2":
            return lambda numbers, at, size, stride, *_: numbers.as_strided(size, stride, at)
        if name == "_rebuild_parameter":
            return lambda numbers, *_: numbers
        if name == "OrderedDict":
            return OrderedDict
        if module == "torch" and name.removesuffix("Storage") in KINDS:
            return getattr(torch, KINDS[name.removesuffix("Storage")])
        return Inert

    def persistent_load(self, saved):
        _, kind, key, _, count = saved
        data = self.archive.read(f"{self.folder}data/{key}")
        return torch.frombuffer(bytearray(data), dtype=kind) if count else torch.empty(0)


def checkpoint(path):
    """The tensors of a PyTorch file by their paths in it, such as "net.conv1.weight"."""
    tensors, rest = {}, [("", Reader(path).load())]
    while rest:
        name, value = rest.pop()
        if isinstance(value, torch.Tensor):
            tensors[name] = value
        elif isinstance(value, Inert):
            state = value.state if isinstance(value.state, dict) else {}
            groups = [state.get(key) or {} for key in ("_parameters", "_buffers", "_modules")]
            for group in groups if "_modules" in state else (state, value.pairs):
                rest.append((name, group))
        elif isinstance(value, (dict, list, tuple)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            rest += [(f"{name}.{key}" if name else str(key), one) for key, one in pairs]
    return tensors

'''

_FILL = '''
def fill(net, state, prefix="", renamed={}):
    """Copy a file's numbers into a network; ``renamed`` are names that differ in the file."""
    ready = {}
    for name, own in net.state_dict().items():
        module, _, last = name.rpartition(".")
        there = prefix + renamed.get(name, f"{renamed.get(module, module)}.{last}")
        if last != "num_batches_tracked":
            assert there in state, f"the file has no {there}"
            ready[name] = state[there].to(own.dtype).reshape(own.shape)
    net.load_state_dict(ready, strict=False)
    net.eval().requires_grad_(False)


'''

_UNTRAINED = '''
def as_untrained(net):
    """Each norm takes the statistics of what it is given, as at the start of training."""

    def look(norm, given):
        norm.training = given[0].numel() > given[0].shape[1]  # else there is no variance

    for module in net.eval().requires_grad_(False).modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.momentum = 0.0
            module.register_forward_pre_hook(look)


'''

# ---- the networks

_POST = '''
def stem(net, x):
    return net.maxpool(net.relu(net.bn1(net.conv1(x))))


def branch(block, x):
    """The residual branch F(x) of torchvision's BasicBlock and Bottleneck."""
    f = block.bn2(block.conv2(block.relu(block.bn1(block.conv1(x)))))
    return block.bn3(block.conv3(block.relu(f))) if hasattr(block, "conv3") else f


def shortcut(block, x):
    return x if block.downsample is None else block.downsample(x)


def after(block, y):
    return torch.relu(y)


def head(net, y):
    return net.fc(torch.flatten(net.avgpool(y), 1))

'''

_BLOCKS = '''
def blocks(net):
    """The blocks by their names, from input to output."""
    stages = [(name, stage) for name, stage in net.named_children() if name.startswith("layer")]
    return {f"{name}.{n}": block for name, stage in stages for n, block in enumerate(stage)}

'''

_PAD = '''
class Pad(nn.Module):
    """Every second pixel, and zeros for the channels that are missing (option A)."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.stride, self.more = stride, width - inputs

    def forward(self, x):
        before = self.more // 2
        x = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(x, (0, 0, 0, 0, before, self.more - before))

'''

_CIFAR = f'''{_PAD}
def cifar_resnet(n, classes, kind):
    """The network of He et al. 2015 (arXiv:1512.03385), section 4.2, of torchvision's blocks.

    A plain network ("none") is the same without the shortcuts.
    """

    def shortcut(inputs, width, stride):
        if stride == 1 and inputs == width:
            return None
        if kind != "projection":
            return Pad(inputs, width, stride)
        return nn.Sequential(
            nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
        )

    net, before = nn.Module(), 16
    net.conv1, net.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
    net.relu, net.maxpool = nn.ReLU(), nn.Identity()
    for number, width in enumerate((16, 32, 64), 1):
        stage = []
        for index in range(n):
            stride = 2 if number > 1 and index == 0 else 1
            made = shortcut(before, width, stride)
            stage.append(resnet.BasicBlock(before, width, stride, made))
            before = width
        net.add_module(f"layer{{number}}", nn.Sequential(*stage))
    net.avgpool, net.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(64, classes)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net

'''

_PREACT = f'''{_PAD}
class PreactBlock(nn.Module):
    """Norm, ReLU, convolution, two or three times: He et al. 2016 (arXiv:1603.05027), fig. 4e."""

    def __init__(self, inputs, width, stride, deep):
        super().__init__()
        out = 4 * width if deep else width
        self.bn1 = nn.BatchNorm2d(inputs)
        if deep:
            self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        else:
            self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride if deep else 1, 1, bias=False)
        if deep:
            self.bn3 = nn.BatchNorm2d(width)
            self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        same = stride == 1 and inputs == out
        self.downsample = None if same else Pad(inputs, out, stride)


class PreactResNet(nn.Module):
    def __init__(self, n, classes, deep):
        super().__init__()
        self.conv1, before = nn.Conv2d(3, 16, 3, 1, 1, bias=False), 16
        for number, width in enumerate((16, 32, 64), 1):
            stage = []
            for index in range(n):
                stride = 2 if number > 1 and index == 0 else 1
                stage.append(PreactBlock(before, width, stride, deep))
                before = 4 * width if deep else width
            self.add_module(f"layer{{number}}", nn.Sequential(*stage))
        self.bn = nn.BatchNorm2d(before)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(before, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def stem(net, x):
    return net.conv1(x)


def branch(block, x):
    """The residual branch F(x)."""
    f = block.conv1(torch.relu(block.bn1(x)))
    f = block.conv2(torch.relu(block.bn2(f)))
    return block.conv3(torch.relu(block.bn3(f))) if hasattr(block, "conv3") else f


def shortcut(block, x):
    return x if block.downsample is None else block.downsample(x)


def after(block, y):
    return y


def head(net, y):
    return net.fc(torch.flatten(net.avgpool(torch.relu(net.bn(y))), 1))

'''

_LENET = '''
class LeNet5(nn.Module):
    """LeCun et al. 1998, section II.B, with plain averages, tanh and a linear output."""

    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
            nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes),
        )
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                most = 2.4 / module.weight[0].numel()
                nn.init.uniform_(module.weight, -most, most)
                nn.init.uniform_(module.bias, -most, most)

    def forward(self, x):
        return self.classifier(self.features(x))

'''
