// What lies above the tiles: the chosen grid, a station's reach with its circle, my place.

import { AIR, INK, REACH } from "./colours.js";

export class Overlay {
  constructor(map) {
    this.map = map;
    this.chosen = L.layerGroup().addTo(map);
    this.place = L.layerGroup().addTo(map);
  }

  clear() {
    this.chosen.clearLayers();
  }

  grid(grid) {
    this.clear();
    const under = L.geoJSON(grid, { interactive: false, style: { color: "#ffffff", weight: 6, opacity: 0.9, fill: false } });
    const line = L.geoJSON(grid, { interactive: false, style: { color: INK, weight: 2.5, fill: false, className: "chosen-grid" } });
    this.chosen.addLayer(under).addLayer(line);
    return line.getBounds();
  }

  /** The reach as a filled shape, the circle of the same station as a dashed ring around it. */
  circle(station, circle) {
    this.clear();
    const [lng, lat] = station.geometry.coordinates;
    const radius = circle.properties.run.air_circle_m;
    const ring = L.circle([lat, lng], {
      radius, interactive: false, color: AIR, weight: 2, dashArray: "7 6", fill: false, className: "air-circle",
    });
    this.chosen.addLayer(ring);
    if (circle.geometry !== null) {
      this.chosen.addLayer(L.geoJSON(circle, {
        interactive: false, style: { color: REACH, weight: 2, fillColor: REACH, fillOpacity: 0.2, className: "reach" },
      }));
    }
    this.point(station);
    return ring.getBounds();
  }

  /** A ring around a point thing. */
  point(thing) {
    const [lng, lat] = thing.geometry.coordinates;
    this.chosen.addLayer(L.circleMarker([lat, lng], { radius: 15, interactive: false, color: INK, weight: 2.5, fill: false }));
  }

  me(latlng, accuracy) {
    this.place.clearLayers();
    this.place.addLayer(L.circle(latlng, { radius: accuracy, interactive: false, color: REACH, weight: 1, fillOpacity: 0.08 }));
    this.place.addLayer(L.circleMarker(latlng, { radius: 7, interactive: false, color: "#ffffff", weight: 3, fillColor: "#1769d1", fillOpacity: 1 }));
  }
}
