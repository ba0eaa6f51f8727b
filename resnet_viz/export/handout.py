"""Writes a hand-out to a file, and takes the questions for it out of a lecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.handout_page import page
from resnet_viz.export.lecture import Lecture
from resnet_viz.export.replacing import replacing
from resnet_viz.figures.measures import MEASURES
from resnet_viz.results.handout import Handout, Question, WriteHandout, Written
from resnet_viz.results.task import Progress, TaskError

SUFFIX = ".html"


def run(request: WriteHandout, context: TaskContext) -> Iterator[object]:
    """Compute and write a hand-out, as a task; yields `Progress`, then `Written`.

    Raises:
        TaskError: the file cannot be written. ValueError: it would be too large.
        As `Session.subject`.
    """
    from resnet_viz.analysis.handout import run as compute

    for update in compute(request.request, context):
        if not isinstance(update, Handout):
            yield update
            continue
        states = len(update.states)
        yield Progress(f"Writing {request.path.name}", states, states)
        try:
            write_handout(update, request.path)
            size = request.path.stat().st_size
        except OSError as error:
            raise TaskError(
                f"{request.path} cannot be written ({error.strerror}); choose another place"
            ) from error
        yield Written(request.path, size, left_out(update))


def left_out(handout: Handout) -> str:
    """A sentence on the blocks that got no state of their own, "" if all have one."""
    if not handout.left_out:
        return ""
    return f"{handout.why[:1].upper()}{handout.why[1:]}; the file lists the others"


def write_handout(handout: Handout, path: Path) -> None:
    """Write the hand-out to ``path``; a file that is there stays until the new one is whole.

    Raises:
        ValueError: it would be too large.
        OSError: the file cannot be written.
    """
    with replacing(path) as partial:
        partial.write_text(page(handout), encoding="utf-8")


def questions_of(
    lecture: Lecture, measured: Mapping[int, float] | None = None
) -> tuple[Question, ...]:
    """The predictions that a lecture asks for.

    ``measured`` is what was measured at its steps, by their numbers: the answer that it fits is the
    right one. Where nothing was measured nobody knows which is.
    """
    questions = []
    for number, step in enumerate(lecture.steps):
        one = step.predict
        if one is None:
            continue
        answers = tuple(answer.text for answer in one.answers)
        value = (measured or {}).get(number)
        if value is None:
            questions.append(Question(one.question, answers))
            continue
        measure = MEASURES[one.measure]
        said = f"{measure.title}: {measure.text(value)}"
        questions.append(Question(one.question, answers, one.right(value), said))
    return tuple(questions)
