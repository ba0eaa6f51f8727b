(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("data").textContent);
  const states = new Map(data.states.map((state) => [state.key, state]));
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const colours = bytes(data.colours);
  let now = states.get(data.first);
  let tile = data.tiles.length - 1;

  function make(name, attributes, ...children) {
    const svg = ["svg", "g", "line", "rect", "circle", "path", "text", "title"].includes(name);
    const made = svg
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // ---- which state is shown

  function show(key, remember = true) {
    const state = states.get(key);
    if (!state) return;
    now = state;
    if (remember) {
      try {
        history.replaceState(null, "", "#state=" + encodeURIComponent(key));
      } catch (error) { /* some browsers forbid it for files; the page works all the same */ }
    }
    find("state-title").textContent = state.title;
    find("sentence").textContent = state.sentence;
    find("note").textContent = state.note;
    drawControls();
    drawTop();
    drawPlot();
    drawNumbers();
    drawCams();
  }

  function drawControls() {
    for (const radio of document.getElementsByName("state")) radio.checked = radio.value === now.key;
    const block = find("block");
    if (block) block.value = now.key.startsWith("block-") ? now.key : "";
    const place = data.strengths.indexOf(now.key);
    const slider = find("strength");
    if (slider) {
      if (place >= 0) slider.value = place;
      const text = place >= 0 ? String(place / (data.strengths.length - 1)) : "they differ";
      find("strength-text").textContent = text;
      slider.setAttribute("aria-valuetext", text);
    }
    const gates = new Map(data.blocks.map(({ name }, number) => [name, now.gates[number]]));
    for (const part of document.querySelectorAll("#controls [data-block]")) {
      const name = part.getAttribute("data-block"), gate = gates.get(name);
      part.classList.toggle("off", gate === 0);
      part.classList.toggle("weak", gate > 0 && gate < 1);
      for (const drawn of part.querySelectorAll(".gate")) {
        drawn.classList.toggle("shown", Number(drawn.getAttribute("data-gate")) === gate);
      }
      if (part.getAttribute("role") !== "button") continue; // no state of its own
      part.setAttribute("aria-pressed", gate === 0);
      part.setAttribute("aria-label", `${name}, skip ${gateText(gate)}`);
    }
    for (const part of document.querySelectorAll("#controls [data-stage]")) {
      const own = data.blocks.filter(({ stage }) => String(stage) === part.getAttribute("data-stage"));
      const off = own.every(({ name }) => gates.get(name) === 0 || gates.get(name) === null);
      part.setAttribute("aria-pressed", off);
      part.setAttribute("aria-label", `${part.textContent}, skips ${off ? "off" : "on"}`);
    }
    for (const row of document.querySelectorAll("#all tbody tr")) {
      const chosen = row.querySelector("a").getAttribute("href") === "#state=" + now.key;
      row.classList.toggle("chosen", chosen);
      if (chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  /* Show the state in which the skips of these blocks alone are off; again: all on. */
  function toggle(chosen) {
    const alone = data.states.find(({ gates }) => gates.every(
      (gate, number) => gate === null || gate === (chosen(data.blocks[number]) ? 0 : 1),
    ));
    if (alone) show(now === alone ? "on" : alone.key);
  }

  // ---- predictions and numbers

  function drawTop() {
    const two = data.strengths.length > 0;
    find("top").replaceChildren(...now.top.map(([label, share, text, shareOn, textOn]) => {
      const cell = (value, said, kind) => {
        const made = make("td", {}, said);
        if (data.classes) {
          const bar = make("span", { class: "bar " + kind, "aria-hidden": "true" });
          bar.style.width = 100 * value + "%";
          made.append(bar);
        }
        return made;
      };
      const row = make("tr", {}, make("th", { scope: "row" }, label), cell(share, text, "now"));
      if (two) row.append(cell(shareOn, textOn, "on"));
      return row;
    }));
  }

  function gateText(gate) {
    return gate === null ? "none" : gate === 1 ? "on" : gate === 0 ? "off" : "× " + gate;
  }

  function drawNumbers() {
    find("numbers").replaceChildren(...data.blocks.map(({ name }, number) => make(
      "tr", {},
      make("th", { scope: "row" }, name),
      make("td", {}, gateText(now.gates[number])),
      make("td", {}, now.texts[number]),
      make("td", {}, data.onText[number]),
    )));
  }

  // ---- the plot

  function drawPlot(given = 0) {
    const room = find("plot");
    const width = given || Math.max(280, Math.round(room.clientWidth || 720));
    const height = Math.max(220, Math.min(340, Math.round(width * 0.5)));
    const left = 58, right = 10, top = 20, bottom = 44;
    const { low, high, rows } = data.scale;
    const above = ["NaN", "∞"].filter((row) => rows.includes(row));
    const line = 20;
    const first = top + above.length * line + (above.length ? 8 : 0);
    const last = height - bottom - (rows.includes("0") ? line + 8 : 0);
    const count = data.blocks.length;
    const x = (number) => left + ((number + 0.5) / count) * (width - left - right);
    const y = (place) => {
      if (place === "0") return height - bottom - line / 2;
      if (typeof place === "string") return top + (above.indexOf(place) + 0.5) * line;
      return last - ((place - low) / (high - low)) * (last - first);
    };
    const svg = make("svg", {
      viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": "Gradient norm at every block. " + now.sentence,
    });
    data.bands.forEach(([title, from, to], number) => {
      const start = x(from - 0.5), end = x(to + 0.5);
      svg.append(make("rect", {
        class: "band", x: start, y: top, width: end - start, height: height - bottom - top,
        fill: `var(--stage${(number % 4) + 1})`,
      }));
      const short = end - start < 60;
      svg.append(make("text", { class: "muted", x: (start + end) / 2, y: 14, "text-anchor": "middle" },
        short ? title.replace("Stage ", "") : title));
    });
    const step = Math.max(1, Math.ceil(((high - low) * 18) / (last - first)));
    for (let power = high; power >= low; power -= step) {
      svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: y(power), y2: y(power) }));
      svg.append(make("text", { x: left - 6, y: y(power) + 4, "text-anchor": "end" }, data.ticks[power]));
    }
    for (const row of rows) {
      svg.append(make("text", { x: left - 6, y: y(row) + 4, "text-anchor": "end" }, row));
    }
    const path = (places) => {
      let drawn = "", pen = false;
      places.forEach((place, number) => {
        if (typeof place === "string") { pen = false; return; }
        drawn += `${pen ? "L" : "M"}${x(number).toFixed(1)} ${y(place).toFixed(1)}`;
        pen = true;
      });
      return drawn;
    };
    if (data.strengths.length) svg.append(make("path", { class: "on", d: path(data.on) }));
    svg.append(make("path", { class: "now", d: path(now.norms) }));
    const size = Math.max(2, Math.min(5, (width / count) * 0.22));
    data.blocks.forEach(({ name }, number) => {
      const said = `${name}\nnow: ${now.texts[number]}\nall skips on: ${data.onText[number]}`;
      const group = make("g", {}, make("title", {}, said));
      if (data.strengths.length) {
        group.append(make("rect", {
          class: "on", x: x(number) - size, y: y(data.on[number]) - size,
          width: 2 * size, height: 2 * size,
        }));
      }
      group.append(make("circle", {
        class: "now", cx: x(number), cy: y(now.norms[number]), r: size,
      }));
      if (now.gates[number] === 0) {
        const foot = height - bottom + 9;
        group.append(make("path", {
          class: "cross",
          d: `M${x(number) - 4} ${foot - 4}l8 8m0 -8l-8 8`,
        }));
      }
      svg.append(group);
    });
    svg.append(make("text", { class: "muted", x: x(0), y: height - 8 }, data.blocks[0].name));
    svg.append(make("text", {
      class: "muted", x: width - right, y: height - 8, "text-anchor": "end",
    }, data.blocks[count - 1].name));
    room.replaceChildren(svg);
  }

  // ---- Grad-CAM

  function levels(number) {
    if (!now.raw) now.raw = bytes(now.maps);
    let start = 0;
    for (let before = 0; before < number; before++) {
      start += data.tiles[before].height * data.tiles[before].width;
    }
    const { height, width } = data.tiles[number];
    return now.raw.subarray(start, start + height * width);
  }

  function colour(share) {
    const at = 3 * Math.round(share * 255);
    return [colours[at], colours[at + 1], colours[at + 2]];
  }

  function drawTile(canvas, number) {
    const { height, width } = data.tiles[number];
    canvas.height = height;
    canvas.width = width;
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    levels(number).forEach((level, at) => {
      const row = Math.floor(at / width), column = at % width;
      const grey = Math.floor((row + column) / 4) % 2 ? 0xd8 : 0x4a;
      const [red, green, blue] = level > data.levels ? [grey, grey, grey] : colour(level / data.levels);
      image.data.set([red, green, blue, 255], 4 * at);
    });
    pen.putImageData(image, 0, 0);
  }

  /* Bilinear with pixel centres aligned, and the more intense the more opaque, as in the program. */
  function drawOver() {
    const canvas = find("cam"), side = canvas.width, pen = canvas.getContext("2d");
    const { height, width } = data.tiles[tile];
    const map = levels(tile);
    const photo = find("photo");
    pen.drawImage(photo, 0, 0, side, side);
    let image;
    try {
      image = pen.getImageData(0, 0, side, side);
    } catch (error) { return; }
    const along = (length) => Array.from({ length: side }, (_, at) => {
      const place = Math.min(length - 1, Math.max(0, ((at + 0.5) * length) / side - 0.5));
      const before = Math.floor(place);
      return [before, Math.min(before + 1, length - 1), place - before];
    });
    const rows = along(height), columns = along(width);
    const share = (row, column) => {
      const level = map[row * width + column];
      return level > data.levels ? NaN : level / data.levels;
    };
    for (let row = 0; row < side; row++) {
      const [top, bottom, down] = rows[row];
      for (let column = 0; column < side; column++) {
        const [left, right, across] = columns[column];
        const value = (share(top, left) * (1 - down) + share(bottom, left) * down) * (1 - across)
          + (share(top, right) * (1 - down) + share(bottom, right) * down) * across;
        const lost = Number.isNaN(value);
        const grey = Math.floor((row + column) / 4) % 2 ? 0xd8 : 0x4a;
        const over = lost ? [grey, grey, grey] : colour(value);
        const opacity = data.opacity * (lost ? 1 : value);
        const at = 4 * (row * side + column);
        for (let channel = 0; channel < 3; channel++) {
          const below = image.data[at + channel];
          image.data[at + channel] = Math.round(below + (over[channel] - below) * opacity);
        }
      }
    }
    pen.putImageData(image, 0, 0);
  }

  function drawCams() {
    const strip = find("strip");
    if (!strip.childElementCount) {
      data.tiles.forEach(({ block }, number) => {
        const name = data.blocks[block].name;
        const button = make("button", { type: "button", class: "tile" }, make("canvas", {}), name);
        button.addEventListener("click", () => { tile = number; drawCams(); });
        strip.append(button);
      });
    }
    [...strip.children].forEach((button, number) => {
      const name = data.blocks[data.tiles[number].block].name;
      drawTile(button.firstChild, number);
      button.setAttribute("aria-pressed", number === tile);
      button.setAttribute("aria-label", `Grad-CAM at ${name}, at most ${now.greatest[number]} logits`);
    });
    drawOver();
    const name = data.blocks[data.tiles[tile].block].name;
    const said = `Grad-CAM at ${name}: at most ${now.greatest[tile]} logits.`
      + (now.kept[tile] ? ` The colours end at ${now.tops[tile]} logits, its maximum with all skips on.` : "");
    find("cam-text").textContent = said;
    find("cam").setAttribute("aria-label", "The photo under the map. " + said);
    find("ramp-top").textContent = now.tops[tile] + " logits";
    find("cam-remark").textContent = now.remark;
    const ramp = find("ramp"), pen = ramp.getContext("2d"), image = pen.createImageData(ramp.width, 1);
    for (let at = 0; at < ramp.width; at++) image.data.set([...colour(at / (ramp.width - 1)), 255], 4 * at);
    pen.putImageData(image, 0, 0);
  }

  // ---- what the reader does

  function fromAddress() {
    const found = /^#state=(.+)$/.exec(location.hash);
    if (found) {
      let key = found[1];
      try { key = decodeURIComponent(key); } catch (error) { return; }
      show(key, false);
    } else if (location.hash.startsWith("#term-")) {
      openTerm();
    }
  }

  function openTerm() {
    const details = document.querySelector("#glossary details");
    details.open = true;
    const entry = find(location.hash.slice(1));
    if (entry) entry.scrollIntoView();
  }

  for (const radio of document.getElementsByName("state")) {
    radio.addEventListener("change", () => show(radio.value));
  }
  if (find("block")) {
    find("block").addEventListener("change", (event) => show(event.target.value || "on"));
  }
  if (find("strength")) {
    find("strength").addEventListener("input", (event) => show(data.strengths[event.target.value]));
  }
  for (const part of document.querySelectorAll("#controls [role=button][data-block]")) {
    const own = part.getAttribute("data-block");
    part.addEventListener("click", () => toggle(({ name }) => name === own));
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault(); // else the page scrolls
      toggle(({ name }) => name === own);
    });
  }
  for (const part of document.querySelectorAll("#controls [data-stage]")) {
    const own = Number(part.getAttribute("data-stage"));
    part.addEventListener("click", () => toggle(({ stage }) => stage === own));
  }
  window.addEventListener("hashchange", fromAddress);
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => drawPlot(), 100);
  });
  window.addEventListener("beforeprint", () => drawPlot(680));
  window.addEventListener("afterprint", () => drawPlot());
  show(data.first, false);
  fromAddress();
  find("photo").decode().then(drawOver, () => {});
  document.documentElement.classList.add("ready");
})();
