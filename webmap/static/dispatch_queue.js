// The queue: a listbox of cases, first what runs out within minutes and can still be kept, then what is late, then the rest.

import { arrange, byId, el, fill } from "./dom.js";
import { isInNoGrid, isUnplaced } from "./dispatch_cases.js";
import { clockOf, isBurning } from "./dispatch_clock.js";
import { count, desk, incidentName, say } from "./page.js";

/** Of a section's name, which stays at the top of the list. */
const HEAD_PX = 28;
/** So many rows tell how far the others have moved. */
const HELD = 3;
const SECTIONS = ["burning", "over", "due"];

export const titleOf = (it) => it.item_name ?? incidentName(it.category);
const stageNames = new Map(desk.stages);
export const stageName = (stage) => stageNames.get(stage) ?? stage;

/** What was said, and where it is said to be: first what tells more about it. */
const wordsOf = (it) => (isUnplaced(it) ? [it.address, it.text] : [it.text, it.address]).filter(Boolean).join(" · ");

/** A ring that fills as the time runs out. */
export function ring(clock) {
  const drawn = el("span", { class: `ring ${clock.state}`, "aria-hidden": "true" });
  turn(drawn, clock);
  return drawn;
}

/** Let a ring that is drawn go on. */
export function turn(drawn, clock) {
  const passed = `${Math.round(clock.share * 360)}deg`;
  if (drawn.style.getPropertyValue("--passed") !== passed) drawn.style.setProperty("--passed", passed);
}

