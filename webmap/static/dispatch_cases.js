// The open cases that the board shows: read once, then kept in step with the stream.

import * as api from "./dispatch_api.js";
import { isOver } from "./dispatch_clock.js";

/** What a link may narrow the queue by; stages and words narrow what is shown, the rest what is asked for. */
export const FILTERS = ["item", "channel", "grid", "unit", "holder", "overdue"];
export const SHOWN_FILTERS = ["stage", "q"];

const TEXTS = ["number", "item_name", "text", "address", "grid_name", "unit", "holder"];

/** Whether a case is among those that were asked for. */
export function fits(it, filters, now) {
  if (it.state !== "open") return false;
  if (filters.holder === "me" && !it.is_mine) return false;
  if (filters.holder === "nobody" && it.holder !== null) return false;
  if (filters.holder === "somebody" && it.holder === null) return false;
  if (filters.overdue && !isOver(it, now)) return false;
  if (filters.grid && !(it.grid_id === Number(filters.grid) || it.border_grid_ids.includes(Number(filters.grid)))) return false;
  return ["item", "channel", "unit"].every((name) => !filters[name] || it[name] === filters[name]);
}

/** Whether a case is shown of those that were asked for. */
export function isShown(it, filters) {
  if (filters.stage && it.stage !== filters.stage) return false;
  if (!filters.q) return true;
  const wanted = filters.q.toLowerCase();
  return [`#${it.id}`, ...TEXTS.map((name) => it[name])].some((text) => text?.toLowerCase().includes(wanted));
}

const due = (it) => (it.stage_due_at ? Date.parse(it.stage_due_at) : Infinity);
export const byDue = (a, b) => due(a) - due(b) || a.id - b.id;

export class Cases {
  /** `now()` tells what time it is. */
  constructor(now) {
    Object.assign(this, { now, known: new Map(), filters: {}, matched: 0, meanwhile: null });
  }

  get list() {
    return [...this.known.values()].sort(byDue);
  }

  clear() {
    this.known.clear();
    this.meanwhile = null;
  }

  /**
   * Read what is open; news that came while it was read are newer than it. `onPart()` is called for each page where nothing was
   * known before, else once: what is there already stays until all has come.
   */
  async load(onPart) {
    const meanwhile = (this.meanwhile = []);
    const query = Object.fromEntries(FILTERS.map((name) => [name, this.filters[name]]));
    const isFirst = this.known.size === 0;
    const found = new Map();
    let matched = 0;
    const show = () => {
      this.known = new Map(found);
      this.matched = matched;
      for (const it of meanwhile) this.put(it);
      onPart();
    };
    for await (const part of api.listCases(query)) {
      if (this.meanwhile !== meanwhile) return;
      ({ matched } = part);
      for (const it of part.cases) found.set(it.id, it);
      if (isFirst) show();
    }
    if (this.meanwhile !== meanwhile) return;
    if (!isFirst) show();
    this.meanwhile = null;
  }

  /** A case as it is now: `new`, `changed` or `gone` for the queue, or nothing for it. */
  take(it) {
    this.meanwhile?.push(it);
    return this.put(it);
  }

  put(it) {
    const before = this.known.get(it.id);
    if (before && before.version >= it.version) return null;
    if (fits(it, this.filters, this.now())) {
      this.known.set(it.id, it);
      this.matched += before ? 0 : 1;
      return before ? "changed" : "new";
    }
    if (!this.known.delete(it.id)) return null;
    this.matched -= 1;
    return "gone";
  }
}
