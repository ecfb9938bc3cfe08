// The streams from the grids before to the grids after, as bands whose height tells how many people.

import { count, say } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const [BAR, GAP, ROW, TOP] = [12, 8, 17, 2];
const HEIGHT_OF_GRID = 34;
const [LEAST_HEIGHT, LABEL_SHARE, MOST_LABEL] = [200, 0.3, 190];
const STAYS = "#d5d0c3";
const WIDE = /[⺀-鿿豈-﫿＀-￯]/;
const [WIDE_PX, NARROW_PX] = [12.5, 7];

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Text that is no wider than so many pixels, about. */
function clipped(text, px) {
  let width = 0;
  for (const [i, letter] of [...text].entries()) {
    width += WIDE.test(letter) ? WIDE_PX : NARROW_PX;
    if (width > px) return `${[...text].slice(0, Math.max(1, i - 1)).join("")}…`;
  }
  return text;
}

/** The groups of a side, one below the other, with room for a line of text each. */
function placed(side, perPerson) {
  let y = TOP;
  return new Map(side.map(({ group, residents }) => {
    const height = residents * perPerson;
    const slot = { group, residents, y, height, used: 0 };
    y += Math.max(height, ROW) + GAP;
    return [group.key, slot];
  }));
}

const endOf = (slots) => Math.max(...[...slots.values()].map(({ y, height }) => y + Math.max(height, ROW)));

function band(from, to, thickness, [x0, x1]) {
  const middle = (x0 + x1) / 2;
  const [y0, y1] = [from.y + from.used, to.y + to.used];
  from.used += thickness;
  to.used += thickness;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}V${y1 + thickness}C${middle} ${y1 + thickness} ${middle} ${y0 + thickness} ${x0} ${y0 + thickness}Z`;
}

function label({ group, residents, y, height }, x, anchor, px, nameOf) {
  const figure = count(residents);
  const name = clipped(nameOf(group), px - (group.number.length + figure.length + 2) * NARROW_PX);
  const text = svg("text", { x, y: y + Math.max(height, ROW) / 2 + 4, "text-anchor": anchor, class: "stream-label" });
  const bold = svg("tspan", { class: "stream-number" });
  bold.textContent = `${group.number} `;
  const rest = svg("tspan", {});
  rest.textContent = `${name} ${figure}`;
  text.append(bold, rest);
  return text;
}

/** The drawing of flows, so many pixels wide; `nameOf(group)` is how a group is called. */
export function streamOf(flows, width, nameOf) {
  const [before, after] = [flows.side("before"), flows.side("after")];
  const people = before.reduce((all, { residents }) => all + residents, 0);
  const rows = Math.max(before.length, after.length);
  const perPerson = people > 0 ? Math.max(LEAST_HEIGHT, rows * HEIGHT_OF_GRID) / people : 0;
  const [left, right] = [placed(before, perPerson), placed(after, perPerson)];
  const px = Math.min(MOST_LABEL, width * LABEL_SHARE);
  const [x0, x1] = [px + BAR, width - px - BAR];
  const bands = [];
  for (const from of left.values()) {
    for (const to of right.values()) {
      const residents = flows.residents(from.group, to.group);
      if (residents === 0) continue;
      const isMove = from.group !== to.group;
      const shape = svg("path", { d: band(from, to, residents * perPerson, [x0, x1]), fill: isMove ? to.group.colour : STAYS, "fill-opacity": isMove ? 0.85 : 0.6, class: isMove ? "stream-move" : "stream-stay", "data-from": from.group.key, "data-to": to.group.key });
      const words = svg("title", {});
      words.textContent = say("twin_seen", { from: nameOf(from.group), to: nameOf(to.group), residents: count(residents) });
      shape.append(words);
      bands.push(shape);
    }
  }
  const bar = (slot, x) => svg("rect", { x, y: slot.y, width: BAR, height: Math.max(1, slot.height), fill: slot.group.colour });
  const sides = [...left.values()].flatMap((slot) => [bar(slot, px), label(slot, px - 6, "end", px, nameOf)]);
  sides.push(...[...right.values()].flatMap((slot) => [bar(slot, x1), label(slot, x1 + BAR + 6, "start", px, nameOf)]));
  const height = Math.max(endOf(left), endOf(right)) + TOP;
  return svg("svg", { class: "stream", role: "img", width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": say("twin_stream_words", { before: before.length, after: after.length }) }, ...bands, ...sides);
}
