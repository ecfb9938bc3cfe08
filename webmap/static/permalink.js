// Where the map is and what is shown, in the address: #map=15/40.4012/103.2034&show=grid:12&off=incident
// A part of the page adds what it knows, for instance &tab=reach&minutes=10&mode=elderly_75.

import { SHOWN, SWITCHES } from "./cartography.js";

const POSITION = /^(\d{1,2})\/(-?\d{1,2}(?:\.\d+)?)\/(-?\d{1,3}(?:\.\d+)?)$/;
const THING = /^(grid|station|resource|incident):(\d{1,18})$/;

/** What an address asks for; parts that make no sense are left out. */
export function read(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const position = POSITION.exec(asked.get("map") ?? "");
  const thing = THING.exec(asked.get("show") ?? "");
  const off = (asked.get("off") ?? "").split(",").filter((name) => SWITCHES.includes(name));
  return {
    view: position ? { zoom: Number(position[1]), lat: Number(position[2]), lng: Number(position[3]) } : null,
    thing: thing ? { kind: thing[1], id: Number(thing[2]) } : null,
    off,
    params: asked,
  };
}

/** Keep the address in step with the map; `thing` is what the card shows, or null; `more` are parts of others. */
export function write(map, thing, more = []) {
  const centre = map.getCenter();
  const parts = [`map=${map.getZoom()}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}`];
  if (thing) parts.push(`show=${thing.kind}:${thing.id}`);
  const off = SWITCHES.filter((name) => !SHOWN.has(name));
  if (off.length > 0) parts.push(`off=${off.join(",")}`);
  parts.push(...more);
  history.replaceState(null, "", `#${parts.join("&")}`);
}
