// The brush: units are given to the chosen grid, by drawing over them or from the keyboard.

import { el } from "./dom.js";
import { count, say } from "./page.js";
import { middleOf, nextIn, partsOf, stepOf } from "./plans_geometry.js";

const REST_MS = 140;
const STEP_PX = 6;
const MARK = "#0b4a6f";

export class Brush {
  constructor(page) {
    this.page = page;
    this.map = page.map;
    this.group = L.layerGroup();
    this.marked = new Set();
    this.given = new Set(); // on their way to the service
    this.follow = { down: (event) => this.down(event), move: (event) => this.moved(event), up: (event) => this.up(event), leave: () => this.tellUnit(null) };
  }

  get target() {
    return this.page.selected;
  }

  async start() {
    const side = this.map.getContainer();
    this.isOn = true;
    side.classList.add("painting");
    side.addEventListener("pointerdown", this.follow.down, true);
    side.addEventListener("pointermove", this.follow.move);
    side.addEventListener("pointerup", this.follow.up);
    side.addEventListener("pointercancel", this.follow.up);
    side.addEventListener("pointerleave", this.follow.leave);
    await this.changed();
  }

  stop() {
    const side = this.map.getContainer();
    this.isOn = false;
    side.classList.remove("painting");
    side.removeEventListener("pointerdown", this.follow.down, true);
    side.removeEventListener("pointermove", this.follow.move);
    side.removeEventListener("pointerup", this.follow.up);
    side.removeEventListener("pointercancel", this.follow.up);
    side.removeEventListener("pointerleave", this.follow.leave);
    this.clear();
    this.group.remove();
  }

  /** The plan is another one, or the chosen grid. */
  async changed() {
    const { id } = this.page.draft.plan;
    const units = await this.page.draft.units();
    if (!this.isOn || this.page.draft.plan?.id !== id) return;
    if (this.drawn !== units) this.draw(units);
    this.group.addTo(this.map);
    this.paint();
  }

  draw(units) {
    this.drawn = units;
    this.group.clearLayers();
    this.unitOf = new WeakMap();
    this.units = new Map();
    for (const feature of units) {
      const shape = L.polygon(partsOf(feature), { renderer: this.page.layer.renderer.units, pane: "plan-units", className: "plan-unit" });
      this.group.addLayer(shape);
      this.units.set(feature.properties.unit_no, { ...feature.properties, feature, shape });
    }
    if (!this.units.has(this.focused)) this.focused = null;
  }

  owner(unit) {
    return unit.feature.properties.grid_id;
  }

  paint() {
    for (const [number, unit] of this.units) {
      const isOwn = this.owner(unit) === this.target;
      const isMarked = this.marked.has(number) || this.given.has(number);
      unit.shape.setStyle({
        color: number === this.focused ? "#f0a500" : "#ffffff", weight: number === this.focused ? 4 : 1, opacity: number === this.focused ? 1 : 0.9,
        fillColor: MARK, fillOpacity: isMarked ? 0.62 : isOwn ? 0.2 : 0.01,
      });
      const path = unit.shape.getElement();
      if (!path) continue;
      this.unitOf.set(path, number);
      path.setAttribute("data-unit", number);
      path.classList.toggle("marked", isMarked);
    }
    this.units.get(this.focused)?.shape.bringToFront();
  }

  clear() {
    this.marked.clear();
    clearTimeout(this.rest);
  }

  // By hand

  under(event) {
    const path = document.elementFromPoint(event.clientX, event.clientY);
    return path ? this.unitOf?.get(path) ?? null : null;
  }

  down(event) {
    if (event.button !== 0 || !event.isPrimary || this.target === null) return; // a press chooses a grid first
    const number = this.under(event);
    if (number === null || this.owner(this.units.get(number)) === this.target) return; // the map is moved instead
    this.map.dragging.disable();
    this.stroke = { x: event.clientX, y: event.clientY };
    this.clear();
    this.mark(number);
  }

  moved(event) {
    if (!this.stroke) {
      if (event.pointerType === "mouse") this.tellUnit(this.under(event));
      return;
    }
    const { x, y } = this.stroke;
    const steps = Math.max(1, Math.round(Math.hypot(event.clientX - x, event.clientY - y) / STEP_PX));
    for (let i = 1; i <= steps; i += 1) {
      const part = i / steps;
      const number = this.under({ clientX: x + (event.clientX - x) * part, clientY: y + (event.clientY - y) * part });
      if (number !== null) this.mark(number);
    }
    this.stroke = { x: event.clientX, y: event.clientY };
  }

