// Boundaries side by side: one canvas a panel, one slider and play button for all of them.
// The layout of `data` is written in moonlab/frames.py.
const FRAME_MILLISECONDS = 120;
const BLUE = [0, 114, 178];
const ORANGE = [230, 159, 0];
const TINT = 0.6;
const HEIGHT = 240;

function parse(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const cells = header.nx * header.ny;
  let start = 4 + length;
  for (const panel of header.panels) {
    panel.frames = panel.epochs.map(() => {
      const surface = bytes.subarray(start, start + cells);
      const wrong = bytes.subarray(start + cells, start + cells + header.points.length);
      start += cells + header.points.length;
      return { surface, wrong };
    });
  }
  return header;
}

// A rerun of the page sends the same bytes again: then the slider stays where it is.
function same(before, now) {
  if (!before || before.byteLength !== now.byteLength) {
    return false;
  }
  return now.every((value, index) => value === before[index]);
}

function rgb(text) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function mix(from, to, share) {
  return from.map((value, i) => value + (to[i] - value) * share);
}

function paletteOf(ground) {
  const ends = [mix(ground, BLUE, TINT), mix(ground, ORANGE, TINT)];
  return Array.from({ length: 256 }, (_, level) => {
    const p = level / 255;
    return p < 0.5 ? mix(ends[0], ground, 2 * p) : mix(ground, ends[1], 2 * p - 1);
  });
}