export class Queue {
  /** `onOpen(id)`, `onPoint(id)` when a row has the focus, `onChosen(ids)` when rows were marked for all at once. */
  constructor({ onOpen, onPoint, onChosen, now }) {
    Object.assign(this, { onOpen, onPoint, onChosen, now, chosen: new Set(), open: null, at: null, anchor: null, rows: new Map(), parts: new Map(), order: [] });
    this.list = byId("queue");
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => this.focused(event));
  }

  /** Draw these cases, in this order within each section. */
  show(cases) {
    const hadFocus = this.list.contains(document.activeElement);
    const sections = Object.groupBy(cases, (it) => this.sectionOf(it));
    const before = this.order;
    this.order = SECTIONS.flatMap((name) => sections[name] ?? []);
    this.chosen = new Set(this.order.map((it) => it.id).filter((id) => this.chosen.has(id)));
    const kept = new Map(this.order.map((it) => [it.id, this.row(it)]));
    this.rows = kept;
    if (!kept.has(this.at)) this.at = this.beside(before);
    for (const [id, { element }] of kept) element.tabIndex = id === this.at ? 0 : -1;
    this.inPlace(() => arrange(this.list, SECTIONS.filter((name) => sections[name]).map((name) => this.part(name, sections[name]))));
    byId("queue-empty").hidden = this.order.length > 0;
    if (hadFocus && this.at !== null) this.rows.get(this.at).element.focus({ preventScroll: true });
    this.onChosen([...this.chosen]);
  }

  /** Who is left where the case stood that had the focus: the next one, else the one before it. */
  beside(before) {
    const place = before.findIndex((it) => it.id === this.at);
    const near = place < 0 ? [] : [...before.slice(place), ...before.slice(0, place).reverse()];
    return near.find((it) => this.rows.has(it.id))?.id ?? this.order[0]?.id ?? null;
  }

  /**
   * Reorder the list under the reader's eyes: what is read stays where it is, but for the top, where what burns comes in. Of three
   * rows one may be what moved; the one in the middle tells how far the others did.
   */
  inPlace(reorder) {
    const { scrollTop: top } = this.list;
    const edge = this.list.getBoundingClientRect().top + HEAD_PX;
    const placeOf = (row) => row.getBoundingClientRect().top;
    const rows = top === 0 ? [] : [...this.list.querySelectorAll(".case-row")];
    const first = rows.findIndex((row) => row.getBoundingClientRect().bottom > edge);
    const held = rows.slice(Math.max(first, 0), first + HELD).map((row) => [row, placeOf(row)]);
    reorder();
    const shifts = held.filter(([row]) => row.isConnected).map(([row, before]) => placeOf(row) - before).sort((a, b) => a - b);
    if (shifts.length > 0) this.list.scrollTop += shifts[shifts.length >> 1];
    else this.list.scrollTop = top;
  }

  /** A section of the queue; it stays the same element, so that nobody who holds it is left with an empty one. */
  part(name, cases) {
    if (!this.parts.has(name)) {
      const head = el("h3", { id: `part-${name}`, role: "presentation" }, say(`dispatch_part_${name}`), el("span", { class: "part-count" }));
      this.parts.set(name, el("div", { role: "group", class: `queue-part ${name}`, "aria-labelledby": head.id }, head));
    }
    const part = this.parts.get(name);
    part.querySelector(".part-count").textContent = count(cases.length);
    const rows = cases.map((it) => this.rows.get(it.id).element);
    for (const row of rows) row.dataset.part = name;
    arrange(part, [part.firstElementChild, ...rows]);
    return part;
  }

  sectionOf(it) {
    const now = this.now();
    if (isBurning(it, now)) return "burning";
    return clockOf(it, now).state === "over" ? "over" : "due";
  }

  /** The row of a case: always the same element, filled anew when something about it has changed. */
  row(it) {
    const key = JSON.stringify([it.version, this.chosen.has(it.id), this.open === it.id]);
    const known = this.rows.get(it.id);
    if (known?.key === key) return known;
    const clock = clockOf(it, this.now());
    const element = known?.element ?? el("div", { role: "option", class: "case-row", "data-case": it.id });
    element.dataset.clock = clock.state;
    element.setAttribute("aria-selected", String(this.chosen.has(it.id)));
    if (this.open === it.id) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    fill(element, el("span", { class: "mark", "aria-hidden": "true" }), ring(clock),
      el("span", { class: "row-main" },
        el("span", { class: "case-title" }, titleOf(it)), el("span", { class: "clock-text" }, clock.text),
        el("span", { class: "case-words", title: wordsOf(it) || null }, wordsOf(it)), el("span", { class: "case-id" }, `#${it.id}`),
        el("span", { class: "case-state" }, el("span", { class: `stage ${it.stage}` }, stageName(it.stage)), holderTag(it), gridTag(it))));
    return { it, key, element };
  }

  /** Let all clocks run on. Returns whether a case belongs elsewhere in the queue since. */
  tick() {
    let isOld = false;
    for (const { it, element } of this.rows.values()) {
      const clock = clockOf(it, this.now());
      const text = element.querySelector(".clock-text");
      if (text.textContent !== clock.text) text.textContent = clock.text;
      if (element.dataset.clock !== clock.state) {
        element.dataset.clock = clock.state;
        element.querySelector(".ring").replaceWith(ring(clock));
      } else turn(element.querySelector(".ring"), clock);
      isOld ||= element.dataset.part !== this.sectionOf(it);
    }
    return isOld;
  }

  clicked(event) {
    const row = event.target.closest("[data-case]");
    if (!row) return;
    const id = Number(row.dataset.case);
    if (event.shiftKey) this.choose(this.between(this.anchor ?? id, id), true);
    else if (event.target.classList.contains("mark")) this.choose([id], !this.chosen.has(id));
    else this.onOpen(id);
    if (!event.shiftKey) this.anchor = id;
    this.at = id;
    this.rows.get(id)?.element.focus({ preventScroll: true });
  }

  focused(event) {
    const row = event.target.closest("[data-case]");
    if (!row) return;
    this.at = Number(row.dataset.case);
    for (const [id, { element }] of this.rows) element.tabIndex = id === this.at ? 0 : -1;
    this.onPoint(this.at);
  }

  /** Go so many rows on; with `isChoosing` they are marked on the way. */
  move(steps, isChoosing = false) {
    if (this.order.length === 0) return;
    const now = this.order.findIndex((it) => it.id === this.at);
    const isIn = this.list.contains(document.activeElement);
    const next = isIn ? Math.min(Math.max(now + steps, 0), this.order.length - 1) : Math.max(now, 0);
    const { id } = this.order[next];
    if (isChoosing) this.choose([this.at, id], true);
    const { element } = this.rows.get(id);
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  between(from, to) {
    const [a, b] = [from, to].map((id) => this.order.findIndex((it) => it.id === id)).sort((one, other) => one - other);
    return this.order.slice(Math.max(a, 0), b + 1).map((it) => it.id);
  }

  choose(ids, isChosen) {
    for (const id of ids) {
      if (isChosen) this.chosen.add(id);
      else this.chosen.delete(id);
    }
    this.show(this.order);
  }

  /** Mark the case whose card is open. */
  mark(id) {
    this.open = id;
    if (this.rows.has(id)) this.at = id;
    this.show(this.order);
  }
}

/** Where a case lies: its grid, or that somebody must find out. */
function gridTag(it) {
  if (isUnplaced(it)) return el("span", { class: "to-place" }, say("dispatch_part_unplaced"));
  return isInNoGrid(it) ? el("span", { class: "to-place" }, say("dispatch_in_no_grid")) : el("span", { class: "case-grid" }, it.grid_name ?? say("outside_grids"));
}

/** Which desk has a case in hand. */
export const holderTag = (it) => el("span", { class: `holder ${it.holder === null ? "nobody" : it.is_mine ? "mine" : ""}` },
  it.holder === null ? say("dispatch_nobody") : it.is_mine ? say("dispatch_mine") : it.holder);
