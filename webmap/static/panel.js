// The panel: tabs beside the map, or a sheet over it on a phone.

import { byId, fill } from "./dom.js";

const STATES = ["peek", "half", "full"];

export class Panel {
  /** `onTab(name)` is told which tab was opened, `onResize()` that the map shows more or less. */
  constructor(onTab, onResize, tabs = ["card", "reach", "layers", "list"]) {
    this.panel = byId("panel");
    this.tabs = tabs;
    this.onTab = onTab;
    this.onResize = onResize;
    for (const name of tabs) byId(`tab-${name}`).addEventListener("click", () => this.open(name, true));
    byId("tabs").addEventListener("keydown", (event) => this.arrow(event));
    byId("back")?.addEventListener("click", () => this.onBack());
    this.handle(byId("handle"));
    this.onBack = () => {};
  }

  get isSheet() {
    return getComputedStyle(byId("handle")).display !== "none";
  }

  /** How many pixels at the bottom of the map the sheet hides. */
  get hidden() {
    return this.isSheet ? Math.max(0, window.innerHeight - this.panel.getBoundingClientRect().top) : 0;
  }

  /** The middle of what the sheet leaves free of the map. */
  centreOf(map) {
    const { x, y } = map.getSize();
    return map.containerPointToLatLng([x / 2, (y - this.hidden) / 2]);
  }

  open(name, isOwnWish = false) {
    this.shown = name;
    for (const tab of this.tabs) {
      const is_it = tab === name;
      byId(`tab-${tab}`).setAttribute("aria-selected", String(is_it));
      byId(`tab-${tab}`).tabIndex = is_it ? 0 : -1;
      byId(`view-${tab}`).hidden = !is_it;
    }
    if (isOwnWish && this.panel.dataset.state === "peek") this.size("half");
    this.onTab(name);
  }

  /** Show a card; the way back leads to the whole city. */
  card(parts, { isHome = false } = {}) {
    const hadFocus = this.panel.contains(document.activeElement);
    fill(byId("card"), parts);
    byId("back").hidden = isHome;
    this.open("card");
    byId("view-card").scrollTop = 0; // only what is shown can be scrolled
    if (hadFocus) byId("view-card").focus({ preventScroll: true }); // what was pressed is hidden now
    if (!isHome) {
      if (this.panel.dataset.state === "peek") this.size("half");
      byId("status").textContent = byId("card").querySelector("h2").textContent;
    }
  }

  size(state) {
    this.panel.dataset.state = state;
    byId("handle").setAttribute("aria-expanded", String(state !== "peek"));
    this.onResize();
  }

  arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const now = this.tabs.findIndex((tab) => byId(`tab-${tab}`).getAttribute("aria-selected") === "true");
    const next = this.tabs[(now + step + this.tabs.length) % this.tabs.length];
    this.open(next, true);
    byId(`tab-${next}`).focus();
  }

  handle(handle) {
    let start = null;
    let moved = 0;
    handle.addEventListener("pointerdown", (event) => {
      start = event.clientY;
      moved = 0;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (start !== null) moved = event.clientY - start;
    });
    handle.addEventListener("pointerup", () => {
      if (Math.abs(moved) > 30) this.step(moved < 0 ? 1 : -1);
      start = null;
    });
    handle.addEventListener("click", () => {
      if (Math.abs(moved) <= 30) this.size(this.panel.dataset.state === "peek" ? "half" : "peek");
      moved = 0;
    });
  }

  step(direction) {
    const next = STATES.indexOf(this.panel.dataset.state) + direction;
    this.size(STATES[Math.min(Math.max(next, 0), STATES.length - 1)]);
  }
}
