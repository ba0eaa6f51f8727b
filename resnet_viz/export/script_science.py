"""What science says of each block as Python scripts: readout, refinement and alignment."""

from __future__ import annotations

from resnet_viz.export.script_parts import Template, found, photo_of, tidy
from resnet_viz.export.script_run import beginning, forwards, over_networks
from resnet_viz.networks.cards import derived_path
from resnet_viz.results.alignment import AlignmentResult
from resnet_viz.results.readout import GRID, ReadoutResult
from resnet_viz.results.refinement import RefinementResult


@tidy
def readout_script(result: ReadoutResult) -> str:
    """The script that prints each probe's answer with its probability, skips on and off.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    snapshot = result.on.snapshot
    probes = derived_path(snapshot.spec, "readout")
    begun = beginning(result.on, "the answers of linear probes at each block", (probes,))
    return (
        begun
        + forwards(snapshot.spec)
        + _READOUT.format(
            probes=found(probes),
            labels=result.labels,
            grid=GRID,
            strengths=(1.0, 0.0) if result.without else (1.0,),
        )
    )


@tidy
def refinement_script(result: RefinementResult) -> str:
    """The script that prints the cosine of F(x) and −∂L/∂x at each block, skips on and off.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    from resnet_viz.networks.weights import class_labels

    snapshot = result.on.snapshot
    labels = snapshot.weights.labels or class_labels(snapshot.spec)
    label, target = snapshot.photo.label, snapshot.target
    if target is None and label in labels:
        target = labels.index(label)
    begun = beginning(result.on, "the cosine of F(x) and the loss's descent at each block")
    return begun + forwards(snapshot.spec) + _REFINEMENT.format(target=target)


@tidy
def alignment_script(result: AlignmentResult) -> str:
    """The script that prints where each block's output lies in its stage's main plane.

    Raises:
        NoScript: a network is none that a script can be written for.
    """
    text, files = photo_of(result.screen.on.snapshot)
    both = [one.on for one in result.both]
    what = "the way through each stage of"
    text += "x = as_input(picture[None])\n"
    return over_networks(what, both, files, text + _WAY, _ALIGNMENT)


_READOUT = Template("""LABELS = <<labels>>
# The probes' weights are in the file as 16-bit numbers; each block's output is first averaged
# over <<grid>>×<<grid>> fields. They were trained on test images of CIFAR-10 with all skips on, and
# the accuracies were measured on others; neither can be computed from this photo.
probes = json.loads(<<probes>>.read_bytes())
answers = {}
for skip in <<strengths>>:
    seen = {}
    with torch.no_grad():
        forward(x, skip, lambda name, y: seen.setdefault(name, y))
    for name, packed in zip(probes["blocks"], probes["probes"]):
        weights = np.frombuffer(base64.b64decode(packed), "<f2").astype(np.float32)
        weights = torch.tensor(weights.reshape(len(LABELS), -1))
        features = nn.functional.adaptive_avg_pool2d(seen[name], <<grid>>).flatten()
        odds = torch.softmax(weights[:, :-1] @ features + weights[:, -1], 0)
        answers.setdefault(name, []).extend((LABELS[int(odds.argmax())], odds.max().item()))
for number, (name, row) in enumerate(answers.items()):
    right = [probes[key][number] for key in ("accuracy", "accuracy_off")][: len(row) // 2]
    print(name, *row, *right, sep="\\t")
""")

_REFINEMENT = Template("""# To first order a block that adds F(x) lowers the loss if F(x) goes
# along -dL/dx (Jastrzebski et al. 2018, arXiv:1710.04773).
TARGET = <<target>>
if TARGET is None:  # then what the network answers with all its skips
    TARGET = forward(x)[0].argmax().item()


def cosine(a, b):
    if a.shape != b.shape or not a.any() or not b.any():
        return float("nan")
    a, b = a.double().flatten() / a.abs().max(), b.double().flatten() / b.abs().max()
    return (a @ b / (a.norm() * b.norm())).item()


columns = []
for skip in (1.0, 0.0):
    seen = {}
    logits = forward(x.clone().requires_grad_(), skip, lambda name, y: seen.setdefault(name, y))
    loss = nn.functional.cross_entropy(logits, torch.tensor([TARGET]))
    inputs = dict(zip(blocks(net), seen.values()))  # a block's input is what came out before it
    slopes = torch.autograd.grad(
        loss, list(inputs.values()), allow_unused=True, materialize_grads=True
    )
    column = {}
    for (name, y), slope in zip(inputs.items(), slopes):
        with torch.no_grad():
            column[name] = cosine(branch(blocks(net)[name], y), -slope)
    columns.append(column)
for name in columns[0]:
    print(name, *(column[name] for column in columns), sep="\\t")
""")

_WAY = '''

def principal(rows):
    """Places along the two main directions, whose largest weight is positive."""
    rows = rows - rows.mean(0)
    u, spread, directions = np.linalg.svd(rows, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(1)
    signs = np.sign(directions[np.arange(len(largest)), largest])
    return u[:, :2] * spread[:2] * signs


def ways(net):
    """For each stage the outputs of its blocks, a row each."""
    found, y = {}, stem(net, x)
    for name, block in blocks(net).items():
        f = branch(block, y)
        y = after(block, f + shortcut(block, y) if net.skips else f)
        found.setdefault(name.split(".")[0], {})[name] = y.double().flatten().numpy()
    return found


'''

_ALIGNMENT = """# Outputs on a line are aligned (Li and Papyan 2023, arXiv:2401.09018).
for title, net in NETS.items():
    for stage, outputs in ways(net).items():
        rows = np.stack(list(outputs.values()))
        if len(rows) > 1:
            steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
            straight = np.linalg.norm(rows[-1] - rows[0]) / steps.sum()
            for name, place in zip(outputs, principal(rows)):
                print(title, name, *map(float, place), float(straight), sep="\\t")
"""
