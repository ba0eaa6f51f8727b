"""The hand-out: what is in the file, and how it behaves in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis import handout as analysis
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.export import handout_page
from resnet_viz.export.handout import left_out, questions_of, run, write_handout
from resnet_viz.export.handout_page import page
from resnet_viz.export.lecture import Answer, Lecture, Prediction, Step
from resnet_viz.figures.gradient_words import sentence
from resnet_viz.figures.measures import MEASURES
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.handout import (
    Handout,
    HandoutRequest,
    Question,
    WriteHandout,
    Written,
    chosen_blocks,
    states_of,
)
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests.browser import Browser, needs_browser, opened

NETWORK = "resnet20"
EVIL = "</script><img src=x onerror='window.stolen = 1'>&\u2028\"{0}"


def context(cancelled: bool = False) -> TaskContext:
    return TaskContext(Session(), list, lambda: cancelled)


def snapshot(network: str = NETWORK, **changes: object) -> Snapshot:
    photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
    return Snapshot(network, photo, device="cpu", **changes)  # type: ignore[arg-type]


def made(request: HandoutRequest) -> Handout:
    *_, last = analysis.run(request, context())
    assert isinstance(last, Handout)
    return last


@pytest.fixture(scope="module")
def handout() -> Handout:
    question = Question("What happens to the gradient?", ("stays", "falls 10×"), 1)
    request = HandoutRequest(snapshot(), "Where does the gradient go?", (question,))
    return made(request)


@pytest.fixture(scope="module")
def text(handout: Handout) -> str:
    return page(handout)


@pytest.fixture(scope="module")
def program(handout: Handout) -> dict[str, Result]:
    """What the program itself gives in each state."""
    session = Session()
    return {
        one.state.key: session.run(replace(handout.request.snapshot, gates=one.state.gates))
        for one in handout.states
    }


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


class Tags(HTMLParser):
    """All tags of a page, and what it could fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_states_are_those_of_each_switch() -> None:
    structure = build_structure(catalog.find(NETWORK))
    states = states_of(structure, GateSettings())
    keys = [state.key for state in states]
    assert keys[:8] == [
        *("on", "strength75", "strength50", "strength25", "off"),
        *("stage1", "stage2", "stage3"),
    ]
    assert keys[8:] == [f"block-{name}" for name in structure.skips]
    own = GateSettings.of({"layer1.0": 0.0, "layer3.1": 0.5})
    assert states_of(structure, own)[-1].gates == own
    assert states_of(structure, own)[-1].key == "now"
    plain = build_structure(catalog.find("plain20"))
    assert [one.key for one in states_of(plain, GateSettings())] == ["on"]


def test_every_state_has_the_numbers_of_the_program(
    handout: Handout, program: dict[str, Result]
) -> None:
    assert len(program) == 17
    for one in handout.states:
        wanted = program[one.state.key]
        assert one.result.now.target == wanted.now.target
        np.testing.assert_allclose(
            one.result.now.probabilities, wanted.now.probabilities, rtol=1e-4, atol=1e-7
        )
        for mine, theirs in zip(one.result.now.blocks, wanted.now.blocks, strict=True):
            assert mine.gradient_norm == pytest.approx(theirs.gradient_norm, rel=1e-4)
            np.testing.assert_allclose(mine.cam, theirs.cam, rtol=1e-3, atol=1e-6)


def test_the_file_is_small_and_fetches_nothing(text: str) -> None:
    assert len(text.encode()) < 600_000
    for tag, given in Tags(text).tags:
        for name in ("src", "srcset", "data", "poster", "action"):
            value = given.get(name)
            assert value is None or value.startswith("data:"), (tag, name)
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not [name for name in given if name.startswith("on")]
    policy = next(
        given["content"]
        for tag, given in Tags(text).tags
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    allowed = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}';" in policy
    assert "http" not in script[0].replace("http://www.w3.org/2000/svg", "")


def evil() -> Handout:
    given = snapshot(
        weights=WeightsChoice("untrained", labels=tuple(EVIL + n for n in "abcdefghij")), target=0
    )
    given = replace(given, photo=replace(given.photo, name=EVIL))
    return made(HandoutRequest(given, EVIL, (Question(EVIL, (EVIL, "b"), 0),)))