  up(event) {
    if (!this.stroke) return;
    this.stroke = null;
    this.map.dragging.enable();
    if (event.type === "pointerup") this.give();
    else this.cancel();
  }

  // What both ways do

  mark(number) {
    if (this.marked.has(number) || this.owner(this.units.get(number)) === this.target) return;
    this.marked.add(number);
    this.paint();
    this.later();
  }

  /** When the hand rests, say what giving these would mean. */
  later() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.page.editor.tryOut(this.op()), REST_MS);
  }

  op() {
    return { op: "paint", units: [...this.marked], grid: this.target };
  }

  give() {
    clearTimeout(this.rest);
    if (this.marked.size === 0) return;
    const op = this.op();
    this.clear();
    for (const number of op.units) this.given.add(number);
    this.page.editor.commit(op).finally(() => {
      for (const number of op.units) this.given.delete(number);
      if (this.isOn) this.paint();
    });
  }

  cancel() {
    if (this.marked.size === 0) return false;
    this.clear();
    this.paint();
    this.page.editor.forgetEffect();
    return true;
  }

  // By keys

  key(event) {
    const step = stepOf(event);
    if (step) this.go(step);
    else if (event.key === " ") this.toggle();
    else if (event.key === "Enter") this.giveFocused();
    else if (event.key === "Escape") return this.cancel();
    else return false;
    return true;
  }

  go(step) {
    const at = (unit) => this.map.latLngToContainerPoint(middleOf(unit.shape.getLatLngs(), this.map));
    const all = [...this.units].map(([number, unit]) => ({ number, at: at(unit) }));
    const from = this.focused === null ? this.page.centre() : at(this.units.get(this.focused));
    const nearest = () => all.reduce((best, each) => (from.distanceTo(each.at) < from.distanceTo(best.at) ? each : best));
    const next = this.focused === null ? nearest() : nextIn(from, step, all.filter(({ number }) => number !== this.focused));
    if (!next) return;
    this.focused = next.number;
    this.paint();
    this.map.panInside(this.units.get(next.number).shape.getBounds().getCenter(), { padding: [90, 130], animate: false });
    this.tellUnit(next.number, true);
  }

  toggle() {
    if (this.focused === null || this.target === null) return;
    if (this.marked.delete(this.focused)) {
      this.paint();
      if (this.marked.size > 0) this.later();
      else this.page.editor.forgetEffect();
    } else this.mark(this.focused);
  }

  giveFocused() {
    if (this.marked.size === 0 && this.focused !== null && this.target !== null) this.mark(this.focused);
    this.give();
  }

  tellUnit(number, isSpoken = false) {
    const unit = number === null ? null : this.units.get(number);
    const grid = unit ? this.page.draft.grids.get(this.owner(unit)) : null;
    const words = grid ? say("redraw_unit", { n: number, households: count(unit.households), residents: count(unit.residents), grid: this.page.draft.nameOf(grid.properties.id) }) : "";
    const place = document.getElementById("unit-told");
    if (place) place.textContent = words;
    if (isSpoken) this.page.speak(words);
  }

  hint() {
    const { draft } = this.page;
    const choice = el("select", { id: "paint-target" }, el("option", { value: "" }, say("redraw_choose_grid")),
      draft.list.map((grid, i) => el("option", { value: grid.properties.id, selected: grid.properties.id === this.target }, `${i + 1} ${this.page.draft.short(grid.properties.name)}`)));
    choice.addEventListener("change", () => this.page.select(choice.value === "" ? null : Number(choice.value)));
    return [el("label", { class: "inline-label" }, say("redraw_give_to"), choice),
      el("span", { class: "hint-words" }, say(this.target === null ? "redraw_hint_paint_first" : "redraw_hint_paint"), el("span", { class: "for-keys" }, this.target === null ? null : say("redraw_hint_paint_keys"))), el("span", { id: "unit-told", class: "unit-told" })];
  }

  pressed(id) {
    if (this.target === null) this.page.select(id);
  }
}
