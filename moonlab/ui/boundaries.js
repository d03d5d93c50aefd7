// Boundaries side by side: one canvas a panel, one slider and play button for all of them.
const FRAME_MILLISECONDS = 120;
const CALM_MILLISECONDS = 1000; // for those who asked for less motion
const PANEL_WIDTH = 198; // the least that a panel below them has
const LEAST_WIDTH = 165;
const GAP = 16;
const SAVED_WIDTH = 640;
const PARTS = ["training", "validation"]; // as the points' own numbers have it
const KINDS = {
  probability: {
    noun: "boundary",
    label: "Decision boundary of",
    crossed: "wrong",
    words: (low, high) => [`Blue: ${low}, orange: ${high}.`],
  },
  disagreement: {
    noun: "disagreement",
    label: "Disagreement of the seeds of",
    crossed: "wrong",
    words: (low, high) => [`From pale, ${low}, to deep, ${high}.`],
  },
  difference: {
    noun: "difference",
    label: "Difference",
    crossed: "classified differently",
    words: (low, high) => [`Purple: ${high}.`, `Green: ${low}.`],
  },
};

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// A rerun of the page sends the same bytes again: then everything stays as it is.
function same(before, now) {
  let at = before?.length === now.length ? 0 : -1;
  while (at >= 0 && at < now.length && before[at] === now[at]) {
    at++;
  }
  return at === now.length;
}

// Each part for itself: whoever learned the training points by heart has few crosses there
function crossed(panel, index) {
  const { crosses } = panel.frames[index];
  const counts = PARTS.flatMap((name, part) => {
    const own = crosses.filter((_, i) => panel.points[i][3] === part);
    return own.length ? [`${own.reduce((sum, one) => sum + one, 0)}/${own.length} ${name}`] : [];
  });
  return counts.length ? `${KINDS[panel.kind].crossed}: ${counts.join(", ")}` : "";
}

function captionOf(panel, index) {
  return [`epoch ${panel.epochs[index]}`, crossed(panel, index)].filter(Boolean).join(" · ");
}

function labelOf(panel, index) {
  const where = `${KINDS[panel.kind].label} ${panel.name} at epoch ${panel.epochs[index]}`;
  return [where, crossed(panel, index)].filter(Boolean).join("; ");
}

