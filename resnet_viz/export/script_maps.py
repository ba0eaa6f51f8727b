"""Maps as Python scripts: attribution, one method at every block, receptive fields, a pyramid."""

from __future__ import annotations

from resnet_viz.export.script_parts import NoScript, Template, tidy
from resnet_viz.export.script_run import beginning, forwards
from resnet_viz.results.attribution import AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.backbone import Pyramid
from resnet_viz.results.depth import DepthResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.receptive import EDGE, ReceptiveResult

DRAWS = 8  # as in `analysis.receptive`; a test compares the numbers


@tidy
def attribution_script(result: AttributionResult) -> str:
    """The script that prints every map, a line for each place: method, skips, row, column, value.

    Raises:
        NoScript: a method is none that a script can be written for, or the network is none.
    """
    return _attribution(
        result.on,
        [one.method for one in result.maps if not one.off],
        [result.block],
        result.target,
        result.against,
        (1.0,) if result.scores[1] is None else (1.0, 0.0),
        result.request.as_set,
    )


@tidy
def depth_script(result: DepthResult) -> str:
    """As `attribution_script`, of one method at every block.

    Raises:
        NoScript: as there.
    """
    strengths = (1.0, 0.0) if result.two_sides else (1.0,)
    target = result.on.snapshot.target
    methods = [result.request.method]
    return _attribution(result.on, methods, result.blocks, target, None, strengths, False)


def _attribution(
    on: Measured,
    methods: list[str],
    blocks: list[str] | tuple[str, ...],
    target: int | None,
    against: int | None,
    strengths: tuple[float, ...],
    as_set: bool,
) -> str:
    for name in methods:
        if name not in _METHODS:
            raise NoScript(
                f"There is no script for {METHODS[name].title}, which has a rule of its own for "
                "every layer's way back; leave it out, measure again and copy"
            )
    if as_set and not on.snapshot.gates.all_on:
        raise NoScript(
            "There is no script for maps at gates set one by one; measure them in the instrument "
            "Attribution, with all skips on and off"
        )
    titles = [METHODS[name].title for name in methods]
    used = dict.fromkeys(name for method in methods for name in (*_NEEDS.get(method, ()), method))
    spec = on.snapshot.spec
    return (
        beginning(on, " and ".join(titles))
        + forwards(spec)
        + _SCORE.format(
            target=target,
            against=against,
            at_once=10 if on.weights.trained else 1,
            blocks=list(blocks),
        )
        + "".join(_METHODS.get(name) or _HELPERS[name] for name in used)
        + _MAPS.format(methods=", ".join(methods), strengths=strengths)
    )


@tidy
def receptive_script(result: ReceptiveResult) -> str:
    """The script that prints each block's theoretical field, and the effective ones, in pixels.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    spec = result.on.snapshot.spec
    if spec.name == "googlenet":
        raise NoScript(
            f"There is no script for the fields of {spec.title}, in which kernels lie side by side"
        )
    begun = beginning(result.on, "receptive fields")
    if "Blur(" in begun:
        raise NoScript("There is no script for the fields of a network with blurring pools")
    return (
        begun
        + forwards(spec)
        + _RECEPTIVE.format(
            x=result.request.x,
            y=result.request.y,
            edge=EDGE,
            draws=DRAWS,
            at_once=DRAWS if result.on.weights.trained else 1,
            strengths=(1.0, 0.0) if result.two_sides else (1.0,),
        )
    )


@tidy
def pyramid_script(pyramid: Pyramid, kind: str, x: float, y: float) -> str:
    """The script that prints a line for each stage: cosines with a place, or main components.

    ``kind`` is a key of `figures.backbone.KINDS`; ``x`` and ``y`` are shares of the input's side.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    spec = pyramid.on.snapshot.spec
    two = any(level.off is not None for level in pyramid.levels)
    return (
        beginning(pyramid.on, "the features of each stage")
        + forwards(spec)
        + _PYRAMID.format(
            stages={level.title: level.block for level in pyramid.levels},
            x=x,
            y=y,
        )
        + (_SIMILARITY if kind == "similarity" else _COMPONENTS)
        + _PRINT_PYRAMID.format(strengths=(1.0, 0.0) if two else (1.0,))
    )


