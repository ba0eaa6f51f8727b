"""What is measured of a map to know whether to trust it. To add a measure, add its entry here.

None of them is accepted by all, so each comes with the objection that is known to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TrustMeasure:
    """A measure: ``sentence`` says what is done, ``reading`` how the number is to be read.

    ``of`` says what it gives: a curve over the share of pixels, a curve over the blocks, or one
    number. ``objection`` has a paper of its own. A measure costs about so many
    ``forwards`` passes, and so many ``maps`` more.
    """

    name: str
    title: str
    sentence: str
    reading: str
    paper: str
    objection: str
    of: Literal["pixels", "blocks", "number"]
    axis: str
    forwards: int = 0
    maps: int = 0


_ALL = (
    TrustMeasure(
        "deletion",
        "Deletion",
        "The pixels that the map holds for most important become the mean colour, first to last.",
        "The smaller the area under the curve, the better the map finds what the class needs.",
        "Petsiuk 2018, arXiv:1806.07421",
        "Pictures with holes are like none the network has seen, and it may fail for that alone "
        "(Hooker 2018, arXiv:1806.10758).",
        "pixels",
        "probability of the class",
        forwards=25,
    ),
    TrustMeasure(
        "insertion",
        "Insertion",
        "The same pixels come back into a blurred picture, first to last.",
        "The larger the area under the curve, the better.",
        "Petsiuk 2018, arXiv:1806.07421",
        "Only the order of the pixels counts, not what the map says of them, and half-restored "
        "pictures are unlike photos too (Gomez 2022, arXiv:2201.13291).",
        "pixels",
        "probability of the class",
        forwards=25,
    ),
    TrustMeasure(
        "road",
        "ROAD",
        "The most important pixels are guessed from their neighbours instead: remove and debias.",
        "The smaller the area, the better; a guess gives less away by the shape of the hole.",
        "Rong 2022, arXiv:2202.00449",
        "Its guess is a blur, which scattered pixels survive better than whole regions do: on "
        "average the fine random map keeps more than the coarse one, and neither knows anything.",
        "pixels",
        "probability of the class",
        forwards=30,
    ),
    TrustMeasure(
        "infidelity",
        "Infidelity",
        "Random squares are hidden; the map's sum in each square is to foretell the logits lost.",
        "The share of the losses that the map, on its best scale, cannot foretell: 0 is all "
        "foretold, 100 % nothing.",
        "Yeh 2019, arXiv:1901.09392, §2",
        "Another kind of perturbation gives another optimal map (ibid.).",
        "number",
        "share not foretold",
        forwards=48,
    ),
    TrustMeasure(
        "sensitivity",
        "Sensitivity",
        "How much the map changes, at most, when the picture changes invisibly (by ± 0.02).",
        "‖change of the map‖ / ‖map‖; the smaller, the steadier.",
        "Yeh 2019, arXiv:1901.09392, §3",
        "A map that ignores the picture gets the best value, 0, as the random maps here do "
        "(ibid.).",
        "number",
        "relative change of the map",
        maps=4,
    ),
    TrustMeasure(
        "randomisation",
        "Weights made random from the top",
        "From the head down, block after block forgets what was learnt; the map is compared with "
        "the trained network's.",
        "Rank correlation of |map|: a map of what was learnt falls to 0; one that stays near 1, as "
        "the random maps here do, does not depend on it.",
        "Adebayo 2018, arXiv:1810.03292",
        "What lies below the random blocks computes what it did, and what is strong there stays "
        "strong, which keeps maps alike that do depend on weights (Binder 2022, arXiv:2211.12486).",
        "blocks",
        "rank correlation",
        maps=11,
    ),
)

MEASURES: dict[str, TrustMeasure] = {one.name: one for one in _ALL}
"""By name, in the order of the list."""

RANDOM = {"random_fine": "Random pixels", "random_coarse": "Random squares"}
"""The floor: maps of random numbers, at the input's and at the block's resolution."""