function fileName(panel, index, kind) {
  const name = `${KINDS[panel.kind].noun} ${panel.name} epoch ${panel.epochs[index]}`;
  return `${name.replace(/[^\p{L}\p{N}→−+() .,_-]+/gu, "_").slice(0, 120)}.${kind}`;
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A picture that stands alone: its name above, epoch and what the colours mean below
function sheetOf(view, panel, index) {
  const { header, theme } = view;
  const picture = pictureOf(header, panel, panel.frames[index], theme, SAVED_WIDTH);
  const words = KINDS[panel.kind].words(...endsOf(header, panel.kind));
  const lines = [`${captionOf(panel, index)} · ${panel.seeds}`, ...words];
  if (panel.best) {
    lines.push("Dashed: the best possible classifier.");
  }
  const text = { x: GAP, fill: theme.ink, anchor: "start", size: 13 };
  const size = Math.min(17, (1.8 * SAVED_WIDTH) / panel.name.length);
  const texts = [
    { ...text, text: panel.name, y: 30, size, weight: 600 },
    ...lines.map((line, i) => ({ ...text, text: line, y: picture.height + 64 + 19 * i })),
  ];
  const height = Math.ceil(picture.height) + 62 + 19 * lines.length;
  return { picture, texts, width: SAVED_WIDTH + 2 * GAP, height, left: GAP, top: 44 };
}

function savePng(view, panel, index) {
  const { picture, texts, width, height, left, top } = sheetOf(view, panel, index);
  const canvas = element("canvas", { width: 2 * width, height: 2 * height });
  const target = canvas.getContext("2d");
  target.scale(2, 2);
  target.fillStyle = view.theme.ground;
  target.fillRect(0, 0, width, height);
  paintShapes(target, texts);
  target.beginPath();
  target.rect(left, top, picture.width, picture.height);
  target.clip();
  target.translate(left, top);
  paintSurface(target, picture);
  paintShapes(target, picture.shapes);
  canvas.toBlob((blob) => save(blob, fileName(panel, index, "png")), "image/png");
}

function saveSvg(view, panel, index) {
  const { picture, texts, width, height, left, top } = sheetOf(view, panel, index);
  const size = { width: picture.width, height: picture.height };
  const surface = element("canvas", size);
  paintSurface(surface.getContext("2d"), picture);
  const image = svgNode("image", { href: surface.toDataURL("image/png"), ...size });
  const root = svgNode(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    svgNode("title", {}, labelOf(panel, index)),
    svgNode("rect", { width, height, fill: view.theme.ground }),
    ...svgShapes(texts),
    svgNode("svg", { x: left, y: top, ...size }, image, ...svgShapes(picture.shapes)),
  );
  const text = new XMLSerializer().serializeToString(root);
  save(new Blob([text], { type: "image/svg+xml" }), fileName(panel, index, "svg"));
}

function namesOf(header) {
  return header.panels.filter(({ kind }) => kind !== "difference").map(({ name }) => name);
}

// What the ends of a kind's colours mean, from the lowest tone to the highest
function endsOf(header, kind) {
  if (kind === "probability") {
    return ["class 0", "class 1"];
  }
  if (kind === "disagreement") {
    return ["all seeds agree", "half against half"];
  }
  const [first, second] = namesOf(header);
  return [`${second} higher`, `${first} higher`];
}

function bar(view, kind) {
  const palette = view.theme.palettes[kind];
  const tones = [0, 51, 102, 153, 204, 255];
  const colors = tones.map((tone) => `rgb(${palette.subarray(4 * tone, 4 * tone + 3)})`);
  const [low, high] = endsOf(view.header, kind).map((text) => element("span", { textContent: text }));
  const scale = element("i", { className: "bar" });
  scale.style.background = `linear-gradient(to right, ${colors})`;
  return element("span", {}, low, scale, high);
}

function sample(text, ...shapes) {
  const style = { width: 22, height: 12, "aria-hidden": "true" };
  const words = element("span", { textContent: text });
  return element("span", {}, svgNode("svg", style, ...svgShapes(shapes)), words);
}

function showLegend(view) {
  const { header, theme, legend } = view;
  const { ink } = theme;
  const kinds = [...new Set(header.panels.map(({ kind }) => kind))];
  const line = (stroke, more) => ({ d: "M1 6h20", fill: "none", stroke, width: 2, ...more });
  const items = kinds.map((kind) => bar(view, kind));
  items.push(sample("0.5", line(ink)));
  if (kinds.includes("difference")) {
    const [first, second] = namesOf(header);
    items.push(sample(`0.5 of ${first}`, line(theme.first)));
    items.push(sample(`0.5 of ${second}`, line(theme.second)));
  }
  if (header.panels.some(({ best }) => best)) {
    items.push(sample("best possible", line(ink, { width: 1.5, dash: "6 4" })));
  }
  const mark = { fill: ink, stroke: ink, width: 1 };
  const parts = new Set(header.panels.flatMap(({ points }) => points.map(([, , , part]) => part)));
  const marks = [circle(11, 6, 3.2), diamond(11, 6, 4.5)];
  items.push(...PARTS.flatMap((text, part) =>
    parts.has(part) ? [sample(text, { d: marks[part], ...mark })] : []));
  const crossed = [...new Set(kinds.map((kind) => KINDS[kind].crossed))].join(", or ");
  items.push(sample(crossed, { d: cross(11, 6, 4.5), fill: "none", stroke: ink, width: 2 }));
  legend.replaceChildren(...items);
}

function panelOf(view, name, position) {
  const canvas = element("canvas", { role: "img" });
  const buttons = [["PNG", savePng], ["SVG", saveSvg]].map(([kind, saveAs]) => {
    const button = element("button", { type: "button", textContent: kind });
    button.setAttribute("aria-label", `Save the picture of ${name} as ${kind}`);
    button.onclick = () => saveAs(view, view.header.panels[position], Number(view.slider.value));
    return button;
  });
  const title = element("strong", { textContent: name, title: name });
  const caption = element("figcaption");
  const figure = element("figure", {}, element("div", {}, title, ...buttons), canvas, caption);
  return { name, figure, canvas, caption };
}

// Of panels with the same names everything stays: there are pictures to draw anew, no more.
function build(view) {
  const { panels } = view.header;
  const isSame = panels.length === view.panels.length
    && panels.every(({ name }, i) => name === view.panels[i].name);
  if (!isSame) {
    view.panels = panels.map(({ name }, i) => panelOf(view, name, i));
    view.root.replaceChildren(...view.panels.map(({ figure }) => figure));
  }
  for (const { canvas } of view.panels) {
    canvas.style.aspectRatio = aspect(view.header);
  }
}

// In columns as the panels below, if there are as many; on a phone, where these have one, two
function arrange(view) {
  view.width = view.root.clientWidth;
  const fitting = (width) => Math.max(1, Math.floor((view.width + GAP) / (width + GAP)));
  const inPanels = fitting(PANEL_WIDTH);
  const most = inPanels > 1 ? inPanels : fitting(LEAST_WIDTH);
  const columns = Math.min(view.panels.length, most);
  // Even the same ones would have the browser lay all out again
  if (view.columns !== columns) {
    view.columns = columns;
    view.root.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 34rem))`;
  }
}

// Whether the page's colours are others than before
function takeTheme(view) {
  const style = getComputedStyle(view.root);
  const ink = style.getPropertyValue("--st-text-color").trim() || "#1F2430";
  const ground = style.getPropertyValue("--st-background-color").trim() || "#FFFFFF";
  const isOther = view.theme?.ink !== ink || view.theme.ground !== ground;
  if (isOther) {
    view.theme = themeOf(ink, ground);
  }
  return isOther;
}

function drawPanel(view, panel, { canvas, caption }, index, width) {
  const { scale } = view;
  const picture = pictureOf(view.header, panel, panel.frames[index], view.theme, width);
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const target = canvas.getContext("2d");
  target.scale(scale, scale);
  paintSurface(target, picture);
  paintShapes(target, picture.shapes);
  caption.textContent = captionOf(panel, index);
  canvas.setAttribute("aria-label", labelOf(panel, index));
}

function draw(view) {
  arrange(view);
  view.scale = window.devicePixelRatio || 1;
  const widths = view.panels.map(({ canvas }) => canvas.clientWidth || LEAST_WIDTH);
  const index = Number(view.slider.value);
  const epochs = [...new Set(view.header.panels.map((panel) => panel.epochs[index]))];
  view.output.textContent = `epoch ${epochs.length > 2 ? "see below" : epochs.join(" and ")}`;
  view.slider.setAttribute("aria-valuetext", view.output.textContent);
  view.header.panels.forEach((panel, i) => drawPanel(view, panel, view.panels[i], index, widths[i]));
}

function stop(view) {
  clearInterval(view.timer);
  view.timer = null;
  view.play.textContent = "▶ Play";
}

function play(view) {
  const { slider } = view;
  if (view.timer) {
    stop(view);
    return;
  }
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isAtEnd = () => Number(slider.value) >= Number(slider.max);
  if (isAtEnd()) {
    slider.value = 0;
    draw(view);
  }
  view.play.textContent = "❚❚ Pause";
  view.timer = setInterval(() => {
    slider.value = Number(slider.value) + 1;
    draw(view);
    if (isAtEnd()) {
      stop(view);
    }
  }, isCalm ? CALM_MILLISECONDS : FRAME_MILLISECONDS);
}

// Of the same runs the pictures stay at the epoch where they were when there was a choice.
function show(view, data) {
  stop(view);
  const { header: before, slider } = view;
  view.data = data;
  view.header = parse(data);
  if (before?.runs !== view.header.runs) {
    view.share = 1;
  } else if (slider.max > 0) {
    view.share = slider.value / slider.max;
  }
  const last = view.header.panels[0].epochs.length - 1;
  slider.max = last;
  slider.value = Math.round(view.share * last);
  slider.disabled = view.play.disabled = last === 0;
  build(view);
}

function viewOf(parentElement) {
  const [play_, slider, output, legend, root] = ["button", "input", "output", ".legend", ".panels"]
    .map((selector) => parentElement.querySelector(selector));
  const view = { root, slider, output, legend, play: play_, timer: null, panels: [] };
  slider.oninput = () => draw(view);
  play_.onclick = () => play(view);
  const redraw = () => view.header && root.clientWidth !== view.width && draw(view);
  new ResizeObserver(redraw).observe(root);
  return view;
}

const views = new WeakMap();

export default function (component) {
  const { parentElement, data: sent } = component;
  const bytes = ArrayBuffer.isView(sent) ? sent : new Uint8Array(sent);
  const [isAsked, data] = [bytes[0] === 1, bytes.subarray(1)];
  const view = views.get(parentElement) ?? viewOf(parentElement);
  views.set(parentElement, view);
  const isNew = !same(view.data, data);
  if (isNew) {
    show(view, data);
  }
  if (takeTheme(view) || isNew || view.scale !== window.devicePixelRatio) {
    showLegend(view);
    draw(view);
  }
  // The rest of the page waits to be told that this is drawn
  if (isAsked && !view.isAsked) {
    requestAnimationFrame(() => setTimeout(() => component.setTriggerValue("drawn", true)));
  }
  view.isAsked = isAsked;
  return () => stop(view);
}