_SCORE = Template('''TARGET, AGAINST, AT_ONCE = <<target>>, <<against>>, <<at_once>>
BLOCKS = <<blocks>>
if TARGET is None:  # then what the network answers with all its skips
    TARGET = forward(x)[0].argmax().item()


def score(pictures, skip, looked=lambda name, y: y):
    """The logit of TARGET for each picture, less that of AGAINST if there is one."""
    logits = forward(pictures, skip, looked)
    return logits[:, TARGET] - (0 if AGAINST is None else logits[:, AGAINST])


def slopes(pictures, skip):
    """The gradient of each picture's score with respect to the picture."""
    found = []
    for some in pictures.split(AT_ONCE):
        some = some.detach().clone().requires_grad_()
        found.append(torch.autograd.grad(score(some, skip).sum(), some)[0])
    return torch.cat(found)


def at_block(skip, block):
    """The block's output a and the score's gradient g with respect to it, (C, h, w) each."""
    seen = {}

    def looked(name, y):
        seen[name] = y.detach().requires_grad_() if name == block else y
        return seen[name]

    g = torch.autograd.grad(score(x, skip, looked).sum(), seen[block])[0]
    return seen[block].detach()[0], g[0]


@torch.no_grad()
def scores(pictures, skip, looked=lambda name, y: y):
    return torch.cat([score(some, skip, looked) for some in pictures.split(AT_ONCE)])


def weighted(weights, a):
    return torch.relu((weights[:, None, None] * a).sum(0))

''')

_HELPERS = {
    "guided": '''
class Guided(torch.autograd.Function):
    """A ReLU that lets only what is positive back (Springenberg 2014, arXiv:1412.6806)."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp_min(0)

    @staticmethod
    def backward(ctx, g):
        return g.clamp_min(0) * (ctx.saved_tensors[0] > 0)


class AllGuided(torch.overrides.TorchFunctionMode):
    """Within it every ReLU is guided."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in (torch.relu, torch.relu_, nn.functional.relu, torch.Tensor.relu):
            return Guided.apply(args[0])
        return func(*args, **(kwargs or {}))

''',
}

_NEEDS = {"guided_backprop": ("guided",), "guided_grad_cam": ("guided", "grad_cam")}

