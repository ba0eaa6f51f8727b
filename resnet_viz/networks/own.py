"""The network in a user's file as the program takes it: one of the catalog, or one of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from resnet_viz.networks.architecture import MAX_CLASSES
from resnet_viz.networks.catalog import NetworkSpec, twin
from resnet_viz.networks.choice import FileNetwork, WeightsChoice
from resnet_viz.networks.class_names import labels_of
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.family import CLASSES as CIFAR10_CLASSES
from resnet_viz.networks.files.contents import Candidate, FileContents
from resnet_viz.networks.files.find import find_networks
from resnet_viz.networks.files.reader import read_file
from resnet_viz.networks.reading.leaves import Unreadable
from resnet_viz.networks.reading.network import read_network
from resnet_viz.networks.reading.opening import Opened, open_weights, read_candidate
from resnet_viz.networks.reading.reading import Reading
from resnet_viz.networks.recognise import Match, Unrecognised, network_of, shapes

OWN = "file:"
"""What the names of networks begin with that are none of the catalog's."""

_LIKE = 0.9  # share of tensors that agree with a network of the catalog, to speak of that one


@dataclass(frozen=True)
class Own:
    """A user's file that was understood: the name of its network, and the weights to choose.

    ``reading`` is what names and shapes say, with what they cannot show; None for a network of the
    catalog without residual blocks. ``candidates`` are all networks in the file, and ``candidate``
    the one that this is about.
    """

    spec: NetworkSpec
    weights: WeightsChoice
    contents: FileContents
    candidates: tuple[Candidate, ...]
    candidate: Candidate
    reading: Reading | None
    match: Match | None

    @property
    def network(self) -> str:
        """The name for a snapshot: the catalog's, or one for this file alone."""
        return self.spec.name

    @property
    def _of(self) -> NetworkSpec:
        return self.spec.adapted(self.weights.classes, self.weights.preprocessing)

    @property
    def _what(self) -> str:
        """Such as "ResNet-18 with 10 classes"."""
        of = self._of
        outputs = f"{of.classes} classes"
        if of.architecture is not None and not of.architecture.head:
            outputs = "no classes"
        elif of.classes == 1:
            outputs = "one output"
        return f"{of.title} with {outputs}"

    @property
    def summary(self) -> str:
        """One short sentence for the user, without its full stop."""
        said = f"{self.contents.path.name} was read as {self._what}"
        if (count := len(self.candidates)) > 1:
            number = _NUMBERS.get(count, count)
            said += f", {self.candidate.title or 'one'} of {number} networks in it"
        if self.reading is None:
            return f"{said}; its input is guessed"
        guessed = sum(not one.sure for one in self.reading.assumptions)
        if guessed:
            said += f"; {guessed} thing{'s are' if guessed > 1 else ' is'} guessed"
        return said

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what the file is and on what it has that cannot be used."""
        own = () if self.reading is None else self.reading.notes
        return (*own, *(f"{note[0].upper()}{note[1:]}" for note in self.contents.notes))

    @property
    def guessed(self) -> set[str]:
        """The keys of what neither the file nor its names could show."""
        if self.reading is None:
            return {"size", "normalisation"}
        return {one.key for one in self.reading.assumptions if not one.sure}

    def sentences(self, settled: Container[str] = ()) -> tuple[str, ...]:
        """What was understood and what was guessed, for the user; nothing on the assumptions that
        are ``settled`` by what the user has said."""
        of = self._of
        fits = self.match.others if self.match else ()
        others = f", and fits {' and '.join(fits)} as well" if fits else ""
        said = [
            f"{self.contents.path.name} was made for {self._what}{others}",
            *self._which(),
        ]
        if self.reading is None:
            size, _, values = of.preprocessing.title.partition(", ")
            parts = [size if "size" not in settled else "", values]
            if "normalisation" in settled:
                parts.pop()
            if guess := ", ".join(filter(None, parts)):
                said.append(f"Guessed from that: an input of {guess}")
        else:
            said += self.reading.notes
            unsure = [
                one for one in self.reading.assumptions if not one.sure and one.key not in settled
            ]
            if unsure:
                guesses = "; ".join(f"{one.what}: {one.guess}" for one in unsure)
                said.append(f"Names and shapes cannot show these, which are guessed: {guesses}")
            told = [one for one in self.reading.assumptions if one.sure and _told(one.reason)]
            said += [one.sentence for one in told]
        said += [f"{note[0].upper()}{note[1:]}" for note in self.contents.notes]
        return tuple(said)

    def _which(self) -> list[str]:
        if len(self.candidates) < 2:
            return []
        others = ", ".join(one.title for one in self.candidates if one is not self.candidate)
        return [
            f"The file holds {_NUMBERS.get(len(self.candidates), len(self.candidates))} networks: "
            f"{self.candidate.title} is taken ({self.candidate.reason}); there is also {others}"
        ]


_NUMBERS: Mapping[int, str] = {2: "two", 3: "three", 4: "four"}


def _told(reason: str) -> bool:
    """Whether the file itself told, rather than the customs of a project."""
    return "file" in reason or "chosen" in reason


def open_own(
    path: Path,
    preferred: str | None = None,
    which: str | None = None,
    choices: tuple[tuple[str, str], ...] = (),
    look: Callable[[], None] = lambda: None,
) -> Own:
    """Understand the file at ``path``: the network for use in it, or that of the prefix ``which``.

    ``choices`` are (assumption, choice) for what names and shapes cannot show. Where the file fits
    several networks of the catalog, it is for ``preferred``. ``look`` is called before each
    comparison, and may raise to stop.

    Raises:
        Unrecognised: it is nearly one of the catalog's; the sentence says where it differs.
        Unreadable: it holds weights, but of no network that can be built.
        WeightsError: it is missing, damaged or no file of weights.
        ValueError: there is no network ``which``, or no such choice.
    """
    if preferred is not None and preferred.startswith(OWN):
        preferred = None
    contents = read_file(path)
    candidates = find_networks(contents)
    chosen = candidates[0]
    if which is not None:
        chosen = next((one for one in candidates if one.prefix == which), chosen)
        if chosen.prefix != which:
            raise ValueError(f"{path.name} holds no network {which!r}")
    reading: Reading | None = None
    refusal: WeightsError | None = None
    try:
        reading = read_candidate(contents, chosen)
        for key, choice in choices:
            reading = reading.chosen(key, choice)
    except Unreadable as error:
        refusal = error
    match: Match | None = None
    try:
        match = network_of(chosen.tensors, path.name, preferred, look)
    except Unrecognised as error:
        if reading is None:
            near = error if error.likeness >= _LIKE or refusal is None else refusal
            raise near from None
    if match is not None and reading is not None:
        plain = _told_plain(reading)
        other = None if plain is None else twin(match.spec)
        if other is not None and plain != (match.spec.combine == "none"):
            match = network_of(chosen.tensors, path.name, other.name, look)
        if not _same(match.spec, reading, match.classes):
            match = None
    if match is not None and match.classes > MAX_CLASSES:
        raise WeightsError(
            f"{path.name} claims {match.classes:,} classes; more than {MAX_CLASSES:,} are not "
            "opened"
        )
    file = FileNetwork(chosen.prefix, None, choices)
    if match is None:
        assert reading is not None
        spec = reading.spec(f"{OWN}{path.name}")
        weights = WeightsChoice("file", str(path), None, (), None, replace(file, spec=spec))
    else:
        spec = match.spec
        own = match.classes == spec.classes
        wanted = None if reading is None else reading.preprocessing
        preprocessing = None if wanted == spec.preprocessing else wanted
        weights = WeightsChoice(
            "file", str(path), None if own else match.classes, (), preprocessing, file
        )
    labels = _labels(contents, spec.adapted(weights.classes, None))
    return Own(spec, replace(weights, labels=labels), contents, candidates, chosen, reading, match)


def reopened(path: Path, which: str, choices: tuple[tuple[str, str], ...]) -> FileNetwork:
    """The network of a file that was opened before, and is none of the catalog's.

    Raises:
        WeightsError: the file is gone, or holds another network by now.
    """
    try:
        opened = open_weights(path, which)
        reading = opened.reading
        for key, choice in choices:
            reading = reading.chosen(key, choice)
    except ValueError as error:
        raise WeightsError(f"{path.name} has changed since it was opened; open it again") from error
    return FileNetwork(which, reading.spec(f"{OWN}{path.name}"), choices)


def opened_as(choice: WeightsChoice) -> Opened:
    """The file of ``choice`` with its network read as was chosen, to build from.

    Raises:
        WeightsError: the file is gone, or holds another network by now.
    """
    assert choice.reading is not None
    path = Path(choice.path)
    try:
        own = open_own(path, which=choice.reading.which, choices=choice.reading.choices)
    except ValueError as error:
        raise WeightsError(f"{path.name} has changed since it was opened; open it again") from error
    wanted = choice.reading.spec
    if own.reading is None or wanted is None or own.reading.architecture != wanted.architecture:
        raise WeightsError(f"{path.name} has changed since it was opened; open it again")
    return Opened(own.contents, own.candidates, own.candidate, own.reading)


def _same(spec: NetworkSpec, reading: Reading, classes: int) -> bool:
    """Whether what was read is what the catalog's network is, but for its outputs.

    A plain network has the names of its residual twin, so the catalog's word counts for that,
    unless the file tells.
    """
    plain = _told_plain(reading)
    if plain is not None and plain != (spec.combine == "none"):
        return False
    sizes, _ = shapes(spec)
    try:
        own = read_network({name: _Shape(shape) for name, shape in sizes.items()}).architecture
    except Unreadable:
        return False
    found = reading.architecture
    return (
        replace(own, head=found.head, combine=found.combine) == found
        and len(found.head) == len(own.head)
        and found.outputs == classes
    )


def _told_plain(reading: Reading) -> bool | None:
    """Whether the file says that the network has no skips; None where it says nothing."""
    told = any(one.key == "combine" and one.sure for one in reading.assumptions)
    return reading.architecture.combine == "none" if told else None


@dataclass(frozen=True)
class _Shape:
    shape: tuple[int, ...]
    dtype: str = "float32"


def _labels(contents: FileContents, spec: NetworkSpec) -> tuple[str, ...]:
    """Names for the outputs: those in the file, those of data that it names, or numbers.

    A thousand classes are ImageNet's unless the file says otherwise; ten may be anything's.
    """
    if spec.architecture is not None and not spec.architecture.head:
        return tuple(f"feature {number}" for number in range(spec.classes))
    found = labels_of(contents, spec.classes)
    if found:
        return found
    if spec.classes == len(CIFAR10_CLASSES):
        data = [value for _, value in contents.found("dataset", "data", "data_set", "dataset_name")]
        if any(isinstance(one, str) and re.fullmatch(r"(?i)cifar[-_ ]?10", one) for one in data):
            return CIFAR10_CLASSES
    if spec.classes == 1000:
        from torchvision.models import ResNet50_Weights

        categories: list[str] = ResNet50_Weights.DEFAULT.meta["categories"]
        return tuple(categories)
    if spec.classes == 1:
        return ("yes",)
    return tuple(f"class {number}" for number in range(spec.classes))
