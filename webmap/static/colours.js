// Colours and class limits, in one place for the map, the legend and the lists.

export const LAND = {
  ground: "#f3f0e8", water: "#b9d6e3", green: "#d3e2c2", compound: "#eae2d2", school: "#f0e2c0", industry: "#dfdce3",
  plaza: "#efe7da", other: "#e9e5dc",
};

/** Shares of residents within reach: lower limit in percent, colour. Orange to teal holds for colour-blind eyes. */
export const SHARE_CLASSES = [
  { from: 0, colour: "#bf4b2c", hatched: true },
  { from: 50, colour: "#e2924f", hatched: false },
  { from: 70, colour: "#f2d08f", hatched: false },
  { from: 85, colour: "#bfe0d6", hatched: false },
  { from: 95, colour: "#83bfc1", hatched: false },
];

export const NO_FIGURE = { colour: "#c9c7c2" };

/** Number of the class of a share in percent; -1 without a figure. */
export function shareClass(percent) {
  if (percent === null || percent === undefined) return -1;
  let number = 0;
  SHARE_CLASSES.forEach((entry, i) => { if (percent >= entry.from) number = i; });
  return number;
}

export const INK = "#1d2733";
export const REACH = "#0b4a6f";
export const AIR = "#8a2f10";
export const GAIN = "#0b5fa5";
export const LOSS = "#b0480b";
export const FROM_HERE = "#6a2c86";
export const INCIDENT = "#7b1e57";
export const RESIDENTS = "#1f3a5f";
export const WORKERS = "#7a4a00";
export const RESOURCE = "#2f5d3a";

const patterns = new Map();

const SHARPNESS = 2;

/** A small tile of diagonal lines or dots, drawn at twice its size, made once per look. */
export function patternTile(kind, colour, density = 1) {
  const key = `${kind} ${colour} ${density}`;
  if (!patterns.has(key)) patterns.set(key, draw(kind, colour, density));
  return patterns.get(key);
}

/** A fill for a canvas whose unit is a CSS pixel. */
export function patternFill(ctx, kind, colour, density = 1) {
  const fill = ctx.createPattern(patternTile(kind, colour, density), "repeat");
  fill.setTransform(new DOMMatrix().scale(1 / SHARPNESS));
  return fill;
}

function draw(kind, colour, density) {
  const size = kind === "dots" ? Math.round(13 / density) : 7;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SHARPNESS;
  const ctx = canvas.getContext("2d");
  ctx.scale(SHARPNESS, SHARPNESS);
  ctx.strokeStyle = ctx.fillStyle = colour;
  if (kind === "dots") {
    ctx.beginPath();
    ctx.arc(size / 2, size / 2, 1.3, 0, 2 * Math.PI);
    ctx.fill();
    return canvas;
  }
  ctx.lineWidth = 1.1;
  ctx.beginPath();
  for (const shift of [-size, 0, size]) {
    ctx.moveTo(shift, kind === "hatch" ? size : 0);
    ctx.lineTo(shift + size, kind === "hatch" ? 0 : size);
  }
  ctx.stroke();
  return canvas;
}