_METHODS = {
    "grad_cam": '''
def grad_cam(skip, block):
    """Selvaraju 2017, arXiv:1610.02391, equations 1 and 2."""
    a, g = at_block(skip, block)
    return weighted(g.mean(dim=(1, 2)), a)

''',
    "hires_cam": '''
def hires_cam(skip, block):
    """Draelos 2020, arXiv:2011.08891."""
    a, g = at_block(skip, block)
    return torch.relu((g * a).sum(0))

''',
    "layer_cam": '''
def layer_cam(skip, block):
    """Jiang 2021, IEEE TIP 30."""
    a, g = at_block(skip, block)
    return torch.relu((torch.relu(g) * a).sum(0))

''',
    "grad_cam_pp": '''
def grad_cam_pp(skip, block):
    """Chattopadhay 2018, arXiv:1710.11063, equations 10 and 19."""
    a, g = (values.double() for values in at_block(skip, block))
    below = 2 + a.sum(dim=(1, 2), keepdim=True) * g
    share = torch.where((g != 0) & (below != 0), 1 / below, torch.zeros_like(below))
    return weighted((share * torch.relu(g)).sum(dim=(1, 2)), a)

''',
    "xgrad_cam": '''
def xgrad_cam(skip, block):
    """Fu 2020, arXiv:2008.02312, equations 7 and 8."""
    a, g = at_block(skip, block)
    total = a.sum(dim=(1, 2))
    weights = (g * a).sum(dim=(1, 2)) / total
    return weighted(torch.where(total != 0, weights, torch.zeros_like(total)), a)

''',
    "score_cam": '''
def score_cam(skip, block):
    """Wang 2020, arXiv:1910.01279: the scores of the picture as seen through each channel."""
    a, _ = at_block(skip, block)
    channels = (a.amax(dim=(1, 2)) > a.amin(dim=(1, 2))).nonzero().flatten()
    weights = torch.zeros(len(a))
    if len(channels):
        masks = nn.functional.interpolate(
            a[None, channels], size=x.shape[-2:], mode="bilinear", align_corners=False
        )[0]
        low, high = (end(masks, dim=(1, 2), keepdim=True) for end in (torch.amin, torch.amax))
        masks = (masks - low) / (high - low).clamp_min(torch.finfo(masks.dtype).tiny)
        weights[channels] = torch.softmax(scores(x * masks[:, None], skip), 0)
    return weighted(weights, a)

''',
    "ablation_cam": '''
def ablation_cam(skip, block):
    """Ramaswamy 2020: what the score loses when a channel is set to zero."""
    a, _ = at_block(skip, block)
    lost = []
    for channel in range(len(a)):
        keep = torch.ones(len(a), 1, 1)
        keep[channel] = 0
        without = lambda name, y, keep=keep: y * keep if name == block else y
        lost.append(scores(x, skip) - scores(x, skip, without))
    return weighted(torch.cat(lost), a)

''',
    "gradient": '''
def gradient(skip, block):
    """Simonyan 2013, arXiv:1312.6034: the greatest slope over the colours."""
    return slopes(x, skip)[0].abs().amax(0)

''',
    "input_gradient": '''
def input_gradient(skip, block):
    """Shrikumar 2016, arXiv:1605.01713."""
    return (x * slopes(x, skip))[0].sum(0)

''',
    "integrated_gradients": '''
def integrated_gradients(skip, block):
    """Sundararajan 2017, arXiv:1703.01365, from zeros (the mean colour), by Gauss-Legendre."""
    places, shares = (torch.tensor(v).float() for v in np.polynomial.legendre.leggauss(50))
    found = slopes((places.view(-1, 1, 1, 1) + 1) / 2 * x, skip)
    return (x[0] * (shares.view(-1, 1, 1, 1) / 2 * found).sum(0)).sum(0)

''',
    "smooth_grad": '''
def smooth_grad(skip, block):
    """Smilkov 2017, arXiv:1706.03825: the mean gradient of 25 noisy copies."""
    noise = torch.randn((25, *x.shape[1:]), generator=torch.Generator().manual_seed(0))
    return slopes(x + 0.15 * (x.max() - x.min()) * noise, skip).mean(0).abs().amax(0)

''',
    "guided_backprop": """
def guided_backprop(skip, block):
    with AllGuided():
        return slopes(x, skip)[0].abs().amax(0)

""",
    "guided_grad_cam": '''
def guided_grad_cam(skip, block):
    """Selvaraju 2017, arXiv:1610.02391, section 3.1."""
    cam = nn.functional.interpolate(
        grad_cam(skip, block)[None, None], size=x.shape[-2:], mode="bilinear", align_corners=False
    )
    with AllGuided():
        return (slopes(x, skip)[0] * cam[0]).abs().amax(0)

''',
    "occlusion": '''
def occlusion(skip, block):
    """Zeiler & Fergus 2013, arXiv:1311.2901: the score that grey squares over a pixel cost."""
    size = x.shape[-1]
    step = max(1, -(-size // 16))
    side, starts = 2 * step, range(0, max(1, size - step), step)
    whole, lost, hidden = scores(x, skip), torch.zeros(size, size), torch.zeros(size, size)
    for row in starts:
        for column in starts:
            here = (..., slice(row, row + side), slice(column, column + side))
            picture = x.clone()
            picture[here] = 0
            lost[here] += (whole - scores(picture, skip)).item()
            hidden[here] += 1
    return lost / hidden.clamp_min(1)

''',
}
"""The methods that have a short script, by their names: functions of the skips and the block."""

