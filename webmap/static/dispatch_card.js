// The case that is open: everything in one look, what can be done with it, and what was done.

import { arrange, byId, el, fill } from "./dom.js";
import * as api from "./dispatch_api.js";
import { clockOf } from "./dispatch_clock.js";
import { assignedSection, gapsList, helperSection } from "./dispatch_helpers.js";
import { MoveForm, actorName, isElsewhere, isPlain, moveName, moveTitle } from "./dispatch_moves.js";
import { holderTag, ring, stageName, titleOf, turn } from "./dispatch_queue.js";
import { dialable } from "./dom.js";
import { count, decimal, desk, hasWords, momentOf, say, whenOf } from "./page.js";
import { wordsOf } from "./trouble.js";

/** What a desk mostly does next, in this order; the rest is behind one button. */
const MAIN_MOVES = ["dispatch", "file", "handle", "feed_back", "verify", "close", "resume", "evaluate"];
const HAND_MOVES = ["claim", "release"];
/** Cases that may be the same: so many at first. */
const FEW = 2;
/** A text with more signs may not fit: it is rolled, and so takes the focus. */
const LONG_TEXT = 250;
/** As the service has it. */
const SHORTEST_ADDRESS = 2;

export class Card {
  /** `page` has what the card cannot do itself: steps, places on the map, the way back. */
  constructor(page) {
    Object.assign(this, { page, element: byId("case") });
    this.forget();
  }

  forget() {
    Object.assign(this, { it: null, grid: null, helpers: null, gaps: null, candidates: [], form: null, news: [], notes: [], opened: new Set() });
    this.pending?.abort();
  }

  get isOpen() {
    return this.it !== null;
  }

  /** Open a case; `notes` are told on top of it, `opened` parts are unfolded. */
  async open(id, notes = [], opened = []) {
    this.forget();
    Object.assign(this, { notes, opened: new Set(opened) });
    const { signal } = (this.pending = new AbortController());
    let it;
    try {
      it = await api.getCase(id);
    } catch (refusal) {
      if (!signal.aborted) this.failed(id, refusal);
      return;
    }
    if (signal.aborted) return;
    this.it = it;
    this.draw();
    const known = this.page.cases.known.get(id);
    // a step that was told while the answer was under way came for a case that was not open yet
    await Promise.all([this.loadGrid(signal), this.loadHelpers(signal), this.loadCandidates(signal), known ? this.took(known, null) : null]);
  }

  /** A case that could not be read leaves no empty card: it says why, and can be asked for again. */
  failed(id, { message }) {
    fill(this.element,
      el("header", { class: "card-head" }, el("p", { class: "eyebrow" }, el("span", { class: "case-id" }, `#${id}`),
        el("button", { type: "button", class: "close-card", "aria-label": say("close"), onclick: () => this.page.leave() }, "×"))),
      el("div", { class: "refusal", role: "alert" }, el("p", {}, message)),
      el("p", { class: "button-row" }, el("button", { type: "button", class: "plain", onclick: () => this.page.open(id) }, say("dispatch_again"))));
    delete this.element.dataset.case;
  }

  async loadGrid(signal) {
    const { grid_id: id } = this.it;
    const grid = id === null ? null : await api.getGrid(id).catch(() => null); // a grid that is no longer in force has no card
    if (signal.aborted) return;
    this.grid = grid;
    this.draw();
  }

