// Vertices of the chosen grid's border: dragged by hand or nudged by keys, and every grid that has them follows.

import { el } from "./dom.js";
import { Newest } from "./newest.js";
import { say } from "./page.js";
import { latlngOf, lonlatOf, placeKey, stepOf } from "./plans_geometry.js";

const MOST_HANDLES = 300;
const MANY_HANDLES = 24;
const REST_MS = 200;
const FAR = 10;

const shared = (vertex) => vertex.grids.join(" ");

export class Border {
  constructor(page) {
    this.page = page;
    this.map = page.map;
    this.group = L.layerGroup();
    this.vertices = [];
    this.held = null; // the grid whose vertices they are
    this.questions = new Newest();
    this.together = new Set();
    this.drawInView = () => this.draw();
  }

  async start() {
    this.map.on("moveend", this.drawInView);
    this.group.addTo(this.map);
    await this.changed();
  }

  stop() {
    this.questions.stop();
    this.map.off("moveend", this.drawInView);
    this.cancel();
    this.vertices = [];
    this.group.clearLayers();
    this.group.remove();
  }

  async changed() {
    const asked = this.page.selected;
    if (this.isDragging && asked === this.held) this.rehold();
    else this.letGo();
    await this.questions.run(async (signal) => {
      const vertices = asked === null ? [] : await this.page.draft.vertices(asked);
      signal.throwIfAborted();
      Object.assign(this, { vertices, held: asked });
      this.draw();
    });
  }

  letGo() {
    this.together.clear();
    Object.assign(this, { moves: null, isDragging: false });
  }

  /** The shapes were drawn anew while a vertex is in hand: the new ones follow it from where it is. */
  rehold() {
    for (const move of this.moves) {
      move.follow = this.page.layer.grab(move.vertex.lonlat);
      move.follow(move.to);
    }
  }

  /** Handles of the vertices in view; a border that is far away has too many to be told apart. */
  draw() {
    if (this.isDragging || this.moves) return;
    const bounds = this.map.getBounds();
    const inView = this.vertices.filter((vertex) => bounds.contains(latlngOf(vertex.lonlat)));
    this.isCrowded = inView.length > MOST_HANDLES;
    this.group.clearLayers();
    this.handles = new Map();
    this.map.getContainer().classList.toggle("many-handles", inView.length > MANY_HANDLES);
    if (!this.isCrowded) inView.forEach((vertex) => this.drawHandle(vertex));
    this.roving();
    this.page.tools.drawHint();
  }

  drawHandle(vertex) {
    const at = placeKey(...vertex.lonlat);
    const look = ["vertex", vertex.is_node ? "node" : "", vertex.is_movable ? "" : "fixed", this.together.has(at) ? "together" : ""].join(" ").trim();
    const icon = L.divIcon({ className: look, iconSize: [22, 22] });
    const marker = L.marker(latlngOf(vertex.lonlat), { icon, draggable: vertex.is_movable, keyboard: vertex.is_movable, alt: this.words(vertex), pane: "markerPane", autoPan: false });
    this.group.addLayer(marker);
    marker.getElement().setAttribute("aria-label", this.words(vertex));
    if (!vertex.is_movable) return;
    this.handles.set(at, { vertex, marker });
    marker.on("dragstart", () => this.grab(vertex));
    marker.on("drag", () => this.dragged(marker.getLatLng()));
    marker.on("dragend", () => this.dropped());
    marker.on("click", ({ originalEvent: event }) => { if (event.shiftKey) this.toggle(at); });
    marker.on("dblclick", () => this.takeBorder(vertex));
  }

  words(vertex) {
    const names = vertex.grids.map((id) => this.page.draft.nameOf(id)).join(say("redraw_and"));
    return say(vertex.is_movable ? "redraw_vertex" : "redraw_vertex_fixed", { grids: names });
  }

  /** Only one handle is a stop of the Tab key; N and Shift+N lead to the others. */
  roving(to = null) {
    const keys = [...this.handles.keys()];
    if (to) this.stop_at = to;
    if (!this.handles.has(this.stop_at)) [this.stop_at] = keys;
    for (const [at, { marker }] of this.handles) marker.getElement().tabIndex = at === this.stop_at ? 0 : -1;
  }

