// Edits on their way: made at once, tried out while they are drawn, or waiting for a word; and what to do when somebody
// else was faster.

import { say } from "./page.js";
import { Effect, isTold } from "./plans_effect.js";
import { isOvertaken, wordsOf } from "./trouble.js";

export class Editor {
  constructor(page) {
    this.page = page;
    this.effect = new Effect({ onApply: () => this.apply(), onDrop: () => this.forgetEffect(), onUndo: () => this.undo(), short: (name) => page.draft.short(name) });
  }

  /** Make an edit and show what it did. Returns whether it was made. */
  async commit(op) {
    if (!this.page.draft.plan) return false;
    this.stopTrying();
    this.waiting = null;
    try {
      const effect = await this.page.draft.edit(op);
      this.page.layer.ghost([]);
      this.effect.show(effect);
      this.page.note("");
      this.followNew(effect);
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      this.forgetEffect();
      if (error.isStale) await this.conflict(error, () => this.commit(op));
      else {
        this.effect.refuse(wordsOf(error));
        this.page.drawPlan(); // what was dragged falls back
      }
      return false;
    }
  }

  followNew(effect) {
    if (effect.op.op === "carve") {
      const made = effect.pairs.find((pair) => pair.before === null);
      if (made) this.page.select(made.after.properties.id);
    }
  }

  /** Say what an edit would do, while it is still being drawn. */
  async tryOut(op, isWaiting = false) {
    this.stopTrying();
    const { signal } = (this.trial = new AbortController());
    try {
      const effect = await this.page.draft.tryOut(op, signal);
      if (signal.aborted) return;
      this.page.layer.ghost(op.op === "move" || op.op === "paint" ? [] : effect.pairs.filter(isTold).map((pair) => pair.after).filter(Boolean));
      this.effect.show(effect, { isWaiting });
      this.page.note("");
      if (isWaiting) this.page.makeRoomForWords(effect.pairs.map((pair) => pair.before?.properties.id));
    } catch (error) {
      if (signal.aborted || isOvertaken(error)) return;
      this.forgetEffect();
      if (error.isStale) await this.conflict(error, null);
      else this.effect.refuse(wordsOf(error));
    }
  }

  stopTrying() {
    this.trial?.abort();
  }

  /** An edit that is made only when somebody says so. */
  preview(op) {
    this.waiting = op;
    return this.tryOut(op, true);
  }

  apply() {
    const op = this.waiting;
    if (op) this.commit(op).then((isMade) => { if (isMade && op.op === "merge") this.page.tools.pick("select"); });
  }

  /** Enter and Escape answer an edit that waits, Escape a refusal too. Returns whether there was one. */
  answerPreview(key) {
    if (key === "Escape" && this.effect.isRefusal) {
      this.forgetEffect();
      return true;
    }
    if (!this.waiting || (key !== "Enter" && key !== "Escape")) return false;
    if (key === "Enter") this.apply();
    else this.forgetEffect();
    return true;
  }

  forgetEffect() {
    this.stopTrying();
    this.waiting = null;
    this.effect.clear();
    this.page.layer.ghost([]);
  }

  /** What was only thought of; what was made stays told. */
  forgetPreview() {
    if (this.waiting || this.effect.isPreview) this.forgetEffect();
  }

  undo() {
    return this.page.draft.canUndo ? this.commit({ op: "undo" }) : null;
  }

  redo() {
    return this.page.draft.canRedo ? this.commit({ op: "redo" }) : null;
  }

  toggleLock() {
    const grid = this.page.draft.grids.get(this.page.selected);
    if (grid) this.commit({ op: "lock", grid: this.page.selected, is_locked: !grid.properties.is_locked });
  }

  /** Somebody else changed the draft: read it anew, mark what they touched, and offer to make the edit again. */
  conflict(refusal, again) {
    return this.page.trying(async () => {
      await this.page.draft.reload();
      this.tellConflict(refusal, again);
    });
  }

  tellConflict(refusal, again) {
    const touched = refusal.evidence.grid_ids ?? [];
    this.page.layer.choose(touched);
    const names = touched.map((id) => this.page.draft.nameOf(id) || say("redraw_grid_gone"));
    this.page.dialog.conflict(refusal, names, again);
    this.page.dialog.dialog.addEventListener("close", () => this.page.tools.changed(), { once: true });
  }
}
