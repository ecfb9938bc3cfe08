// Merging: gather grids, the first of which stays.

import { el } from "./dom.js";
import { say } from "./page.js";

export class Merge {
  constructor(page) {
    this.page = page;
    this.ids = [];
  }

  start() {
    this.ids = this.page.selected === null ? [] : [this.page.selected];
    this.show();
  }

  stop() {
    this.ids = [];
    this.page.layer.choose([]);
  }

  changed() {
    this.ids = this.ids.filter((id) => this.page.draft.grids.has(id));
    this.show();
  }

  show() {
    this.page.layer.choose(this.ids);
    this.page.tools.drawHint();
  }

  /** Put a grid in, or take it out again. */
  pressed(id) {
    if (id === null) return;
    this.ids = this.ids.includes(id) ? this.ids.filter((each) => each !== id) : [...this.ids, id];
    this.show();
    const name = this.page.draft.nameOf(id);
    this.page.speak(say(this.ids.includes(id) ? "redraw_merge_in" : "redraw_merge_out", { name, n: this.ids.length }));
    if (this.ids.length > 1) this.page.editor.preview({ op: "merge", grids: this.ids });
    else this.page.editor.forgetEffect();
  }

  key(event) {
    if (event.key === "Escape" && this.ids.length > 0) {
      this.ids = [];
      this.page.editor.forgetEffect();
      this.show();
      return true;
    }
    return false;
  }

  hint() {
    const names = this.ids.map((id) => this.page.draft.nameOf(id));
    return [el("span", { class: "hint-words" }, say("redraw_hint_merge")),
      names.length > 0 ? el("strong", {}, say("redraw_merge_list", { names: names.join(" + "), kept: names[0] })) : null];
  }
}
