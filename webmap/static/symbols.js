// The symbols of stations, resources and incidents, drawn once for the map, the legend and the lists.
// Shape and sign tell the kind; colour only repeats whom it serves.

import { stationKinds } from "./page.js";
import { INCIDENT, RESIDENTS, RESOURCE, WORKERS } from "./colours.js";

// Signs in a square of 24 units.
const SIGNS = {
  star: "M12 4l2.4 5.2 5.6.7-4.1 3.9 1.1 5.6L12 16.6 7 19.4l1.1-5.6L4 9.9l5.6-.7z",
  house: "M12 4.5l8 6.8h-2.2V19h-4.4v-4.6h-2.8V19H6.2v-7.7H4z",
  heart: "M12 19.5C5.5 15 4 11.8 4 9.3 4 6.9 5.8 5.2 8 5.2c1.6 0 3.1.9 4 2.4.9-1.5 2.4-2.4 4-2.4 2.2 0 4 1.7 4 4.1 0 2.5-1.5 5.7-8 10.2z",
  cross: "M9.5 4.5h5v5h5v5h-5v5h-5v-5h-5v-5h5z",
  book: "M4 6c3-1 5.5-.8 7.3.6V19C9.5 17.7 7 17.5 4 18.3zm16 0c-3-1-5.5-.8-7.3.6V19c1.8-1.3 4.3-1.5 7.3-.7z",
  bolt: "M13.8 3.5L5.5 13.5h5l-1.3 7 8.3-10h-5z",
  bowl: "M4 11.5h16c0 4-2.4 6.6-5 7.5H9c-2.6-.9-5-3.5-5-7.5zM9 4.5h1.6v5H9zm4.4 0H15v5h-1.6z",
  truck: "M3.5 7h9.5v9H3.5zM14 9.5h3.6l2.9 3.3V16H14zM7 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  barrow: "M3 7h3.2l1 2H20l-3 6.5H9L5.6 8.8H3zM11 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  people: "M8.5 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm7.5 0a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 18.5c0-4 2.5-6 5.5-6s5.5 2 5.5 6zm12.3 0c0-2.3-.6-4-1.7-5.3 3.9-1.3 7.4.7 7.4 5.3z",
  scales: "M11 4h2v2h6v1.8h-.7L21 14c0 1.6-1.5 2.6-3.2 2.6S14.6 15.6 14.6 14l2.6-6.2H13V18h3.5v2h-9v-2H11V7.8H6.8L9.4 14c0 1.6-1.5 2.6-3.2 2.6S3 15.6 3 14l2.7-6.2H5V6h6z",
  flag: "M6 4h2v1c4-2 6 2 11 0v8c-5 2-7-2-11 0v7H6z",
  key: "M8 8a4.5 4.5 0 1 1 4.3 5.8L11 15.2V17H9v2H7v1.5H4v-3l5-5A4.4 4.4 0 0 1 8 8z",
  pentagon: "M12 4.2l8 5.8-3 9.4H7L4 10zM12 8.6l-3.6 2.6 1.4 4.3h4.4l1.4-4.3z",
  cup: "M5 7h11v2h1.5a3 3 0 0 1 0 6H16c-.4 2.7-2.2 4-5.5 4S5 17.5 5 13zm11 4v2h1.4a1 1 0 0 0 0-2zM8 3h1.5v2.6H8zm4 0h1.5v2.6H12z",
  hall: "M12 3.5l8.5 4.5v2h-17V8zM5.5 11h2v6h-2zm3.7 0h2v6h-2zm3.6 0h2v6h-2zm3.7 0h2v6h-2zM3.5 18h17v2h-17z",
  dot: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
};

const paths = new Map();

function signPath(name) {
  if (!paths.has(name)) paths.set(name, new Path2D(SIGNS[name] ?? SIGNS.dot));
  return paths.get(name);
}

function outline(ctx, shape, r) {
  ctx.beginPath();
  if (shape === "disc") ctx.arc(0, 0, r, 0, 2 * Math.PI);
  else if (shape === "square") ctx.roundRect(-r * 0.9, -r * 0.9, r * 1.8, r * 1.8, r * 0.35);
  else if (shape === "diamond") {
    ctx.moveTo(0, -r * 1.15);
    ctx.lineTo(r * 1.15, 0);
    ctx.lineTo(0, r * 1.15);
    ctx.lineTo(-r * 1.15, 0);
    ctx.closePath();
  } else {
    ctx.moveTo(0, -r);
    ctx.lineTo(r * 0.95, r * 0.75);
    ctx.lineTo(-r * 0.95, r * 0.75);
    ctx.closePath();
  }
}

/** How a thing on the map looks: shape, colour, sign. */
export function look(layer, properties) {
  if (layer === "resource") return { shape: "diamond", colour: RESOURCE, sign: "people" };
  if (layer === "incident") {
    const isOpen = properties.state === "open";
    return { shape: "triangle", colour: isOpen ? INCIDENT : "#ffffff", rim: isOpen ? "#ffffff" : INCIDENT, sign: null };
  }
  const kind = stationKinds[properties.kind];
  const serves = kind?.serves ?? "residents";
  return {
    shape: serves === "workers" ? "square" : "disc",
    colour: serves === "workers" ? WORKERS : RESIDENTS,
    sign: kind?.symbol ?? "dot",
  };
}

/** Draw a symbol around the origin. */
export function drawSymbol(ctx, { shape, colour, sign, rim = "#ffffff" }, radius) {
  ctx.globalAlpha = 1;
  ctx.lineJoin = "round";
  outline(ctx, shape, radius + 1.5);
  ctx.fillStyle = rim;
  ctx.fill();
  outline(ctx, shape, radius);
  ctx.fillStyle = colour;
  ctx.fill();
  if (!sign || radius < 7) return;
  const scale = (radius * 1.32) / 24;
  ctx.save();
  ctx.scale(scale, scale);
  ctx.translate(-12, -12);
  ctx.fillStyle = "#ffffff";
  ctx.fill(signPath(sign));
  ctx.restore();
}

/** A symbol as an element, for lists and the legend. */
export function symbolCanvas(appearance, radius = 10) {
  const side = 2 * radius + 6;
  const ratio = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(side * ratio);
  canvas.style.width = canvas.style.height = `${side}px`;
  canvas.className = "symbol";
  canvas.setAttribute("aria-hidden", "true");
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.translate(side / 2, side / 2);
  drawSymbol(ctx, appearance, radius);
  return canvas;
}