  async loadHelpers(signal) {
    if (this.it.lonlat === null) return;
    let told;
    try {
      told = await api.helpersOf(this.it.id, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      told = { problem: wordsOf(error), helpers: [], set_aside: [], number_set_aside: 0 };
    }
    if (signal.aborted) return;
    this.helpers = told;
    this.form?.offer(told);
    this.draw();
  }

  /** Where the address may be, while nobody knows better. */
  async loadCandidates(signal) {
    const { address, lonlat } = this.it;
    if (lonlat !== null || !address || address.length < SHORTEST_ADDRESS) return;
    const found = await api.candidatesOf(address, signal).catch(() => []); // without candidates there is the map
    if (signal.aborted) return;
    this.candidates = found;
    this.draw();
  }

  close() {
    this.forget();
    this.page.layer.pin(null);
    fill(this.element);
  }

  /** The case was changed: by this desk, or by another while it is looked at. */
  async took(it, step) {
    if (this.it?.id !== it.id || it.version <= this.it.version) return;
    if (step && !this.page.isOwn(step)) this.news = [...this.news, step].slice(-3);
    const { signal } = this.pending;
    const wasAt = String(this.it.lonlat);
    const told = await api.getCase(it.id).catch(() => null);
    if (signal.aborted || told === null || !this.replace(told)) return;
    if (String(told.lonlat) !== wasAt) await Promise.all([this.loadGrid(signal), this.loadHelpers(signal)]);
  }

  /** The case as it was read again; answers may overtake one another, and an older one is not looked at. */
  replace(told) {
    if (this.it?.id !== told.id || told.version < this.it.version) return false;
    this.it = told;
    this.draw();
    return true;
  }

  /** Read the case again and forget what was told of it meanwhile. */
  async reread() {
    const told = await api.getCase(this.it.id);
    if (this.it?.id !== told.id) return told; // another one was opened meanwhile
    this.news = [];
    this.replace(told);
    return this.it;
  }

  tick() {
    if (this.it === null) return;
    const clock = clockOf(this.it, this.page.now());
    const told = this.element.querySelector("#card-clock");
    if (!told) return;
    if (told.textContent !== clock.text) told.textContent = clock.text;
    if (told.dataset.clock !== clock.state) this.draw();
    else turn(this.element.querySelector(".card-clock .ring"), clock);
  }

  // What it does

  /** Make a move: at once, or by a form where it asks for something. */
  async move(key, given = {}) {
    if (this.it === null) return;
    if (!this.it.moves.includes(key)) {
      this.refuse(say("dispatch_not_now", { move: moveName(key), stage: stageName(this.it.stage) }));
      return;
    }
    if (!isPlain(this.it, key) || Object.keys(given).length > 0) {
      this.openForm(key, given);
      return;
    }
    try {
      await this.page.step(this.it, key, {});
    } catch (refusal) {
      if (refusal.isStale) await this.page.trying(() => this.reread()); // who was quicker is seen at once
      const last = refusal.isStale ? this.it?.steps.at(-1) : null;
      if (this.isOpen) this.refuse(last ? say("dispatch_overtaken", { desk: actorName(last), move: moveName(last.move) }) : wordsOf(refusal));
    }
  }

  /**
   * Say where the case is: at once, or by a form where another desk has it in hand. A step that changed nothing about that, such as
   * one of the clock, does not count as having been quicker.
   */
  async place(said, isAgain = false) {
    if (isElsewhere(this.it)) {
      this.openForm("locate", said);
      return;
    }
    const { lonlat } = this.it;
    try {
      await this.page.placed(this.it, said);
    } catch (refusal) {
      const isOvertaken = refusal.isStale || refusal.key === "case_held";
      if (isOvertaken) await this.reread();
      if (isOvertaken && !isAgain && String(this.it.lonlat) === String(lonlat)) await this.place(said, true);
      else this.refuse(wordsOf(refusal));
    }
  }

  refuse(text) {
    fill(byId("card-refusal"), el("p", {}, text));
  }

  openForm(key, given) {
    const form = new MoveForm(this.it, key, {
      helpers: this.helpers, given,
      onSend: async (it, move, said) => {
        if (move === "locate") await this.page.placed(it, { ...given, reason: said.reason, take_over: said.take_over });
        else await this.page.step(it, move, said);
        if (this.form === form) this.closeForm(); // another may have been opened meanwhile
      },
      onClose: () => this.closeForm(), onReread: () => this.reread(),
    });
    this.form = form;
    fill(byId("card-refusal"));
    this.draw();
    this.form.focus();
  }

  closeForm() {
    this.form = null;
    this.draw();
    this.element.querySelector("h2")?.focus();
  }

  // How it looks

  draw() {
    const { it } = this;
    if (it === null) return;
    const top = this.element.scrollTop;
    const focus = this.element.contains(document.activeElement) ? document.activeElement : null;
    const refusal = [...(byId("card-refusal")?.childNodes ?? [])];
    const isSame = this.element.dataset.case === String(it.id);
    const parts = [this.head(), this.told(), this.clock(), el("div", { id: "card-refusal", class: "refusal", role: "alert" }, isSame ? refusal : []), this.buttons(), this.form?.form,
      this.same(), el("div", { class: "two-facts" }, this.what(), this.who()), this.duty(), this.assigned(), this.near(), this.done()];
    arrange(this.element, parts.filter(Boolean)); // a form that stands is not touched: a press on it that is under way would be lost
    this.element.dataset.case = it.id;
    this.element.scrollTop = isSame ? top : 0;
    this.refocus(focus);
    this.page.drawn();
  }

  /** A field keeps the focus; a button that was drawn anew gets it back. */
  refocus(focus) {
    if (!focus) return;
    if (this.element.contains(focus)) focus.focus({ preventScroll: true });
    else if (focus.matches("h2")) this.element.querySelector("h2")?.focus({ preventScroll: true });
    else if (focus.dataset.move) this.element.querySelector(`[data-move="${focus.dataset.move}"]`)?.focus({ preventScroll: true });
  }

  head() {
    const { it } = this;
    return el("header", { class: "card-head" },
      el("p", { class: "eyebrow" }, el("span", { class: "case-id" }, `#${it.id}`), el("span", { class: `stage ${it.stage}` }, stageName(it.stage)), holderTag(it),
        el("button", { type: "button", class: "close-card", "aria-label": say("close"), onclick: () => this.page.back() }, "×")),
      el("h2", { tabindex: "-1" }, titleOf(it)),
      it.text ? el("p", { class: "case-text", tabindex: it.text.length > LONG_TEXT ? "0" : null }, it.text) : null);
  }

  /** What others did meanwhile, and what else there is to know. */
  told() {
    const lines = this.news.map((step) => say("dispatch_meanwhile", { desk: actorName(step), move: moveName(step.move), time: whenOf(step.at) }));
    if (lines.length + this.notes.length === 0) return null;
    return el("div", { class: "card-news", role: "status" }, [...this.notes, ...lines].map((text) => el("p", {}, text)));
  }

  clock() {
    const { it } = this;
    const clock = clockOf(it, this.page.now());
    if (it.state !== "open") return null;
    const by = it.stage_due_at ? say("dispatch_stage_due", { time: whenOf(it.stage_due_at) }) : null;
    return el("div", { class: `card-clock ${clock.state}` }, ring(clock),
      el("span", { class: "row-main" }, el("strong", { id: "card-clock", "data-clock": clock.state }, clock.text),
        el("span", { class: "note" }, [by, it.due_at ? say("dispatch_due", { time: whenOf(it.due_at) }) : null].filter(Boolean).join(" · ")),
        it.is_due_sure ? null : el("span", { class: "note" }, say("dispatch_unsure")),
        it.deferred_until ? el("span", { class: "note" }, say("dispatch_deferred", { time: whenOf(it.deferred_until) })) : null,
        this.then(clock)));
  }

  /** What happens when the time runs out, or can be done once it has. */
  then(clock) {
    const { when_over: then, moves } = this.it;
    if (clock.state === "over") return moves.includes("escalate") ? el("span", { class: "note" }, say("dispatch_over_words")) : null;
    if (!then) return null;
    const level = desk.levels.find(([key]) => key === then.level)?.[1] ?? then.level;
    return el("span", { class: "note then" }, say(`dispatch_then_${then.act}`, { level, unit: then.unit ?? level }));
  }

  buttons() {
    const { moves } = this.it;
    const main = MAIN_MOVES.find((key) => moves.includes(key));
    const isOthers = isElsewhere(this.it);
    const hand = HAND_MOVES.filter((key) => moves.includes(key) && (key === "claim") === !this.it.is_mine);
    const first = (isOthers ? [...hand, main] : [main, ...hand]).filter(Boolean);
    const rest = moves.filter((key) => !first.includes(key) && !HAND_MOVES.includes(key));
    const title = (key) => (key === "claim" && isOthers ? say("dispatch_take_over_form") : moveTitle(key));
    const button = (key, look) => el("button", { type: "button", class: look, "data-move": key, "aria-keyshortcuts": { claim: "c", dispatch: "d" }[key], onclick: () => this.move(key) }, title(key));
    const place = this.it.lonlat === null ? this.placeButton("primary") : null; // nothing can be said of who is near before that
    return el("div", { class: "moves", role: "group", "aria-label": say("dispatch_moves") },
      place, first.map((key, i) => button(key, i === 0 && !place ? "primary" : "plain")), rest.map((key) => button(key, "plain minor")));
  }

  placeButton(look) {
    return el("button", { type: "button", class: look, "aria-keyshortcuts": "p", onclick: () => this.page.placing(this.it) }, say(this.it.lonlat === null ? "dispatch_place" : "dispatch_replace"));
  }

  what() {
    const { it } = this;
    const chain = this.grid?.properties.chain.slice(-2).map((area) => area.name).join(" › ");
    const grid = it.grid_id === null ? null : el("button", { type: "button", class: "link strong", title: say("dispatch_only_grid"), onclick: () => this.page.filters.set({ grid: String(it.grid_id) }) }, it.grid_name ?? `#${it.grid_id}`);
    const beside = it.border_grid_ids.map((id) => this.page.names.get(id) ?? `#${id}`).join(say("dispatch_and"));
    return el("section", {}, el("h3", {}, say("dispatch_where")),
      el("p", {}, grid ?? say(it.lonlat === null ? "dispatch_no_place" : "outside_grids"), chain ? el("span", { class: "note block" }, chain) : null),
      it.address ? el("p", {}, it.address) : null,
      this.maybe(),
      beside ? el("p", { class: "note" }, say("dispatch_border", { grids: beside })) : null,
      it.lonlat === null || it.precision_m === null ? null : el("p", { class: "note" }, say("dispatch_precision", { n: decimal(it.precision_m, 0) })),
      it.lonlat !== null && it.moves.includes("claim") ? el("p", { class: "note" }, this.placeButton("link")) : null);
  }

  /** Places that the address may mean: one press says which; a look at it shows it on the map. */
  maybe() {
    if (this.candidates.length === 0 || this.it.lonlat !== null) return null;
    const row = ({ kind, name, lonlat, precision_m: precision }, i) => {
      const look = () => this.page.layer.pin(lonlat);
      const leave = () => this.page.layer.pin(null);
      const button = el("button", { type: "button", class: "candidate", "data-move": `candidate-${i}`, onclick: () => { leave(); this.page.trying(() => this.place({ lonlat, precision_m: precision })); } },
        el("b", {}, name), el("span", { class: "note" }, say("dispatch_candidate", { kind: say(`dispatch_place_${kind}`), n: count(Math.round(precision)) })));
      for (const [event, act] of [["mouseenter", look], ["focus", look], ["mouseleave", leave], ["blur", leave]]) button.addEventListener(event, act);
      return el("li", {}, button);
    };
    return el("div", { class: "candidates" }, el("p", { class: "note" }, say("dispatch_maybe")), el("ul", {}, this.candidates.map(row)));
  }

  who() {
    const { it } = this;
    return el("section", {}, el("h3", {}, say("dispatch_who_answers")),
      el("p", {}, it.unit ? el("button", { type: "button", class: "link strong", title: say("dispatch_only_unit"), onclick: () => this.page.filters.set({ unit: it.unit }) }, it.unit) : say("dispatch_no_unit")),
      it.level_reason ? el("p", { class: "note" }, it.level_reason) : null);
  }

  /** Whom to call in the grid: posts, never persons. */
  duty() {
    const posts = (this.grid?.properties.posts ?? []).map((post) => {
      const number = post.duty_phone && dialable(post.duty_phone);
      return el("li", {}, el("span", {}, say(`post_${post.post}`)), post.is_filled ? null : el("span", { class: "vacant-tag" }, say("post_vacant")), post.duty_phone ? el(number ? "a" : "span", { class: "phone", href: number || null }, post.duty_phone) : null);
    });
    return posts.length > 0 ? el("ul", { class: "duty" }, posts) : null;
  }

  /** Which posts of professionals the grid has, whatever is needed now. */
  assigned() {
    if (this.it.lonlat === null || this.it.state !== "open") return null;
    const all = this.folded("gaps", [say("dispatch_gaps")], ...gapsList(this.gaps));
    all.addEventListener("toggle", () => {
      if (all.open && this.gaps === null) this.loadGaps(this.pending.signal);
    });
    return assignedSection(this.helpers, (post) => this.page.layer.lookAt(post.lonlat), all);
  }

  /** Which grids of the city have nobody: asked for when somebody wants to see it. */
  async loadGaps(signal) {
    const told = await api.gapsOfGrids(signal).catch(({ name, message }) => (name === "AbortError" ? null : { problem: message }));
    if (signal.aborted) return;
    this.gaps = told;
    this.draw();
  }

  near() {
    if (this.it.lonlat === null || this.it.state !== "open") return null;
    const sends = ["dispatch", "hand_over"].find((key) => this.it.moves.includes(key));
    return el("section", {}, el("h3", {}, say("dispatch_near"), this.helpers?.service ? el("span", { class: "note" }, ` ${this.helpers.service}`) : null),
      helperSection(this.helpers, { onShow: (helper) => this.page.layer.lookAt(helper.lonlat), onSend: sends && !this.form ? (helper) => this.send(sends, helper) : null }));
  }

  send(key, helper) {
    this.openForm(key, { sent: helper });
    if (helper.family === "resource") this.form.choose(helper);
  }

  same() {
    const { suggestions, moves } = this.it;
    if (suggestions.length === 0) return null;
    const isOpen = (other) => desk.open_stages.includes(other.stage);
    const sorted = [...suggestions.filter(isOpen), ...suggestions.filter((other) => !isOpen(other))];
    const row = (other) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => this.page.open(other.id) }, `#${other.id} ${stageName(other.stage)}`),
      el("span", { class: "note" }, [say(`dispatch_same_${other.why}`), other.distance_m === null ? null : say("dispatch_metres", { n: decimal(other.distance_m, 0) }), whenOf(other.occurred_at)].filter(Boolean).join(" · ")),
      moves.includes("merge") && isOpen(other) ? el("button", { type: "button", class: "plain", onclick: () => this.move("merge", { into: other.id }) }, say("dispatch_merge", { id: other.id })) : null);
    const more = sorted.slice(FEW);
    return this.folded("same", [say("dispatch_same"), el("span", { class: "part-count" }, count(sorted.length))], el("ul", {}, sorted.slice(0, FEW).map(row)),
      more.length > 0 ? this.folded("same-more", [say("dispatch_same_more", { n: more.length })], el("ul", {}, more.map(row))) : null);
  }

  /** A part of the card that is closed until somebody opens it, and then stays open. */
  folded(name, title, ...parts) {
    const element = el("details", { class: name, open: this.opened.has(name) }, el("summary", {}, title), parts);
    element.addEventListener("toggle", () => {
      if (element.open) this.opened.add(name);
      else this.opened.delete(name);
    });
    return element;
  }

  done() {
    const { it } = this;
    const channel = it.channel && hasWords(`dispatch_channel_${it.channel}`) ? say(`dispatch_channel_${it.channel}`) : it.channel;
    const facts = [channel, it.need ? desk.needs[it.need] : null, it.number.length < 32 ? it.number : null, it.asset ? say("dispatch_asset", { code: it.asset }) : null, say("dispatch_occurred", { time: momentOf(it.occurred_at) })];
    const said = ({ said: { unit, level, until, into, from_holder: from } }) => [unit, from ? say("dispatch_from", { desk: from }) : null, desk.levels.find(([key]) => key === level)?.[1], until ? momentOf(until) : null, into ? `#${into}` : null].filter(Boolean).join(" · ");
    const row = (step) => el("li", {}, el("span", { class: "step-when" }, whenOf(step.at)), el("span", { class: "row-main" },
      el("span", {}, el("b", {}, moveName(step.move)), " ", said(step)), step.reason ? el("span", {}, step.reason) : null, el("span", { class: "note" }, actorName(step))));
    return el("section", {}, el("h3", {}, say("dispatch_steps")), el("p", { class: "note" }, facts.filter(Boolean).join(" · ")), el("ol", { class: "steps-done" }, [...it.steps].reverse().map(row)));
  }
}
