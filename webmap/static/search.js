// The search box: type, arrow keys, Enter. A combobox as the ARIA practices describe it.

import { byId, el, fill } from "./dom.js";
import { getJson } from "./net.js";
import { Newest } from "./newest.js";
import { language, say } from "./page.js";
import { attempt } from "./trouble.js";

const WAIT_MS = 180;

export class Search {
  /** `choose(item)` is called with what was picked. */
  constructor(choose) {
    this.choose = choose;
    this.input = byId("search");
    this.list = byId("search-results");
    this.items = [];
    this.active = -1;
    this.questions = new Newest();
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    byId("search-form").addEventListener("submit", (event) => event.preventDefault());
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const q = this.input.value.trim();
    if (q === "") {
      this.close();
      return;
    }
    await attempt(() => this.questions.run(async (signal) => {
      const { items } = await getJson("/api/v1/search", { q, limit: 8 }, signal);
      signal.throwIfAborted();
      this.showItems(items);
    }), (text) => this.showNote(text), null);
  }

  /** Another reader searches for other things. */
  forget() {
    this.input.value = "";
    this.items = [];
    this.close();
    fill(this.list);
  }

  showItems(items) {
    this.items = items;
    this.active = -1;
    if (items.length === 0) {
      this.showNote(say("search_none"));
      return;
    }
    fill(this.list, items.map((item, i) => el("li", { role: "option", id: `result-${i}`, "aria-selected": "false" },
      el("span", { class: "result-kind" }, say(`search_${item.kind}`)),
      el("span", { class: "result-name" }, language === "en" && item.name_en ? item.name_en : item.name),
      item.code ? el("span", { class: "note" }, item.code) : null)));
    [...this.list.children].forEach((option, i) => option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.pick(i);
    }));
    this.open();
    byId("status").textContent = say("search_found", { n: items.length });
  }

  showNote(text) {
    this.items = [];
    fill(this.list, el("li", { class: "empty", role: "option", "aria-disabled": "true" }, text));
    this.open();
    byId("status").textContent = text;
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (event.key in steps && this.items.length > 0) {
      event.preventDefault();
      this.mark((this.active + steps[event.key] + this.items.length + (this.active < 0 && event.key === "ArrowUp" ? 1 : 0)) % this.items.length);
    } else if (event.key === "Enter" && this.items.length > 0) {
      event.preventDefault();
      this.pick(Math.max(this.active, 0));
    }
  }

  mark(number) {
    this.active = number;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === number)));
    this.input.setAttribute("aria-activedescendant", `result-${number}`);
    this.list.children[number].scrollIntoView({ block: "nearest" });
  }

  pick(number) {
    const item = this.items[number];
    this.input.value = item.name;
    this.close();
    this.choose(item);
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  /** What was asked for and has not come yet is not wanted any more, either. */
  close() {
    clearTimeout(this.timer);
    this.questions.stop();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
