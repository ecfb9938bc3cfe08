// Moving the map so that something fills the part of it that the sheet leaves free.

export function fit(map, panel, bounds, maxZoom = 18) {
  map.fitBounds(bounds, { paddingTopLeft: [24, 24], paddingBottomRight: [24, 24 + panel.hidden], maxZoom, animate: false });
}

/** The whole city, or on a narrow screen its middle rather than a stamp in the distance. */
export function fitCity(map, panel, bounds) {
  fit(map, panel, bounds);
  const zoom = map.getZoom();
  const extent = map.project(bounds.getSouthEast(), zoom).subtract(map.project(bounds.getNorthWest(), zoom));
  const free = map.getSize();
  if (Math.max(extent.x / free.x, extent.y / (free.y - panel.hidden)) >= 0.66) return;
  // the middle of the city stays in the middle of what is free: the map's own middle lies elsewhere
  const middle = map.project(bounds.getCenter(), zoom + 1).add([0, panel.hidden / 2]);
  map.setView(map.unproject(middle, zoom + 1), zoom + 1, { animate: false });
}
