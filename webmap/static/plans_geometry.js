// Small geometry on Leaflet's places: parts of a shape, what lies inside, the middle, directions.

/** All parts of a feature's shape, as rings of places. */
export function partsOf({ geometry }) {
  return L.GeoJSON.coordsToLatLngs(geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates, 2);
}

/** Where a horizontal line cuts a ring of points, from left to right. */
function cutsOf(ring, y) {
  const cuts = [];
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length];
    if ((a.y > y) !== (b.y > y)) cuts.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  });
  return cuts.sort((a, b) => a - b);
}

const asPoint = ({ lng, lat }) => L.point(lng, lat);

/** Whether a place lies inside the parts of a shape. */
export function holds(parts, { lng, lat }) {
  const cuts = parts.flatMap((rings) => rings.flatMap((ring) => cutsOf(ring.map(asPoint), lat)));
  return cuts.filter((x) => x < lng).length % 2 === 1;
}

/** Where a name may stand: inside the largest part, where it is wide and near its middle. */
export function middleOf(parts, map) {
  const outer = parts.map((rings) => rings[0].map((place) => map.project(place)));
  const boxes = outer.map((ring) => L.bounds(ring));
  const areas = boxes.map((box) => box.getSize().x * box.getSize().y);
  const largest = areas.indexOf(Math.max(...areas));
  const box = boxes[largest];
  let best = { worth: -1, at: box.getCenter() };
  for (const part of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    const y = box.min.y + part * box.getSize().y;
    const cuts = cutsOf(outer[largest], y);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const worth = (cuts[i + 1] - cuts[i]) * (1 - Math.abs(part - 0.5));
      if (worth > best.worth) best = { worth, at: L.point((cuts[i] + cuts[i + 1]) / 2, y) };
    }
  }
  return map.unproject(best.at);
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The step of an arrow key on the screen, or none. */
export const stepOf = (event) => ARROWS[event.key] ?? null;

/** Of the candidates `{ at, ... }` the one that lies next in a direction; none where there is none. */
export function nextIn(from, [dx, dy], candidates) {
  let best = null;
  for (const candidate of candidates) {
    const along = (candidate.at.x - from.x) * dx + (candidate.at.y - from.y) * dy;
    const aside = Math.abs((candidate.at.x - from.x) * dy - (candidate.at.y - from.y) * dx);
    if (along <= 0.5 || aside > 2 * along) continue;
    const length = along + 2 * aside;
    if (best === null || length < best.length) best = { length, candidate };
  }
  return best?.candidate ?? null;
}

const DIGITS = 7;

export const lonlatOf = ({ lng, lat }) => [Number(lng.toFixed(DIGITS)), Number(lat.toFixed(DIGITS))];

export const latlngOf = ([lon, lat]) => L.latLng(lat, lon);

/** The same place, to the last digit that the service keeps. */
export const placeKey = (lon, lat) => `${lon.toFixed(DIGITS)} ${lat.toFixed(DIGITS)}`;
