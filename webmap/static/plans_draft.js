// The plan that is open: its grids, its version, and the one way in which it is changed.

import * as api from "./plans_api.js";

/** What was asked for about a plan that is no longer the open one. */
const overtaken = () => new DOMException("another plan was opened", "AbortError");

/** Operations after which the units are the same as before, each but for its grid. */
const KEEPS_UNITS = new Set(["paint", "merge", "post", "lock", "rename", "renumber", "bridge"]);

/** Problems that are in `list` and not in `other`. */
function without(list, other) {
  const known = new Set(other.map((problem) => problem.id));
  return list.filter((problem) => !known.has(problem.id));
}

const isOf = (problem, id) => problem.grid_ids.includes(id);

export class Draft {
  /** `onChange()` is called whenever the plan is another one; `onBusy(isBusy)` while an edit is on its way. */
  constructor({ onChange, onBusy }) {
    Object.assign(this, { onChange, onBusy });
    this.last = Promise.resolve();
    this.close();
  }

  close() {
    Object.assign(this, { plan: null, grids: new Map(), problems: [], bridges: [], balance: null, made: null, canUndo: false, canRedo: false, known: null });
  }

  get isEditable() {
    return this.plan?.state === "draft";
  }

  /** The grids by code, new ones without a code at the end. */
  get list() {
    const place = ({ code, id }) => `${code || "~"} ${String(id).padStart(20, "0")}`;
    return [...this.grids.values()].sort((a, b) => (place(a.properties) < place(b.properties) ? -1 : 1));
  }

  /** A grid's name without that of the community, which all of them may begin with. */
  nameOf(id) {
    const name = this.grids.get(id)?.properties.name ?? "";
    return this.short(name);
  }

  short(name) {
    return this.community && name.startsWith(this.community) ? name.slice(this.community.length) || name : name;
  }

  problemsOf(id) {
    return this.problems.filter((problem) => isOf(problem, id));
  }

  /** The worse of a grid's breaches; a note is none. */
  severityOf(id) {
    const found = this.problemsOf(id).map((problem) => problem.severity);
    if (found.includes("error")) return "error";
    return found.includes("warning") ? "warning" : null;
  }

  /** Read a plan of a list, as it is once the edits that are on their way to it have been made. */
  async read(plan) {
    if (plan.id === this.plan?.id) await this.last;
    const [told, problems] = await Promise.all([api.getPlan(plan), plan.is_on_units ? api.getProblems(plan.id) : []]);
    return { told, problems };
  }

  /** A plan that was read is the open one. */
  take(plan, { told, problems }) {
    Object.assign(this, { problems, bridges: told.bridges, balance: told.balance, made: told, canUndo: told.can_undo, canRedo: told.can_redo, known: null, community: plan.community_name });
    this.grids = new Map(told.features.map((grid) => [grid.properties.id, grid]));
    this.plan = { ...plan, ...told.plan };
    this.onChange();
  }

  async reload() {
    const { plan } = this;
    const read = await this.read(plan);
    this.check(plan.id);
    this.take(plan, read);
  }

  /** An answer about another plan than the open one is no longer of interest. */
  check(id) {
    if (this.plan?.id !== id) throw overtaken();
  }

  /** The units as features; asked for once as long as they stay the same. */
  units() {
    if (this.known === null) {
      const asked = (this.known = api.getUnits(this.plan.id));
      asked.catch(() => { if (this.known === asked) this.known = null; }); // asked for again next time
    }
    return this.known;
  }

  vertices(gridId) {
    return api.getVertices(this.plan.id, gridId);
  }

  /** What an edit would do, once those before it are made: they raise the version. */
  async tryOut(op, signal) {
    const { id } = this.plan;
    await this.last;
    signal.throwIfAborted();
    this.check(id);
    const answer = await api.edit(id, this.plan.version, op, { isDry: true, signal });
    signal.throwIfAborted();
    this.check(id);
    return this.effectOf(op, answer);
  }

  /** Make an edit, after those that are still on their way. Returns what it did. */
  edit(op) {
    const { id } = this.plan;
    const mine = this.last.then(() => this.make(op, id));
    this.last = mine.catch(() => {});
    return mine;
  }

  /** `id` is the plan that the edit was meant for. */
  async make(op, id) {
    this.check(id);
    this.onBusy(true);
    try {
      const answer = await api.edit(id, this.plan.version, op);
      this.check(id);
      const effect = this.effectOf(op, answer);
      for (const id of answer.gone) this.grids.delete(id);
      for (const grid of answer.touched) this.grids.set(grid.properties.id, grid);
      Object.assign(this, { problems: answer.problems, bridges: answer.bridges, balance: answer.balance, canUndo: answer.can_undo, canRedo: answer.can_redo });
      this.plan = { ...this.plan, ...answer.plan };
      await this.followUnits(op);
      this.check(id);
      this.onChange();
      return effect;
    } finally {
      this.onBusy(false);
    }
  }

  async followUnits(op) {
    if (!KEEPS_UNITS.has(op.op)) this.known = null;
    else if (this.known && (op.op === "paint" || op.op === "merge")) {
      const units = await this.known;
      const isGiven = op.op === "paint" ? (unit) => op.units.includes(unit.unit_no) : (unit) => op.grids.includes(unit.grid_id);
      for (const { properties } of units) if (isGiven(properties)) properties.grid_id = op.op === "paint" ? op.grid : op.grids[0];
    }
  }

  /** Before and after of each grid that an edit touches, and what it means. */
  effectOf(op, answer) {
    const pairs = answer.touched.map((after) => ({ before: this.grids.get(after.properties.id) ?? null, after }));
    const gone = answer.gone.map((id) => ({ before: this.grids.get(id), after: null })).filter((pair) => pair.before);
    return {
      op, isDry: answer.dry_run, pairs: [...pairs, ...gone], moved: answer.moved, balance: answer.balance, balanceBefore: answer.balance_before,
      snapped: answer.snapped, leftOut: answer.left_out, arisen: without(answer.problems, this.problems), solved: without(this.problems, answer.problems),
    };
  }
}
