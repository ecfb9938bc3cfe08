// A field that offers what fits the words in it: a combobox as the ARIA practices describe it.

import { el, fill } from "./dom.js";

const WAIT_MS = 120;

export class Picker {
  /** `source(words, signal)` gives `{ label, note, value }` to choose from; `onPick(choice)` is told which. */
  constructor({ id, label, source, onPick, ...attributes }) {
    Object.assign(this, { source, onPick, choices: [], active: -1 });
    this.input = el("input", { id, type: "text", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", ...attributes });
    this.list = el("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
    this.element = el("div", { class: "picker" }, el("label", { for: id }, label), this.input, this.list);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    this.pending?.abort();
    const words = this.input.value.trim();
    if (words === "") {
      this.close();
      return;
    }
    const { signal } = (this.pending = new AbortController());
    try {
      const choices = await this.source(words, signal);
      if (!signal.aborted && document.activeElement === this.input) this.offer(choices);
    } catch {
      this.close(); // words can be sent without a choice; whether they are understood is then told
    }
  }

  offer(choices) {
    this.choices = choices;
    fill(this.list, choices.map((choice, i) => {
      const entry = el("li", { role: "option", id: `${this.list.id}-${i}`, "aria-selected": "false" }, el("span", {}, choice.label), choice.note ? el("span", { class: "note" }, choice.note) : null);
      entry.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.pick(i);
      });
      return entry;
    }));
    this.list.hidden = choices.length === 0;
    this.input.setAttribute("aria-expanded", String(choices.length > 0));
    this.mark(choices.length > 0 ? 0 : -1);
  }

  mark(number) {
    this.active = number;
    [...this.list.children].forEach((entry, i) => entry.setAttribute("aria-selected", String(i === number)));
    if (number < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `${this.list.id}-${number}`);
      this.list.children[number].scrollIntoView({ block: "nearest" });
    }
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (this.list.hidden) return;
    if (event.key in steps) {
      event.preventDefault();
      this.mark((this.active + steps[event.key] + this.choices.length) % this.choices.length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (event.key === "Enter") event.preventDefault();
      this.pick(this.active);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  pick(number) {
    const choice = this.choices[number];
    this.input.value = choice.label;
    this.close();
    this.onPick(choice);
  }

  close() {
    clearTimeout(this.timer);
    this.pending?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