_MAPS = Template("""
for method in (<<methods>>,):
    for block in BLOCKS:
        for skip in <<strengths>>:
            for (row, column), value in np.ndenumerate(method(skip, block).float().numpy()):
                print(method.__name__, block, skip, row, column, float(value), sep="\\t")
""")

_RECEPTIVE = Template('''X, Y, EDGE, DRAWS, AT_ONCE = <<x>>, <<y>>, <<edge>>, <<draws>>, <<at_once>>


def theoretical():
    """What a unit can see: k - 1 pixels more with each kernel of k, times all strides before.

    A shortcut's kernels are not greater than its branch's, and so do not count.
    """
    sides, so_far = {}, [1, 1]  # a unit's side, and the distance of two neighbours, in pixels

    def grow(layer, given, output):
        first = lambda value: value if isinstance(value, int) else value[0]
        kernel, stride = first(layer.kernel_size), first(layer.stride)
        so_far[0] += first(getattr(layer, "dilation", 1)) * (kernel - 1) * so_far[1]
        so_far[1] *= stride

    kinds = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
    layers = [(name, one) for name, one in net.named_modules() if isinstance(one, kinds)]
    handles = [one.register_forward_hook(grow) for name, one in layers if "downsample" not in name]

    def note(name, y):
        sides[name] = so_far[0]
        return y

    forward(x, 1.0, note)
    for handle in handles:
        handle.remove()
    return sides


def effective(block, skip):
    """The side of a square as large as where the gradient is above EDGE of its greatest.

    The squared gradient of a sum of channels with random signs is, in the mean, the sum of the
    channels' squared gradients (Luo 2016, arXiv:1701.04128).
    """
    squares = 0
    for draws in torch.arange(DRAWS).split(AT_ONCE):
        seen, pictures = {}, x.repeat(len(draws), 1, 1, 1).requires_grad_()
        forward(pictures, skip, lambda name, y: seen.setdefault(name, y))
        y = seen[block]
        row, column = (min(n - 1, int(at * n)) for at, n in zip((Y, X), y.shape[-2:]))
        signs = [
            2 * torch.randint(0, 2, y.shape[1:2], generator=torch.Generator().manual_seed(draw)) - 1
            for draw in draws.tolist()
        ]
        unit = (y[:, :, row, column] * torch.stack(signs)).sum()
        squares += torch.autograd.grad(unit, pictures)[0].double().square().sum(dim=(0, 1))
    values = (squares / DRAWS).sqrt()
    return (values > EDGE * values.max()).sum().sqrt().item()


for name, side in theoretical().items():
    print(name, side, *(effective(name, skip) for skip in <<strengths>>), sep="\\t")
''')

_PYRAMID = Template("""STAGES = <<stages>>  # and the last block of each
X, Y = <<x>>, <<y>>

""")

_SIMILARITY = '''
def line(features):
    """Mean, least and greatest cosine of all places' features with those of the place (X, Y)."""
    _, height, width = features.shape
    row, column = min(height - 1, int(Y * height)), min(width - 1, int(X * width))
    units = nn.functional.normalize(features, dim=0, eps=0.0)
    cosines = (units * units[:, row, column][:, None, None]).sum(0).clamp(-1, 1)
    cosines = cosines[cosines.isfinite()]
    return [f(cosines).item() for f in (torch.mean, torch.min, torch.max)]

'''

_COMPONENTS = '''
def line(features):
    """The shares of the variance that the first three principal components hold."""
    rows = features.flatten(1).T
    spread = torch.linalg.svdvals(rows - rows.mean(0)) ** 2
    return (spread[:3] / spread.sum()).tolist()

'''

_PRINT_PYRAMID = Template("""
for skip in <<strengths>>:
    seen = {}
    with torch.no_grad():
        forward(x, skip, lambda name, y: seen.setdefault(name, y))
    for title, block in STAGES.items():
        features = seen[block][0].double()
        print(title, skip, *features.shape, *line(features), sep="\\t")
""")
