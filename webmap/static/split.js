// A divider over the map: one layer shows to its left, another to its right. Dragged, or moved with the arrow keys.

import { el, fill } from "./dom.js";
import { say } from "./page.js";

const STEP = 5;
const KEYS = { ArrowLeft: -STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowUp: STEP, PageDown: -25, PageUp: 25 };

export class Split {
  /** `left` and `right` are panes of the map; `onMove(percent)` is called when the divider stops. */
  constructor(map, left, right, onMove) {
    Object.assign(this, { map, left, right, onMove, percent: 50, isOn: false });
    this.badges = [el("span", { class: "split-badge split-left" }), el("span", { class: "split-badge split-right" })];
    this.handle = el("div", {
      class: "split-handle", role: "slider", tabindex: 0, "aria-label": say("split_label"), "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-orientation": "horizontal",
    }, el("span", { "aria-hidden": "true" }, "⇄"));
    this.line = el("div", { class: "split", hidden: true }, this.badges, this.handle);
    map.getContainer().parentElement.append(this.line);
    map.on("move zoom viewreset resize", () => this.clip());
    this.handle.addEventListener("keydown", (event) => this.key(event));
    this.drag();
  }

  on(percent = this.percent) {
    this.isOn = true;
    this.line.hidden = false;
    this.to(percent);
  }

  off() {
    this.isOn = false;
    this.line.hidden = true;
    for (const pane of [this.left, this.right]) pane.style.clip = "";
  }

  /** What stands at either side of the divider. */
  tell(left, right) {
    fill(this.badges[0], left);
    fill(this.badges[1], right);
    this.words = say("split_value", { left, right });
    this.handle.setAttribute("aria-valuetext", this.words);
  }

  to(percent) {
    this.percent = Math.min(100, Math.max(0, Math.round(percent)));
    this.line.style.left = `${this.percent}%`;
    this.handle.setAttribute("aria-valuenow", String(this.percent));
    this.clip();
  }

  clip() {
    if (!this.isOn) return;
    const size = this.map.getSize();
    const from = this.map.containerPointToLayerPoint([0, 0]);
    const to = this.map.containerPointToLayerPoint(size);
    const at = from.x + (size.x * this.percent) / 100;
    this.left.style.clip = `rect(${from.y}px ${at}px ${to.y}px ${from.x}px)`;
    this.right.style.clip = `rect(${from.y}px ${to.x}px ${to.y}px ${at}px)`;
  }

  key(event) {
    const to = { Home: 0, End: 100 }[event.key] ?? (KEYS[event.key] ? this.percent + KEYS[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    this.to(to);
    this.onMove(this.percent);
  }

  drag() {
    const { handle } = this;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = this.map.getContainer().getBoundingClientRect();
      this.to(((event.clientX - box.left) / box.width) * 100);
    });
    handle.addEventListener("pointerup", () => this.onMove(this.percent));
  }
}
