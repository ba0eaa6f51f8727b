"""What every method of attribution is given: a network, an input, a score and a block."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_viz.analysis import memory
from resnet_viz.analysis.attribution.separate import SeparateRelus
from resnet_viz.networks.parts import parts_of

Steps = Generator[tuple[int, int], None, Tensor]
"""How a method works: it yields (done, all) between its batches, and returns its map."""

MOST = 32
"""Pictures in a batch at most."""
_SHARE = 0.25  # of the memory that is free


class Refused(Exception):
    """The method cannot be used on this network; the text is a sentence for the user."""


class Score(nn.Module):
    """The logit of A, or of A minus B, of each picture of a batch.

    Shapes: (N, C, S, S) → (N,).
    """

    def __init__(self, network: nn.Module, target: int, against: int | None = None) -> None:
        super().__init__()
        self.network, self.target, self.against = network, target, against

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x)
        score = logits[:, self.target]
        return score if self.against is None else score - logits[:, self.against]


class Scene:
    """A network to explain, which is the scene's own, on one picture and at one block.

    ``image`` is (1, C, S, S), normalised, so that zeros are a picture of the mean colour.
    ``together`` is how many pictures fit the memory at once; 1 where each is normalised by its own
    statistics (untrained networks), since those of a batch would mix them.
    """

    def __init__(
        self,
        network: nn.Module,
        image: Tensor,
        target: int,
        against: int | None = None,
        block: str = "",
        own_statistics: bool = False,
    ) -> None:
        """
        Raises:
            ValueError: there is no such block.
            Refused: the network computes something else when its ReLUs are made modules.
        """
        modules = {part.name: part.module_name for part in parts_of(network)}
        if block and block not in modules:
            raise ValueError(f"there is no block {block!r}; there are {', '.join(modules)}")
        self.image = image.detach()
        self.own_statistics = own_statistics
        with torch.no_grad():
            before = network(self.image)
        self.separate = SeparateRelus(network, self.image).eval().requires_grad_(False)
        self.score = Score(self.separate, target, against).eval()
        # Only now: where a part ends with a ReLU, that is another module than before.
        self._modules = {name: network.get_submodule(one) for name, one in modules.items()}
        self.look_at(block or list(modules)[-1])
        values = 0

        def count(_: nn.Module, __: object, out: object) -> None:
            nonlocal values
            values += out.numel() if isinstance(out, Tensor) else 0

        handles = [one.register_forward_hook(count) for one in network.modules()]
        try:
            with torch.no_grad():
                after = self.separate(self.image)
        finally:
            for handle in handles:
                handle.remove()
        if not torch.equal(before.nan_to_num(), after.nan_to_num()):
            raise Refused("The network's ReLUs cannot be told apart without changing its answer")
        self.together = self._together(8 * values)  # and as much for the gradients

    def look_at(self, block: str) -> None:
        """Take the output of ``block`` from now on, one of the network's."""
        self.block, self.output = block, self._modules[block]

    def _together(self, size: int) -> int:
        if self.own_statistics:
            return 1
        free = memory.free(self.image.device)
        return MOST if free is None else max(1, min(MOST, int(_SHARE * free / max(1, size))))

    @property
    def relus(self) -> int:
        """How many ReLUs a pass meets."""
        return len(self.separate.relus)

    @torch.no_grad()
    def scores(self, pictures: Tensor) -> Tensor:
        """(N, C, S, S) → (N,)."""
        out: Tensor = self.score(pictures)
        return out

    @torch.enable_grad()
    def gradients(self, pictures: Tensor) -> Tensor:
        """Of each picture's score with respect to it, (N, C, S, S)."""
        pictures = pictures.detach().requires_grad_()
        return torch.autograd.grad(self.score(pictures).sum(), pictures)[0]

    @torch.enable_grad()
    def at_block(self) -> tuple[Tensor, Tensor]:
        """The block's output and the score's gradient with respect to it, (C, h, w) each."""
        found: list[Tensor] = []

        def take(out: Tensor) -> Tensor:
            found.append(out.detach().requires_grad_())
            return found[0]

        with self.changed(take):
            score = self.score(self.image).sum()
        gradient = torch.autograd.grad(score, found[0])[0]
        return found[0].detach()[0], gradient[0]

    @contextmanager
    def changed(self, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
        """Within the context the block's output is what ``change`` makes of it."""
        handle = self.output.register_forward_hook(lambda _, __, out: change(out))
        try:
            yield
        finally:
            handle.remove()

    def batches(self, count: int) -> list[range]:
        """The numbers 0 to ``count`` - 1, as many together as fit the memory."""
        return [range(n, min(n + self.together, count)) for n in range(0, count, self.together)]


def weighted(weights: Tensor, activation: Tensor) -> Tensor:
    """ReLU(Σ_c w_c·a_c). Shapes: (C,) and (C, h, w) → (h, w)."""
    return torch.relu(torch.einsum("c,chw->hw", weights, activation))


def greatest(gradient: Tensor) -> Tensor:
    """The greatest |g| over the colours (Simonyan 2013 §3). Shapes: (C, S, S) → (S, S)."""
    return gradient.abs().amax(dim=0)
