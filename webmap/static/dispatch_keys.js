// The keyboard: every key of the board in one table, which the help panel shows.

import { byId, el, fill } from "./dom.js";
import { say } from "./page.js";

/** Keys, what they are called in the help, and what they do with the page. */
const KEYS = [
  { keys: ["j", "ArrowDown"], shown: ["J", "↓"], told: "next", act: (page) => page.queue.move(1) },
  { keys: ["k", "ArrowUp"], shown: ["K", "↑"], told: "previous", act: (page) => page.queue.move(-1) },
  { keys: ["Enter"], shown: ["Enter"], told: "open", act: (page) => page.open(page.queue.at) },
  { keys: ["c"], shown: ["C"], told: "claim", act: (page) => page.quick("claim") },
  { keys: ["r"], shown: ["R"], told: "release", act: (page) => page.quick("release") },
  { keys: ["d"], shown: ["D"], told: "dispatch", act: (page) => page.quick("dispatch") },
  { keys: ["p"], shown: ["P"], told: "place", act: (page) => page.quickPlace() },
  { keys: ["n"], shown: ["N"], told: "report", act: (page) => page.newReport() },
  { keys: ["x"], shown: ["X"], told: "mark", act: (page) => page.queue.choose([page.queue.at], !page.queue.chosen.has(page.queue.at)) },
  { keys: ["J"], shown: ["Shift", "J", "↓"], told: "mark_on", act: (page) => page.queue.move(1, true) },
  { keys: ["K"], shown: ["Shift", "K", "↑"], told: "mark_back", act: (page) => page.queue.move(-1, true) },
  { keys: ["o"], shown: ["O"], told: "overdue", act: (page) => page.filters.toggle("overdue", "yes") },
  { keys: ["u"], shown: ["U"], told: "unplaced", act: (page) => page.filters.toggle("where", "unplaced") },
  { keys: ["/"], shown: ["/"], told: "search", act: () => byId("find").focus() },
  { keys: ["?"], shown: ["?"], told: "help", act: (page) => page.keys.help() },
  { keys: ["Escape"], shown: ["Esc"], told: "back", act: (page) => page.back() },
];

const table = new Map(KEYS.flatMap((entry) => entry.keys.map((key) => [key, entry])));
/** Marking on the way, by the arrows as well. */
const MARKING = { ArrowDown: "J", ArrowUp: "K" };
const isField = (element) => element.closest("input, select, textarea") !== null;

export class Keys {
  constructor(page) {
    this.page = page;
    this.dialog = byId("keys-dialog");
    byId("keys-open").addEventListener("click", () => this.help());
    byId("keys-close").addEventListener("click", () => this.dialog.close());
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (isField(event.target) && event.key !== "Escape") return;
    const entry = table.get((event.shiftKey && MARKING[event.key]) || event.key);
    if (!entry || !this.page.isDesk || this.isElsewhere(event)) return;
    event.preventDefault();
    entry.act(this.page);
  }

  /** Enter belongs to whatever button has the focus, arrows and Enter to the map. */
  isElsewhere({ key, target }) {
    if (key === "Enter") return !byId("queue").contains(target) && target !== document.body;
    return key.startsWith("Arrow") && this.page.map.getContainer().contains(target);
  }

  help() {
    fill(byId("keys-table"), KEYS.map(({ shown, told }) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: "keys" }, shown.map((key) => el("kbd", {}, key)))), el("td", {}, say(`dispatch_key_${told}`)))));
    this.dialog.showModal();
  }
}