def test_what_comes_from_files_is_escaped() -> None:
    text = page(evil())
    tags = Tags(text).tags
    assert not [1 for tag, given in tags if "onerror" in given]
    assert [tag for tag, given in tags if tag == "img"] == ["img", "img"]
    assert text.count("</script>") == 2
    data = data_of(text)
    assert {row[0][:-1] for row in data["states"][0]["top"]} == {EVIL}
    plain = text[: text.index('<script type="application/json"')]
    assert "<img src=x" not in plain
    assert "&lt;img src=x" in plain


def test_many_blocks_and_slow_networks_get_fewer_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    structure = build_structure(catalog.find(NETWORK))
    assert chosen_blocks(structure, 3) == ("layer1.0", "layer2.1", "layer3.2")
    monkeypatch.setattr(analysis, "MOST_BLOCKS", 3)
    few = made(HandoutRequest(snapshot()))
    assert [one.state.key for one in few.states][8:] == [
        "block-layer1.0",
        "block-layer2.1",
        "block-layer3.2",
    ]
    assert few.left_out == tuple(n for n in structure.skips if n not in chosen_blocks(structure, 3))
    text = page(few)
    assert "3 of the 9 blocks have a state of their own" in text
    assert "layer1.1, layer1.2, layer2.0, layer2.2, layer3.0, layer3.1" in text
    buttons = [given["data-block"] for _, given in Tags(text).tags if given.get("role") == "button"]
    assert buttons == 2 * ["layer1.0", "layer2.1", "layer3.2"]  # in the wide and the narrow one
    assert "3 of the 9" in left_out(few)
    monkeypatch.setattr(analysis, "PATIENCE", 0.0)
    fewer = made(HandoutRequest(snapshot()))
    assert len(fewer.states) == 8
    assert "to keep the waiting short, 0 of the 9" in fewer.why
    assert "To keep the waiting short" in page(fewer)