  /** A key on the handle that has the focus. Returns whether it meant anything. */
  onHandleKey(event) {
    const { vertex } = [...this.handles.values()].find(({ marker }) => marker.getElement() === event.target);
    const step = stepOf(event);
    const letter = event.key.toLowerCase();
    if (step) this.nudge(vertex, step, event.shiftKey ? FAR : 1);
    else if (event.key === "Enter" && this.moves) this.dropped();
    else if (event.key === " ") this.toggle(placeKey(...vertex.lonlat));
    else if (letter === "a") this.takeBorder(vertex);
    else return false;
    return true;
  }

  nextHandle(by) {
    if (this.moves) return;
    const keys = [...this.handles.keys()];
    if (keys.length === 0) return;
    const to = keys[(keys.indexOf(this.stop_at) + by + keys.length) % keys.length];
    this.roving(to);
    const { marker } = this.handles.get(to);
    this.map.panInside(marker.getLatLng(), { padding: [60, 100], animate: false });
    (this.handles.get(to) ?? { marker }).marker.getElement()?.focus({ preventScroll: true });
  }

  /** A vertex is to be moved together with others, or alone again. */
  toggle(at) {
    if (!this.together.delete(at)) this.together.add(at);
    this.mark();
  }

  /** The whole border towards the same neighbour; its ends, where others meet it, stay. */
  takeBorder(vertex) {
    for (const [at, { vertex: other }] of this.handles) if (shared(other) === shared(vertex)) this.together.add(at);
    this.mark();
    this.page.speak(say("redraw_vertices_together", { n: this.together.size }));
  }

  mark() {
    for (const [at, { marker }] of this.handles) marker.getElement()?.classList.toggle("together", this.together.has(at));
    this.page.tools.drawHint();
  }

  // A move, from the first touch to the last

  grab(vertex) {
    const own = placeKey(...vertex.lonlat);
    const group = this.together.has(own) ? [...this.together] : [own];
    this.isDragging = true;
    this.start_at = latlngOf(vertex.lonlat);
    this.moves = group.map((at) => this.handles.get(at)).filter(Boolean).map(({ vertex: each, marker }) => ({
      vertex: each, marker, from: latlngOf(each.lonlat), to: latlngOf(each.lonlat), follow: this.page.layer.grab(each.lonlat),
    }));
  }

  dragged(latlng) {
    const [dLat, dLng] = [latlng.lat - this.start_at.lat, latlng.lng - this.start_at.lng];
    for (const move of this.moves) {
      move.to = L.latLng(move.from.lat + dLat, move.from.lng + dLng);
      move.follow(move.to);
      move.marker.setLatLng(move.to);
    }
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.page.editor.tryOut(this.op()), REST_MS);
  }

  nudge(vertex, [dx, dy], far) {
    if (!this.moves) {
      this.grab(vertex);
      this.isDragging = false;
    }
    const own = this.moves.find((move) => move.vertex === vertex);
    if (!own) return;
    const at = this.map.latLngToContainerPoint(own.to).add([dx * far, dy * far]);
    this.dragged(this.map.containerPointToLatLng(at));
  }

  op() {
    return { op: "move", moves: this.moves.map(({ vertex, to }) => ({ from: vertex.lonlat, to: lonlatOf(to) })) };
  }

  dropped() {
    if (!this.moves) return;
    clearTimeout(this.rest);
    const op = this.op();
    this.isDragging = false;
    this.moves = null;
    this.page.editor.commit(op); // where it is refused, the shapes are drawn anew and so fall back
  }

  cancel() {
    if (!this.moves) return false;
    clearTimeout(this.rest);
    for (const { follow, marker, from } of this.moves) {
      follow(from);
      marker.setLatLng(from);
    }
    this.moves = null;
    this.isDragging = false;
    this.page.editor.forgetEffect();
    return true;
  }

  key(event) {
    if (event.key.toLowerCase() === "n" && this.handles?.size > 0) this.nextHandle(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      if (this.cancel()) return true;
      if (this.together.size === 0) return false;
      this.together.clear();
      this.mark();
    } else return false;
    return true;
  }

  pressed(id) {
    if (!this.moves) this.page.select(id);
  }

  hint() {
    let key = "redraw_hint_border";
    if (this.page.selected === null) key = "redraw_hint_border_first";
    else if (this.isCrowded) key = "redraw_hint_border_near";
    const together = this.together.size > 0 ? el("strong", {}, say("redraw_vertices_together", { n: this.together.size })) : null;
    return [together, el("span", { class: "hint-words" }, say(key))];
  }
}