function drawSurface(header, frame, palette, target, width, height) {
  const small = document.createElement("canvas");
  small.width = header.nx;
  small.height = header.ny;
  const image = new ImageData(header.nx, header.ny);
  for (let row = 0; row < header.ny; row++) {
    for (let column = 0; column < header.nx; column++) {
      const color = palette[frame.surface[row * header.nx + column]];
      const at = 4 * ((header.ny - 1 - row) * header.nx + column);
      image.data.set([color[0], color[1], color[2], 255], at);
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  target.imageSmoothingEnabled = true;
  target.drawImage(small, 0, 0, width, height);
}

// The line where the probability is one half: marching squares with linear interpolation.
function drawBoundary(header, frame, ink, target, width, height) {
  const { nx, ny } = header;
  const x = (column) => (column / (nx - 1)) * width;
  const y = (row) => height - (row / (ny - 1)) * height;
  const value = (row, column) => frame.surface[row * nx + column] - 127.5;
  target.strokeStyle = ink;
  target.lineWidth = 2;
  target.beginPath();
  for (let row = 0; row < ny - 1; row++) {
    for (let column = 0; column < nx - 1; column++) {
      const corners = [
        [row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column],
      ];
      const cuts = [];
      for (let side = 0; side < 4; side++) {
        const [r0, c0] = corners[side];
        const [r1, c1] = corners[(side + 1) % 4];
        const a = value(r0, c0);
        const b = value(r1, c1);
        if (a > 0 !== b > 0) {
          const share = a / (a - b);
          cuts.push([x(c0 + (c1 - c0) * share), y(r0 + (r1 - r0) * share)]);
        }
      }
      for (let cut = 0; cut + 1 < cuts.length; cut += 2) {
        target.moveTo(...cuts[cut]);
        target.lineTo(...cuts[cut + 1]);
      }
    }
  }
  target.stroke();
}

function drawPoints(header, frame, ink, ground, target, width, height) {
  const [x0, x1] = header.x;
  const [y0, y1] = header.y;
  header.points.forEach(([px, py, label, part], index) => {
    const x = ((px - x0) / (x1 - x0)) * width;
    const y = height - ((py - y0) / (y1 - y0)) * height;
    target.fillStyle = `rgb(${label ? ORANGE : BLUE})`;
    target.strokeStyle = part ? ink : ground;
    target.lineWidth = 1;
    target.beginPath();
    if (part) {
      target.moveTo(x, y - 4.5);
      target.lineTo(x + 4.5, y);
      target.lineTo(x, y + 4.5);
      target.lineTo(x - 4.5, y);
      target.closePath();
    } else {
      target.arc(x, y, 2.8, 0, 2 * Math.PI);
    }
    target.fill();
    target.stroke();
    if (frame.wrong[index]) {
      target.strokeStyle = ink;
      target.lineWidth = 2;
      target.beginPath();
      target.moveTo(x - 5, y - 5);
      target.lineTo(x + 5, y + 5);
      target.moveTo(x - 5, y + 5);
      target.lineTo(x + 5, y - 5);
      target.stroke();
    }
  });
}

function build(view, root) {
  const { header } = view;
  root.replaceChildren();
  view.panels = header.panels.map((panel) => {
    const figure = document.createElement("figure");
    const name = document.createElement("strong");
    name.textContent = panel.name;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    const epoch = document.createElement("figcaption");
    const save = document.createElement("button");
    save.type = "button";
    save.textContent = "PNG";
    save.title = "Save this picture";
    save.setAttribute("aria-label", `Save the picture of ${panel.name}`);
    save.onclick = () => {
      const link = document.createElement("a");
      link.download = "boundary.png";
      link.href = canvas.toDataURL("image/png");
      link.click();
    };
    const top = document.createElement("div");
    top.append(name, save);
    figure.append(top, canvas, epoch);
    root.append(figure);
    return { canvas, epoch };
  });
}

function draw(view) {
  const { header, slider, root } = view;
  const style = getComputedStyle(root);
  const ink = style.getPropertyValue("--st-text-color").trim() || "#1F2430";
  const ground = style.getPropertyValue("--st-background-color").trim() || "#FFFFFF";
  if (view.ground !== ground) {
    view.ground = ground;
    view.palette = paletteOf(rgb(ground));
  }
  const share = slider.max > 0 ? slider.value / slider.max : 1;
  header.panels.forEach((panel, index) => {
    const frameIndex = Math.round(share * (panel.frames.length - 1));
    const frame = panel.frames[frameIndex];
    const { canvas, epoch } = view.panels[index];
    const width = canvas.clientWidth || HEIGHT;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = HEIGHT * scale;
    const target = canvas.getContext("2d");
    target.scale(scale, scale);
    drawSurface(header, frame, view.palette, target, width, HEIGHT);
    drawBoundary(header, frame, ink, target, width, HEIGHT);
    drawPoints(header, frame, ink, ground, target, width, HEIGHT);
    const wrong = frame.wrong.reduce((sum, one) => sum + one, 0);
    epoch.textContent = `epoch ${panel.epochs[frameIndex]} · ${wrong} wrong`;
    canvas.setAttribute(
      "aria-label",
      `Decision boundary of ${panel.name} at epoch ${panel.epochs[frameIndex]}: ` +
        `${wrong} of ${header.points.length} drawn points are classified wrong.`,
    );
  });
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
  if (Number(slider.value) >= Number(slider.max)) {
    slider.value = 0;
  }
  view.play.textContent = "❚❚ Pause";
  view.timer = setInterval(() => {
    slider.value = Number(slider.value) + 1;
    draw(view);
    if (Number(slider.value) >= Number(slider.max)) {
      stop(view);
    }
  }, FRAME_MILLISECONDS);
}

const views = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const sent = component.data;
  const data = ArrayBuffer.isView(sent) ? sent : new Uint8Array(sent);
  const root = parentElement.querySelector(".panels");
  let view = views.get(parentElement);
  if (!view) {
    view = {
      root,
      slider: parentElement.querySelector("input"),
      play: parentElement.querySelector(".play"),
      timer: null,
    };
    views.set(parentElement, view);
    view.slider.oninput = () => draw(view);
    view.play.onclick = () => play(view);
    view.observer = new ResizeObserver(() => view.header && draw(view));
    view.observer.observe(root);
  }
  if (!same(view.data, data)) {
    stop(view);
    view.data = data;
    view.header = parse(data);
    const last = Math.max(...view.header.panels.map((panel) => panel.frames.length)) - 1;
    view.slider.max = last;
    view.slider.value = last;
    build(view, root);
  }
  draw(view);
  return () => stop(view);
}
