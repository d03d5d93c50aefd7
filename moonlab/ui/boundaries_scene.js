// From the bytes of moonlab/frames.py to pictures: a small image of the surface, and shapes that
// canvas and SVG draw alike. boundaries.py puts this file before boundaries.js: they are one.
const BLUE = "#0072B2";
const ORANGE = "#E69F00";
const STRONG = { light: ["#1B7837", "#762A83"], dark: ["#5FC37F", "#C79BDB"] }; // green, purple
const ROSE = { light: "#A6195C", dark: "#FF8FBF" };
const TINT = 0.6;
const TEXT_FONT = "system-ui, sans-serif";

function parse(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  let start = 4 + length;
  const take = (n) => bytes.subarray(start, (start += n));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  const cells = header.nx * header.ny;
  header.levels = Float32Array.from(header.levels);
  header.shares = header.levels.map((level) => 1 / (1 + Math.exp(-level)));
  for (const data of header.data) {
    data.best = null;
    if (data.has_best) {
      const values = new Float32Array(take(4 * cells).slice().buffer);
      data.best = zeroLines((i) => values[i], header.nx, header.ny);
    }
  }
  for (const panel of header.panels) {
    const { points, best } = header.data[panel.data] ?? { points: [], best: null };
    const nLayers = panel.kind === "probability" ? 1 : 2;
    panel.points = points;
    panel.best = best;
    panel.frames = panel.epochs.map(() => {
      const layers = Array.from({ length: nLayers }, () => take(cells));
      return { layers, crosses: take(points.length) };
    });
  }
  return header;
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

// For each tone four bytes: red, green, blue, and opaque
function ramp(...stops) {
  const bytes = new Uint8ClampedArray(4 * 256).fill(255);
  for (let tone = 0; tone < 256; tone++) {
    const at = (tone / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    bytes.set(mix(stops[low], stops[low + 1], at - low), 4 * tone);
  }
  return bytes;
}

function themeOf(ink, ground) {
  const base = rgb(ground);
  const scheme = base[0] + base[1] + base[2] < 384 ? "dark" : "light";
  const tinted = (color, share = TINT) => mix(base, rgb(color), share);
  const [green, purple] = STRONG[scheme];
  return {
    ink,
    ground,
    edge: `rgb(${mix(base, rgb(ink), 0.3).map(Math.round)})`,
    first: purple,
    second: green,
    palettes: {
      probability: ramp(tinted(BLUE), base, tinted(ORANGE)),
      disagreement: ramp(base, rgb(ROSE[scheme])),
      difference: ramp(tinted(green, 0.9), base, tinted(purple, 0.9)),
    },
  };
}

// The tone of a cell, from 0 to 255, by the panel's kind
const TONES = {
  probability: ([odds], shares) => (i) => 255 * shares[odds[i]],
  disagreement: ([, share]) => (i) => share[i],
  difference: ([a, b], shares) => (i) => 127.5 * (1 + shares[a[i]] - shares[b[i]]),
};

function surfaceOf(header, panel, frame, theme) {
  const { nx, ny } = header;
  const canvas = document.createElement("canvas");
  canvas.width = nx;
  canvas.height = ny;
  const image = new ImageData(nx, ny);
  const pixels = new Uint32Array(image.data.buffer);
  const colors = new Uint32Array(theme.palettes[panel.kind].buffer);
  const tone = TONES[panel.kind](frame.layers, header.shares);
  for (let row = 0; row < ny; row++) {
    for (let column = 0; column < nx; column++) {
      pixels[(ny - 1 - row) * nx + column] = colors[Math.round(tone(row * nx + column))];
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// The lines where values on the grid are zero: marching squares with linear interpolation. The
// sides of the cells are numbered, those along x first; lines run from side to side.
function zeroLines(value, nx, ny) {
  const n = nx * ny;
  const isAbove = new Uint8Array(n).map((_, i) => value(i) > 0);
  const links = new Int32Array(4 * n).fill(-1); // up to two sides that a side is linked with
  const link = (a, b) => {
    links[2 * a + (links[2 * a] < 0 ? 0 : 1)] = b;
    links[2 * b + (links[2 * b] < 0 ? 0 : 1)] = a;
  };
  for (let row = 0; row < ny - 1; row++) {
    for (let column = 0; column < nx - 1; column++) {
      const at = row * nx + column;
      const above = [isAbove[at], isAbove[at + 1], isAbove[at + nx + 1], isAbove[at + nx]];
      // As in most cells: all corners on one side
      if ((above[0] + above[1] + above[2] + above[3]) % 4 === 0) {
        continue;
      }
      const sides = [at, n + at + 1, at + nx, n + at];
      const cut = sides.filter((_, side) => above[side] !== above[(side + 1) % 4]);
      for (let i = 0; i + 1 < cut.length; i += 2) {
        link(cut[i], cut[i + 1]);
      }
    }
  }
  const point = (side) => {
    const from = side % n;
    const along = side < n;
    const a = value(from);
    const share = a / (a - value(from + (along ? 1 : nx)));
    return [(from % nx) + (along ? share : 0), Math.floor(from / nx) + (along ? 0 : share)];
  };
  const follow = (side) => {
    const line = [point(side)];
    for (;;) {
      const slot = 2 * side + (links[2 * side] < 0 ? 1 : 0);
      const next = links[slot];
      if (next < 0) {
        return line;
      }
      links[slot] = -1;
      links[2 * next + (links[2 * next] === side ? 0 : 1)] = -1;
      line.push(point(next));
      side = next;
    }
  };
  const lines = [];
  for (const least of [1, 2]) { // those with ends, then the closed ones
    for (let side = 0; side < 2 * n; side++) {
      const ends = (links[2 * side] >= 0) + (links[2 * side + 1] >= 0);
      if (ends > 0 && (least === 2 || ends === 1)) {
        lines.push(follow(side));
      }
    }
  }
  return lines;
}

function lineShape(header, lines, size, style) {
  const { nx, ny } = header;
  const x = (column) => ((column / (nx - 1)) * size.width).toFixed(1);
  const y = (row) => (size.height - (row / (ny - 1)) * size.height).toFixed(1);
  const d = lines.map((line) => `M${line.map(([c, r]) => `${x(c)} ${y(r)}`).join("L")}`).join("");
  return { d, fill: "none", width: 2, join: "round", ...style };
}

function lineShapes(header, panel, frame, theme, size) {
  const strokes = panel.kind === "difference" ? [theme.first, theme.second] : [theme.ink];
  const shapes = strokes.map((stroke, layer) => {
    const bytes = frame.layers[layer];
    const lines = zeroLines((i) => header.levels[bytes[i]], header.nx, header.ny);
    return lineShape(header, lines, size, { stroke });
  });
  if (panel.best) {
    const style = { stroke: theme.ink, width: 1.5, dash: "6 4", role: "best" };
    shapes.push(lineShape(header, panel.best, size, style));
  }
  return shapes;
}

const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const diamond = (x, y, r) => `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
const cross = (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

function pointShapes(header, panel, frame, theme, size) {
  const [x0, x1] = header.x;
  const [y0, y1] = header.y;
  const paths = [["", ""], ["", ""]]; // by part, by class
  let crosses = "";
  panel.points.forEach(([px, py, label, part], index) => {
    const x = Number((((px - x0) / (x1 - x0)) * size.width).toFixed(1));
    const y = Number((size.height - ((py - y0) / (y1 - y0)) * size.height).toFixed(1));
    paths[part][label] += part ? diamond(x, y, 4.5) : circle(x, y, 2.8);
    crosses += frame.crosses[index] ? cross(x, y, 5) : "";
  });
  const shapes = paths.flatMap((classes, part) =>
    classes.map((d, label) => ({
      d, fill: label ? ORANGE : BLUE, stroke: part ? theme.ink : theme.ground, width: 1,
    })));
  return [...shapes, { d: crosses, fill: "none", stroke: theme.ink, width: 2 }]
    .filter(({ d }) => d);
}

// Short ticks with numbers along the lower and the left edge
function tickShapes(header, theme, size) {
  const shapes = [];
  for (const [axis, length] of [["x", size.width], ["y", size.height]]) {
    const [low, high] = header[axis];
    const step = [1, 2, 5, 10].find((one) => (high - low) / one < 7) ?? 20;
    for (let value = Math.ceil(low / step) * step; value < high; value += step) {
      const at = Number((((value - low) / (high - low)) * length).toFixed(1));
      if (at < 12 || at > length - 12) {
        continue;
      }
      const style = { stroke: theme.ink, width: 1, fill: "none" };
      const text = { text: `${value}`.replace("-", "−"), fill: theme.ink, size: 10 };
      if (axis === "x") {
        shapes.push({ d: `M${at} ${size.height}v-5`, ...style });
        shapes.push({ ...text, x: at, y: size.height - 8, anchor: "middle" });
      } else {
        shapes.push({ d: `M0 ${size.height - at}h5`, ...style });
        shapes.push({ ...text, x: 8, y: size.height - at + 3.5, anchor: "start" });
      }
    }
  }
  return shapes;
}

const aspect = ({ x, y }) => (x[1] - x[0]) / (y[1] - y[0]);

function pictureOf(header, panel, frame, theme, width) {
  const size = { width, height: width / aspect(header) };
  const parts = [lineShapes, pointShapes].flatMap((shapes) =>
    shapes(header, panel, frame, theme, size));
  const edge = { d: `M0 0h${width}v${size.height}H0z`, fill: "none", stroke: theme.edge, width: 1 };
  const shapes = [edge, ...tickShapes(header, theme, size), ...parts];
  return { ...size, surface: surfaceOf(header, panel, frame, theme), shapes };
}

// The middle of each of the surface's pixels is a point of the grid
function paintSurface(target, { surface, width, height }) {
  const dx = width / (surface.width - 1);
  const dy = height / (surface.height - 1);
  target.imageSmoothingEnabled = true;
  target.imageSmoothingQuality = "high";
  target.drawImage(surface, -dx / 2, -dy / 2, width + dx, height + dy);
}

function paintShapes(target, shapes) {
  for (const shape of shapes) {
    target.fillStyle = shape.fill;
    if (shape.text !== undefined) {
      target.font = `${shape.weight ?? 400} ${shape.size}px ${TEXT_FONT}`;
      target.textAlign = shape.anchor === "middle" ? "center" : shape.anchor;
      target.fillText(shape.text, shape.x, shape.y);
      continue;
    }
    const path = new Path2D(shape.d);
    target.lineWidth = shape.width;
    target.strokeStyle = shape.stroke;
    target.lineJoin = shape.join ?? "miter";
    target.setLineDash(shape.dash?.split(" ").map(Number) ?? []);
    if (shape.fill !== "none") {
      target.fill(path);
    }
    target.stroke(path);
  }
}

function svgNode(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function svgShapes(shapes) {
  return shapes.map((shape) => {
    if (shape.text !== undefined) {
      const { x, y, fill, anchor, size, weight = 400, text } = shape;
      return svgNode("text", {
        x, y, fill, "text-anchor": anchor, "font-size": size, "font-weight": weight,
        "font-family": TEXT_FONT,
      }, text);
    }
    const { d, fill, stroke, width, dash = "none", join = "miter", role = "" } = shape;
    return svgNode("path", {
      d, fill, stroke, "stroke-width": width, "stroke-dasharray": dash, "stroke-linejoin": join,
      class: role,
    });
  });
}
