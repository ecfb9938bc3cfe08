// The open cases that the board shows: read once, then kept in step with the stream.

import * as api from "./dispatch_api.js";
import { isOver } from "./dispatch_clock.js";

/** What a link may narrow the queue by; stages and words narrow what is shown, the rest what is asked for. */
export const FILTERS = ["item", "channel", "grid", "unit", "holder", "overdue"];
export const SHOWN_FILTERS = ["stage", "q"];

const TEXTS = ["number", "item_name", "text", "address", "unit", "holder"];

/** Whether a case is among those that were asked for. */
export function fits(it, filters, { me, now }) {
  if (it.state !== "open") return false;
  if (filters.holder === "me" && it.holder !== me) return false;
  if (filters.holder === "nobody" && it.holder !== null) return false;
  if (filters.holder === "somebody" && it.holder === null) return false;
  if (filters.overdue && !isOver(it, now)) return false;
  if (filters.grid && !(it.grid_id === Number(filters.grid) || it.border_grid_ids.includes(Number(filters.grid)))) return false;
  return ["item", "channel", "unit"].every((name) => !filters[name] || it[name] === filters[name]);
}

/** Whether a case is shown of those that were asked for. */
export function isShown(it, filters, gridName) {
  if (filters.stage && it.stage !== filters.stage) return false;
  if (!filters.q) return true;
  const wanted = filters.q.toLowerCase();
  return [`#${it.id}`, gridName, ...TEXTS.map((name) => it[name])].some((text) => text?.toLowerCase().includes(wanted));
}

const due = (it) => (it.stage_due_at ? Date.parse(it.stage_due_at) : Infinity);
export const byDue = (a, b) => due(a) - due(b) || a.id - b.id;

export class Cases {
  /** `context()` tells whose desk it is and what time. */
  constructor(context) {
    Object.assign(this, { context, known: new Map(), filters: {}, matched: 0, meanwhile: null });
  }

  get list() {
    return [...this.known.values()].sort(byDue);
  }

  clear() {
    this.known.clear();
    this.meanwhile = null;
  }

  /** Read what is open; news that came while it was read are newer than it. Returns whether this was the last question. */
  async load() {
    const meanwhile = (this.meanwhile = []);
    const query = Object.fromEntries(FILTERS.map((name) => [name, this.filters[name]]));
    const told = await api.listCases(query);
    if (this.meanwhile !== meanwhile) return false;
    this.meanwhile = null;
    this.matched = told.matched;
    this.known = new Map(told.cases.map((it) => [it.id, it]));
    for (const it of meanwhile) this.take(it);
    return true;
  }

  /** A case as it is now: `new`, `changed` or `gone` for the queue, or nothing for it. */
  take(it) {
    this.meanwhile?.push(it);
    const before = this.known.get(it.id);
    if (before && before.version >= it.version) return null;
    if (fits(it, this.filters, this.context())) {
      this.known.set(it.id, it);
      this.matched += before ? 0 : 1;
      return before ? "changed" : "new";
    }
    if (!this.known.delete(it.id)) return null;
    this.matched -= 1;
    return "gone";
  }
}
