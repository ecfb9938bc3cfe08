// The strip of tools over the map, the line that tells what the chosen one does, and the keys.

import { byId, el, fill } from "./dom.js";
import { say } from "./page.js";
import { Border } from "./plans_border.js";
import { Carve, Split } from "./plans_draw.js";
import { Merge } from "./plans_merge.js";
import { Brush } from "./plans_units.js";

const KEYS = { v: "select", b: "paint", s: "split", m: "merge", e: "border", c: "carve" };
const TOOLS = Object.values(KEYS);

/** Choosing grids: what a press does when no other tool is at work. */
class Select {
  constructor(page) {
    this.page = page;
  }

  start() {}

  stop() {}

  changed() {}

  pressed(id) {
    this.page.select(id);
    if (id !== null) this.page.panel.open("grids");
  }

  key() {
    return false;
  }

  hint() {
    return [el("span", { class: "hint-words" }, say("redraw_hint_select"))];
  }
}

const isTyping = (target) => target.closest("input, select, textarea, dialog") !== null;

export class Tools {
  constructor(page) {
    this.page = page;
    this.all = {
      select: new Select(page), paint: new Brush(page), split: new Split(page), merge: new Merge(page), border: new Border(page), carve: new Carve(page),
    };
    this.name = "select";
    this.buttons = [...document.querySelectorAll("#tool-choice [data-tool]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.pick(button.dataset.tool));
    byId("tool-choice").addEventListener("keydown", (event) => this.arrow(event));
    byId("undo").addEventListener("click", () => page.editor.undo());
    byId("redo").addEventListener("click", () => page.editor.redo());
    byId("keys-open").addEventListener("click", () => this.showKeys());
    document.addEventListener("keydown", (event) => this.key(event), true);
  }

  get tool() {
    return this.all[this.name];
  }

  /** Show the tools, or put them away where nothing may be changed. */
  enable(isEditable) {
    byId("tools").hidden = !isEditable;
    if (!isEditable && this.name !== "select") this.pick("select");
    byId("undo").disabled = !this.page.draft.canUndo;
    byId("redo").disabled = !this.page.draft.canRedo;
    this.drawHint();
  }

  pick(name) {
    if (!this.page.draft.isEditable && name !== "select") return;
    this.tool.stop();
    this.page.editor.forgetPreview();
    this.name = name;
    this.mark();
    this.drawHint();
    this.page.speak(say(`redraw_tool_${name}`));
    if (name !== "select") this.page.makeRoom();
    this.page.trying(() => this.tool.start(), null).then(() => this.drawHint());
  }

  mark() {
    for (const button of this.buttons) {
      const isIt = button.dataset.tool === this.name;
      button.setAttribute("aria-checked", String(isIt));
      button.tabIndex = isIt ? 0 : -1;
    }
  }

  arrow(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = TOOLS[(TOOLS.indexOf(this.name) + by + TOOLS.length) % TOOLS.length];
    this.pick(next);
    this.buttons.find((button) => button.dataset.tool === next).focus();
  }

  /** The plan or the chosen grid is another one. */
  changed() {
    this.page.trying(() => this.tool.changed(), null).then(() => this.drawHint());
  }

  drawHint() {
    this.mark();
    const had = byId("tool-hint").contains(document.activeElement) ? document.activeElement.id : null;
    fill(byId("tool-hint"), this.tool.hint());
    if (had) byId(had)?.focus();
  }

  key(event) {
    if (!this.page.draft.isEditable || document.querySelector("dialog[open]")) return;
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !isTyping(event.target) && (letter === "z" || letter === "y")) {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) this.page.editor.redo();
      else this.page.editor.undo();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && this.isMaps(event.target) && this.mapKey(event, letter)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** Keys of one letter count only where the map has the focus, or nothing has: readers' programs use them, too. */
  isMaps(target) {
    return target === document.body || (byId("map-side").contains(target) && !isTyping(target));
  }

  mapKey(event, letter) {
    const isButton = event.target.closest("button, a, [role=radiogroup]") !== null;
    if (isButton && [" ", "Enter", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return false;
    if (event.target.classList.contains("vertex") && this.name === "border" && this.tool.onHandleKey(event)) return true;
    if (this.page.editor.answerPreview(event.key)) return true;
    if (this.tool.key(event)) return true;
    if (letter in KEYS) this.pick(KEYS[letter]);
    else if (letter === "l") this.page.editor.toggleLock();
    else if (letter >= "1" && letter <= "9") this.number(Number(letter) - 1);
    else if (event.key === "?") this.showKeys();
    else if (event.key === "Escape") this.leave();
    else return false;
    return true;
  }

  number(place) {
    const grid = this.page.draft.list[place];
    if (!grid) return;
    if (this.name === "merge") this.tool.pressed(grid.properties.id);
    else this.page.select(grid.properties.id, "key");
  }

  leave() {
    if (this.name !== "select") this.pick("select");
    else this.page.select(null);
  }

  showKeys() {
    const row = (keys, words) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: "keys" }, keys.map((key) => el("kbd", {}, key)))), el("td", {}, words));
    this.page.dialog.open(say("redraw_keys"), el("table", { class: "keys-table" }, el("tbody", {},
      Object.entries(KEYS).map(([key, name]) => row([key.toUpperCase()], say(`redraw_tool_${name}`))),
      row(["1", "…", "9"], say("redraw_key_number")), row(["L"], say("redraw_key_lock")),
      row(["← ↑ → ↓"], say("redraw_key_arrows")), row(["Space"], say("redraw_key_space")), row(["Enter"], say("redraw_key_enter")),
      row(["N", "A"], say("redraw_key_vertex")), row(["Esc"], say("redraw_key_escape")),
      row(["Ctrl", "Z"], say("redraw_undo")), row(["Ctrl", "Shift", "Z"], say("redraw_redo")))),
    el("p", { class: "note" }, say("redraw_keys_note")));
  }
}