def test_maps_are_left_out_where_there_is_no_room(
    handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(handout)
    monkeypatch.setattr(handout_page, "_MAPS", 20_000)
    smaller = page(handout)
    assert len(smaller) < len(whole)
    kept = len(data_of(smaller)["tiles"])
    assert 2 <= kept < 10
    assert f"Grad-CAMs of {kept} of the 10 blocks are in this file" in smaller
    monkeypatch.setattr(handout_page, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="fewer blocks"):
        page(handout)


def test_a_network_without_skips_says_why() -> None:
    text = page(made(HandoutRequest(snapshot("plain20"))))
    data = data_of(text)
    assert [state["key"] for state in data["states"]] == ["on"]
    assert data["strengths"] == []
    assert "no skip" in text


def test_it_is_written_as_a_task(tmp_path: Path) -> None:
    path = tmp_path / "mine.html"
    given = snapshot(gates=GateSettings.of({"layer1.0": 0.0, "layer3.1": 0.0}))
    updates = list(run(WriteHandout(HandoutRequest(given), path), context()))
    steps = [one for one in updates if isinstance(one, Progress)]
    assert {one.total for one in steps[1:]} == {18}
    assert updates[-1] == Written(path, path.stat().st_size)
    assert data_of(path.read_text(encoding="utf-8"))["first"] == "now"
    before = path.read_bytes()
    stopped = run(WriteHandout(HandoutRequest(snapshot()), path), context(cancelled=True))
    with pytest.raises(Cancelled):
        list(stopped)
    assert path.read_bytes() == before
    with pytest.raises(TaskError, match=r"nowhere.*cannot be written"):
        list(run(WriteHandout(HandoutRequest(given), tmp_path / "nowhere" / "x.html"), context()))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.html"]


def test_the_questions_are_those_of_a_lecture() -> None:
    asked = Prediction("What falls?", "any", (Answer("nothing"), Answer("the gradient")))
    lecture = Lecture("Mine", (Step("One"), Step("Two", predict=asked)))
    assert questions_of(lecture) == (Question("What falls?", ("nothing", "the gradient")),)


def test_the_answer_that_the_lecture_measured_is_marked(handout: Handout) -> None:
    measure = "stem_gradient_ratio"
    assert measure in MEASURES
    answers = (Answer("stays", low=0.5), Answer("falls", high=0.5))
    lecture = Lecture("Mine", (Step("One"), Step("Two", predict=Prediction("?", measure, answers))))
    (question,) = questions_of(lecture, {1: 1e-15})
    assert question.right == 1
    assert question.measured == f"{MEASURES[measure].title}: {MEASURES[measure].text(1e-15)}"
    text = page(replace(handout, request=replace(handout.request, questions=(question,))))
    assert "<p>✓ falls</p>" in text
    (question,) = questions_of(lecture, {1: math.nan})
    assert question.right is None
    text = page(replace(handout, request=replace(handout.request, questions=(question,))))
    assert "None of the answers fits." in text


# ---- in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture
def shown(browser: Browser, handout: Handout, tmp_path: Path) -> Browser:
    """The hand-out as it is when it is opened."""
    path = tmp_path / "handout.html"
    write_handout(handout, path)
    browser.requests.clear()
    browser.errors.clear()
    browser.resize(1280, 900)
    browser.prefer("light")
    browser.open("about:blank")
    browser.open(path.as_uri())
    return browser


def rows(browser: Browser, selector: str) -> list[list[str]]:
    return browser.evaluate(
        f"""[...document.querySelectorAll("{selector} tr")].map(
            (row) => [...row.cells].map((cell) => cell.textContent.trim()))"""
    )


def check(browser: Browser, wanted: Result, title: str) -> None:
    """What is on the page is what the program says."""
    assert browser.text("#state-title") == title
    assert browser.text("#sentence") == sentence(wanted)
    numbers = rows(browser, "#numbers")
    assert [row[0] for row in numbers] == [block.name for block in wanted.now.blocks]
    assert [row[2] for row in numbers] == [number_text(b.gradient_norm) for b in wanted.now.blocks]
    assert [row[3] for row in numbers] == [
        number_text(b.gradient_norm) for b in wanted.all_on.blocks
    ]
    off = {row[0] for row in numbers if row[1] == "off"}
    gates = wanted.snapshot.gates
    assert off == {name for name in wanted.structure.skips if gates.skip(name) == 0}
    top = rows(browser, "#top")
    best = wanted.now.top(5)
    assert [row[:2] for row in top[:5]] == [
        [wanted.labels[n], per_cent(float(wanted.now.probabilities[n]))] for n in best
    ]
    crosses = browser.evaluate("document.querySelectorAll('#plot .cross').length")
    assert crosses == len(off)


@needs_browser
def test_every_switch_shows_the_numbers_of_the_program(
    shown: Browser, handout: Handout, program: dict[str, Result]
) -> None:
    titles = {one.state.key: one.state.title for one in handout.states}
    check(shown, program["on"], titles["on"])
    for key in ("off", "stage1", "stage2", "stage3", "on"):
        shown.click(f"input[name=state][value={key}]")
        check(shown, program[key], titles[key])
    for name in handout.on.structure.skips:
        shown.click(f"#controls [data-block='{name}']")
        check(shown, program[f"block-{name}"], titles[f"block-{name}"])
        shown.click(f"#controls [data-block='{name}']")
        check(shown, program["on"], titles["on"])
    for number in (1, 2, 3):
        shown.click(f"#controls [data-stage='{number}']")
        check(shown, program[f"stage{number}"], titles[f"stage{number}"])
    shown.click("#controls [data-stage='3']")
    check(shown, program["on"], titles["on"])
    shown.evaluate("document.getElementById('strength').focus()")
    for key in ("strength75", "strength50", "strength25", "off"):
        shown.press("ArrowLeft", 37)
        check(shown, program[key], titles[key])
    assert shown.text("#strength-text") == "0"
    assert shown.errors == []
    assert [one for one in shown.requests if one.startswith(("http", "ws"))] == []


@needs_browser
def test_the_diagram_switches_every_skip_on_a_phone_and_with_keys(
    shown: Browser, handout: Handout, program: dict[str, Result]
) -> None:
    shown.resize(390, 844, phone=True)
    shown.wait("document.querySelector('.diagram .narrow').getBoundingClientRect().width > 300")
    hidden = "getComputedStyle(document.querySelector('.diagram .wide')).display"
    assert shown.evaluate(hidden) == "none"
    for name in handout.on.structure.skips:
        part = f".diagram .narrow [data-block='{name}']"
        shown.click(part)
        result = program[f"block-{name}"]
        assert shown.text("#sentence") == sentence(result)
        assert shown.evaluate(f'document.querySelector("{part}").ariaPressed') == "true"
        drawn = f'document.querySelectorAll("{part} .gate.shown")'
        assert shown.evaluate(f"{drawn}.length") == 1
        assert shown.evaluate(f"{drawn}[0].textContent").strip().endswith("off")
    shown.evaluate(f'document.querySelector("{part}").focus()')
    shown.press("Enter", 13, "\r")
    assert shown.text("#state-title") == "All skips on"
    shown.press(" ", 32, " ")
    assert shown.text("#state-title") == f"Skip of block {name} off"
    for key, said in (("strength50", "0.5"), ("off", "off")):
        shown.evaluate(f"location.hash = '#state={key}'")
        shown.wait(f'document.querySelector("{part} .gate.shown").textContent.endsWith("{said}")')


@needs_browser
def test_a_stage_of_one_block_is_switched_by_both(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "small.html"
    write_handout(made(HandoutRequest(snapshot("cifar-resnet8"))), path)
    browser.resize(1280, 900)
    browser.open(path.as_uri())
    for press in ("[data-block='layer2.0']", "[data-stage='2']"):
        browser.click(f"#controls {press}")
        assert browser.text("#state-title") == "Skips of stage 2 off"
        browser.click(f"#controls {press}")
        assert browser.text("#state-title") == "All skips on"


@needs_browser
def test_the_table_of_all_states_leads_to_each(shown: Browser, program: dict[str, Result]) -> None:
    table = rows(shown, "#all tbody")
    assert len(table) == len(program)
    for row, wanted in zip(table, program.values(), strict=True):
        best = wanted.now.top(1)[0]
        assert row[1] == f"{wanted.labels[best]}, {per_cent(float(wanted.now.probabilities[best]))}"
        assert row[3] == number_text(wanted.now.blocks[0].gradient_norm)
    shown.click("#all a[href='#state=stage2']")
    shown.wait("document.querySelector('#state-title').innerText.includes('stage 2')")
    check(shown, program["stage2"], "Skips of stage 2 off")
    assert shown.evaluate("location.hash") == "#state=stage2"


@needs_browser
def test_it_works_with_the_keyboard_alone(shown: Browser, program: dict[str, Result]) -> None:
    shown.evaluate("document.querySelector('#controls [data-block=\"layer2.1\"]').focus()")
    shown.press("Enter", 13, "\r")
    check(shown, program["block-layer2.1"], "Skip of block layer2.1 off")
    part = "document.querySelector('#controls [data-block=\"layer2.1\"]')"
    assert shown.evaluate(f"{part}.getAttribute('aria-pressed')") == "true"
    shown.evaluate("document.querySelector('#strip button').focus()")
    shown.press(" ", 32, " ")
    assert "Grad-CAM at stem" in shown.text("#cam-text")


@needs_browser
def test_grad_cam_is_painted_as_in_the_program(
    shown: Browser, program: dict[str, Result], tmp_path: Path
) -> None:
    """The picture over the photo, pixel by pixel but for the photo's compression."""
    from matplotlib import colormaps

    from resnet_viz.figures.maps import cam_scale
    from resnet_viz.images import overlay

    result = program["on"]
    name = result.now.blocks[-1].name
    url = shown.evaluate(
        "document.getElementById('photo').decode().then("
        "() => new Promise((done) => setTimeout(done, 0))).then("
        "() => document.getElementById('cam').toDataURL())"
    )
    (tmp_path / "cam.png").write_bytes(base64.b64decode(url.partition(",")[2]))
    photo = shown.evaluate("document.getElementById('photo').src")
    (tmp_path / "photo.jpg").write_bytes(base64.b64decode(photo.partition(",")[2]))
    with Image.open(tmp_path / "cam.png") as image, Image.open(tmp_path / "photo.jpg") as below:
        painted = np.asarray(image.convert("RGB"), int)
        table = np.rint(255 * colormaps["inferno"](np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
        top, _ = cam_scale(result, name)
        seen = np.asarray(below.convert("RGB"))
        wanted = overlay.glow(seen, result.now.block(name).cam, top, table, 0.8).astype(int)
    assert np.abs(painted - wanted).mean() < 2
    assert np.abs(seen.astype(int) - wanted).mean() > 5


CONTRAST = """(() => {
  const parse = (text) => {
    const given = text.match(/[\\d.]+/g).map(Number);
    return given.length > 3 ? given : [...given, 1];
  };
  const light = (rgb) => {
    const part = rgb.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (part) => {
    for (let at = part; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const part = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || part.closest("script, svg title")) continue;
    const style = getComputedStyle(part);
    const ink = parse(part.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(part))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.textContent.trim().slice(0, 40), ratio]);
  }
  return found;
})()"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_and_fits_a_phone(shown: Browser, scheme: str) -> None:
    shown.prefer(scheme)
    shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for key in ("on", "off"):
        shown.click(f"input[name=state][value={key}]")
        assert shown.evaluate(CONTRAST) == []
    for width, height in ((390, 844), (320, 640), (1280, 900)):
        shown.resize(width, height, phone=width < 500)
        wide = shown.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
    small = shown.evaluate(
        "[...document.querySelectorAll('#controls label, #controls button')]"
        ".filter((one) => one.getBoundingClientRect().height < 32)"
        ".map((one) => one.textContent)"
    )
    assert small == []


UNNAMED = """(() => {
  const named = (part) => part.getAttribute("aria-label") || part.textContent.trim()
    || part.alt || [...(part.labels || [])].some((label) => label.textContent.trim());
  return [...document.querySelectorAll(
    "img, input, select, button, [role=button], [role=img], fieldset, table")]
    .filter((part) => !named(part)).map((part) => part.outerHTML.slice(0, 80));
})()"""


@needs_browser
def test_everything_has_a_name_for_those_who_cannot_see_it(shown: Browser) -> None:
    assert shown.evaluate(UNNAMED) == []
    assert shown.evaluate("document.documentElement.lang") == "en"
    levels = shown.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].map((one) => +one.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = shown.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


@needs_browser
def test_words_lead_to_the_glossary(shown: Browser) -> None:
    assert not shown.evaluate("document.querySelector('#term-grad-cam').checkVisibility()")
    shown.click("#cams a[href='#term-grad-cam']")
    shown.wait("document.querySelector('#term-grad-cam').checkVisibility()")
    links = shown.evaluate(
        "[...document.querySelectorAll('a[href^=\"#term-\"]')].map((a) => a.hash.slice(1))"
    )
    assert len(links) > 60
    assert all(shown.evaluate(f"!!document.getElementById('{one}')") for one in set(links))


@needs_browser
def test_it_can_be_printed(shown: Browser, tmp_path: Path) -> None:
    shown.click("input[name=state][value=stage1]")
    shown.paper(tmp_path / "paper.pdf")
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")
    shown.prefer("dark", media="print")
    for part in ("#controls fieldset", "#glossary dt", "#questions details p"):
        assert not shown.evaluate(f"document.querySelector('{part}').checkVisibility()"), part
    assert shown.evaluate("document.querySelector('#questions legend').checkVisibility()")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert shown.evaluate(CONTRAST) == []
    assert shown.text("#state-title") == "Skips of stage 1 off"
    shown.prefer("light")


@needs_browser
def test_without_scripts_the_numbers_are_there(shown: Browser, program: dict[str, Result]) -> None:
    address = shown.evaluate("location.href")
    shown.send("Emulation.setScriptExecutionDisabled", value=True)
    shown.open("about:blank")
    shown.open(address)
    shown.send("Emulation.setScriptExecutionDisabled", value=False)
    table = rows(shown, "#all tbody")
    assert len(table) == len(program)
    assert "runs no scripts" in shown.text("body")


@needs_browser
def test_an_evil_name_does_nothing(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "evil.html"
    write_handout(evil(), path)
    browser.errors.clear()
    browser.requests.clear()
    browser.open(path.as_uri() + "#state=off")
    assert browser.text("#state-title") == "All skips off"
    assert browser.evaluate("window.stolen") is None
    assert EVIL.replace("\u2028", "").strip() in browser.text("#top").replace("\u2028", "")
    assert browser.errors == []
    assert [one for one in browser.requests if one[-1:] == "x"] == []
