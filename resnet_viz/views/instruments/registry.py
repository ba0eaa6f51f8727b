"""Every instrument, in the order of the list."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.views.widgets.feature import Entry


@dataclass(frozen=True)
class InstrumentEntry(Entry):
    """An instrument; ``line`` says in a few words, for the list, what it finds out."""

    line: str


INSTRUMENTS: list[InstrumentEntry] = [
    InstrumentEntry(
        "shattering",
        "Gradient shattering",
        "resnet_viz.views.instruments.shattering:ShatteringPanel",
        "Does the gradient stay similar from one input to the next?",
    ),
    InstrumentEntry(
        "paths",
        "Paths",
        "resnet_viz.views.instruments.paths:PathsPanel",
        "How much gradient goes through paths of each length",
    ),
    InstrumentEntry(
        "lesions",
        "Lesions",
        "resnet_viz.views.instruments.lesions:LesionsPanel",
        "Switch one block's residual branch off and see what is lost",
    ),
    InstrumentEntry(
        "strength",
        "Skip strength",
        "resnet_viz.views.instruments.strength:StrengthPanel",
        "Turn the skips down from 1 to 0 and watch gradient and answer",
    ),
    InstrumentEntry(
        "loss surface",
        "Loss surface",
        "resnet_viz.views.instruments.loss_surface:LossSurfacePanel",
        "The loss around the weights, with skips and without",
    ),
    InstrumentEntry(
        "witness",
        "Its own statistics",
        "resnet_viz.views.instruments.witness:WitnessPanel",
        "Does the network see what its norms saw in training?",
    ),
    InstrumentEntry(
        "attribution",
        "Attribution",
        "resnet_viz.views.instruments.attribution:AttributionPanel",
        "Where it looks, by fifteen methods; why this and not that",
    ),
    InstrumentEntry(
        "trust",
        "Is it to be trusted?",
        "resnet_viz.views.instruments.trust:TrustPanel",
        "Maps measured beside random maps, by six measures",
    ),
    InstrumentEntry(
        "depth",
        "Across depth",
        "resnet_viz.views.instruments.depth:DepthPanel",
        "One method's maps at every block, as a strip and a film",
    ),
    InstrumentEntry(
        "receptive",
        "Receptive field",
        "resnet_viz.views.instruments.receptive:ReceptivePanel",
        "What a unit could see of the picture, and what it looks at",
    ),
    InstrumentEntry(
        "channels",
        "Who sees this?",
        "resnet_viz.views.instruments.receptive_channels:ChannelsPanel",
        "Brush a place: which channels see it, and what excites them",
    ),
    InstrumentEntry(
        "readout",
        "Readout",
        "resnet_viz.views.instruments.readout:ReadoutPanel",
        "What would it answer if it stopped at this block?",
    ),
    InstrumentEntry(
        "refinement",
        "Iterative refinement",
        "resnet_viz.views.instruments.refinement:RefinementPanel",
        "Does what a block adds go down the loss?",
    ),
    InstrumentEntry(
        "alignment",
        "Residual alignment",
        "resnet_viz.views.instruments.alignment:AlignmentPanel",
        "Do the outputs of a stage's blocks lie on a line?",
    ),
    InstrumentEntry(
        "folder",
        "Folder",
        "resnet_viz.views.instruments.folder:FolderPanel",
        "A folder of photos: answers, a map of the features, neighbours",
    ),
]
"""To add an instrument, write its module and add its entry here."""
