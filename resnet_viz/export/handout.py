"""Writes a hand-out to a file, and takes the questions for it out of a lecture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.handout_page import page
from resnet_viz.export.lecture import Lecture
from resnet_viz.export.replacing import replacing
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


def questions_of(lecture: Lecture) -> tuple[Question, ...]:
    """The predictions that a lecture asks for; which answer is right it does not know."""
    asked = (step.predict for step in lecture.steps)
    return tuple(
        Question(one.question, tuple(answer.text for answer in one.answers))
        for one in asked
        if one is not None
    )
