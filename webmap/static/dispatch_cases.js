// The open cases that the board shows: read once, then kept in step with the stream.

import * as api from "./dispatch_api.js";
import { isOver } from "./dispatch_clock.js";

/** What a link may narrow the queue by: what is asked for ... */
export const FILTERS = ["item", "channel", "grid", "unit", "holder"];
/**
 * ... and what is looked at of that, so that it can be counted. Where more is open than a board holds, it is asked for, too; words
 * alone are not: the service does not search in what people wrote.
 */
export const VIEWS = ["stage", "overdue", "where", "q"];

const MOST_PAGES = 4;
const TEXTS = ["number", "item_name", "text", "address", "grid_name", "unit", "holder"];
/** How the service is asked for a view. */
const QUESTIONS = {
  stage: (stage) => ({ stage }),
  overdue: (overdue) => ({ overdue }),
  where: (where) => (where === "unplaced" ? { located: false } : { in_grid: false }),
};

export const isUnplaced = (it) => it.lonlat === null;
/** A place that is known and lies in no grid; what a file brought as mere points was never put into grids. */
export const isInNoGrid = (it) => it.lonlat !== null && it.grid_id === null && it.reported_at !== null;

/** Whether a case is among those that were asked for. */
export function fits(it, filters) {
  if (it.state !== "open") return false;
  if (filters.holder === "me" && !it.is_mine) return false;
  if (filters.holder === "nobody" && it.holder !== null) return false;
  if (filters.holder === "somebody" && it.holder === null) return false;
  if (filters.grid && !(it.grid_id === Number(filters.grid) || it.border_grid_ids.includes(Number(filters.grid)))) return false;
  return ["item", "channel", "unit"].every((name) => !filters[name] || it[name] === filters[name]);
}

/** Whether a case is looked at of those that were asked for. */
export function isShown(it, filters, now) {
  if (filters.stage && it.stage !== filters.stage) return false;
  if (filters.overdue && !isOver(it, now)) return false;
  if (filters.where === "unplaced" && !isUnplaced(it)) return false;
  if (filters.where === "no_grid" && !isInNoGrid(it)) return false;
  if (!filters.q) return true;
  const wanted = filters.q.toLowerCase();
  return [`#${it.id}`, ...TEXTS.map((name) => it[name])].some((text) => text?.toLowerCase().includes(wanted));
}

const due = (it) => (it.stage_due_at ? Date.parse(it.stage_due_at) : Infinity);
export const byDue = (a, b) => due(a) - due(b) || a.id - b.id;

export class Cases {
  constructor() {
    Object.assign(this, { known: new Map(), filters: {}, matched: 0, meanwhile: null, asked: "", isMany: false });
  }

  get list() {
    return [...this.known.values()].sort(byDue);
  }

  get isReading() {
    return this.meanwhile !== null;
  }

  clear() {
    this.known.clear();
    Object.assign(this, { matched: 0, meanwhile: null, asked: "", isMany: false });
  }

  /**
   * What the service is asked for with these filters. Where more is open than a board holds, what is still in time is asked for by
   * itself: a backlog of what is late must not keep out what is due in minutes.
   */
  questions(filters) {
    const asked = Object.fromEntries(FILTERS.map((name) => [name, filters[name]]));
    if (!this.isMany) return [asked];
    for (const name of Object.keys(QUESTIONS)) if (filters[name]) Object.assign(asked, QUESTIONS[name](filters[name]));
    return asked.overdue ? [asked] : ["no", "yes"].map((overdue) => ({ ...asked, overdue }));
  }

  /** Whether other cases must be asked for with these filters than were asked for last. */
  isOther(filters) {
    return JSON.stringify(this.questions(filters)) !== this.asked;
  }

  /**
   * Read what is open; news that came while it was read are newer than it. `onPart()` is called for each page where nothing was
   * known before, else once: what is there already stays until all has come. Returns whether all has, and nothing else was asked
   * for meanwhile.
   */
  async load(filters, onPart) {
    const questions = this.questions(filters);
    const meanwhile = [];
    Object.assign(this, { filters, meanwhile, asked: JSON.stringify(questions) });
    const isFirst = this.known.size === 0;
    const found = new Map();
    const matched = questions.map(() => 0);
    const show = () => {
      this.known = new Map(found);
      this.matched = matched.reduce((sum, n) => sum + n);
      for (const it of meanwhile) this.put(it);
      onPart();
    };
    try {
      for (const [i, question] of questions.entries()) {
        for await (const part of api.listCases(question, MOST_PAGES / questions.length)) {
          if (this.meanwhile !== meanwhile) return false;
          matched[i] = part.matched;
          for (const it of part.cases) found.set(it.id, it);
          if (isFirst) show();
        }
      }
      if (this.meanwhile !== meanwhile) return false;
      if (!isFirst) show();
    } catch (error) {
      if (this.meanwhile !== meanwhile) return false; // something else was asked for since: what became of this is nobody's
      throw error;
    } finally {
      if (this.meanwhile === meanwhile) this.meanwhile = null;
    }
    if (this.isMany || this.matched <= found.size) return true;
    this.isMany = true;
    return this.load(filters, onPart);
  }

  /** A case as it is now: `new`, `changed` or `gone` for the queue, or nothing for it. */
  take(it) {
    this.meanwhile?.push(it);
    return this.put(it);
  }

  put(it) {
    const before = this.known.get(it.id);
    if (before && before.version >= it.version) return null;
    if (fits(it, this.filters)) {
      this.known.set(it.id, it);
      this.matched += before ? 0 : 1;
      return before ? "changed" : "new";
    }
    if (!this.known.delete(it.id)) return null;
    this.matched -= 1;
    return "gone";
  }
}
