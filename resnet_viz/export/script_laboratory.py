"""The gradient laboratory as a short Python script: the twins, their batch and their gradients."""

from __future__ import annotations

from resnet_viz.export.script_parts import Template, sheet
from resnet_viz.images import gallery
from resnet_viz.images.photo import clamp_crop, default_crop, network_picture
from resnet_viz.networks.preprocessing import MEAN, STD
from resnet_viz.results.laboratory import LaboratoryRequest

_DATA_SEED = 1_000_003  # as in `analysis.laboratory`; a test compares the numbers


def laboratory_script(request: LaboratoryRequest) -> str:
    """The script that prints the laboratory's table, a line for each layer."""
    twins = [request.combine] if request.combine == "none" else [request.combine, "none"]
    return _SCRIPT.format(
        network=NETWORK,
        depth=request.depth,
        twins=repr(twins),
        norm=request.norm,
        initialisation=repr(request.initialisation),
        nonlinearity=repr(request.nonlinearity),
        batch=request.batch,
        seed=request.seed,
        data_seed=_DATA_SEED + request.seed,
        pillow="from PIL import Image\n" if request.data == "photos" else "",
        imports=_IMPORTS if request.data == "photos" else "",
        images=_NOISE if request.data == "noise" else _photos(request),
    )


def _photos(request: LaboratoryRequest) -> str:
    """The lines that make ``images`` of the open photo and the samples, in turn."""
    side = 32
    pictures = [
        gallery.thumbnail(gallery.load_sample(sample.name), side) for sample in gallery.SAMPLES
    ]
    if request.photo is not None:
        crop = clamp_crop(request.crop or default_crop(request.photo, 1.0), request.photo)
        pictures.insert(0, network_picture(request.photo, crop, side))
    return sheet(pictures) + _AUGMENTED.format(mean=tuple(MEAN), std=tuple(STD))


_IMPORTS = "import base64\nimport io\n\nimport numpy as np\n"

_NOISE = "images = torch.randn(BATCH, 3, 32, 32, generator=generator)\n"

_AUGMENTED = Template("""pictures = pictures[np.arange(BATCH) % len(pictures)]
images = torch.tensor(pictures).permute(0, 3, 1, 2).float() / 255
# Every second one mirrored, each moved by up to 4 pixels, as in training.
mirrored = torch.rand(BATCH, generator=generator) < 0.5
images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
down, right = torch.randint(0, 9, (2, BATCH), generator=generator).tolist()
padded = nn.functional.pad(images, (4, 4, 4, 4), mode="reflect")
moved = [padded[n, :, a : a + 32, b : b + 32] for n, (a, b) in enumerate(zip(down, right))]
mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (<<mean>>, <<std>>))
images = (torch.stack(moved) - mean) / std
""")


NETWORK = '''

def norm(width):
    return nn.BatchNorm2d(width) if NORM else nn.Identity()


class Block(nn.Module):
    """Two convolutions, and a shortcut around them unless ``combine`` is "none"."""

    def __init__(self, before, width, stride, combine):
        super().__init__()
        self.combine, self.stride, self.more = combine, stride, width - before
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=not NORM)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=not NORM)
        self.bn2 = norm(width)
        if combine == "concat":
            self.merge = nn.Conv2d(2 * width, width, 1)

    def forward(self, x, note):
        f = self.bn2(self.conv2(note("conv1", act(self.bn1(self.conv1(x))))))
        before = self.more // 2
        shortcut = x[:, :, :: self.stride, :: self.stride]
        shortcut = nn.functional.pad(shortcut, (0, 0, 0, 0, before, self.more - before))
        if self.combine == "add":
            f = f + shortcut
        elif self.combine == "concat":
            f = self.merge(torch.cat((f, shortcut), 1))
        return note("conv2", act(f))


def build(combine):
    """The network of He et al. 2015, arXiv:1512.03385, section 4.2."""
    net = nn.Module()
    net.conv1, net.bn1, before = nn.Conv2d(3, 16, 3, 1, 1, bias=not NORM), norm(16), 16
    for number, width in enumerate((16, 32, 64), 1):
        blocks = []
        for index in range((DEPTH - 2) // 6):
            stride = 2 if number > 1 and index == 0 else 1
            blocks.append(Block(before, width, stride, combine))
            before = width
        setattr(net, f"layer{number}", nn.Sequential(*blocks))
    net.fc = nn.Linear(64, 10)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and INITIALISATION != "default":
            if INITIALISATION == "xavier":
                nn.init.xavier_uniform_(module.weight)
            else:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, Block) and INITIALISATION == "zero" and combine != "none":
            nn.init.zeros_(module.bn2.weight)
    return net.train()
'''
"""The networks of the laboratory: with DEPTH, NORM, INITIALISATION and ``act``."""

_SCRIPT = Template('''# ResNet Explorer: the gradient laboratory.
# Run it with Python and torch, torchvision and numpy: python this_file.py
<<imports>>import torch
<<pillow>>from torch import nn

DEPTH, TWINS, NORM = <<depth>>, <<twins>>, <<norm>>
INITIALISATION, BATCH, SEED = <<initialisation>>, <<batch>>, <<seed>>
act = {
    "relu": torch.relu,
    "leaky relu": lambda x: nn.functional.leaky_relu(x, 0.01),
    "tanh": torch.tanh,
    "gelu": nn.functional.gelu,
    "identity": lambda x: x,
}[<<nonlinearity>>]
<<network>>

def measure(net):
    """Norms of the loss's gradients, and variances, by the names of the layers."""
    kept = {}

    def note(name, value):
        value.retain_grad()
        kept[name] = value
        return value

    x = note("conv1", act(net.bn1(net.conv1(images))))
    for layer in ("layer1", "layer2", "layer3"):
        for number, block in enumerate(getattr(net, layer)):
            x = block(x, lambda name, value: note(f"{layer}.{number}.{name}", value))
    logits = note("fc", net.fc(x.mean((2, 3))))
    nn.functional.cross_entropy(logits, labels).backward()
    found = {}
    for name, value in kept.items():
        weight = net.get_submodule(name).weight.grad
        found[name] = (
            weight.double().norm().item(),
            value.grad.double().norm().item(),
            value.detach().double().var(correction=0).item(),
        )
    return found


torch.manual_seed(SEED)
nets = [build(combine) for combine in TWINS]
for name, module in nets[-1].named_modules():  # the twin gets the same numbers
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        module.load_state_dict(nets[0].get_submodule(name).state_dict())
generator = torch.Generator().manual_seed(<<data_seed>>)
labels = torch.randint(10, (BATCH,), generator=generator)
<<images>>tables = [measure(net) for net in nets]
for name in tables[-1]:
    print(name, *(table[name][n] for n in range(3) for table in tables), sep="\\t")
''')
