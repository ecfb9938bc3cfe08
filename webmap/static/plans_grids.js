// The grids as a list, and the card of the chosen one with all that can be set about it without drawing.

import { byId, el, fill } from "./dom.js";
import { count, decimal, say } from "./page.js";
import { countedNote } from "./plans_counted.js";
import { meanOf, weightColour, weightText } from "./plans_colours.js";

const POSTS = ["chief", "member"];
const COUNTS = ["households", "residents", "elderly", "children", "shops", "buildings"];

const known = (value, show = count) => (value === null || value === undefined ? "–" : show(value));

function weightBar(grid, most, mean, measure) {
  const rail = el("span", { class: "rail", "aria-hidden": "true" }, el("span", { class: "level" }));
  const value = grid.properties[measure];
  rail.firstChild.style.width = `${most > 0 ? Math.round(((value ?? 0) / most) * 100) : 0}%`;
  rail.firstChild.style.background = weightColour(value, mean);
  return rail;
}

export class GridPanel {
  constructor(page) {
    this.page = page;
  }

  draw() {
    this.drawCard();
    this.drawList();
  }

  /** After a press with the mouse the keys are the map's again: its tools come next. */
  pressed(event, id) {
    if (event.detail > 0) event.currentTarget.blur();
    this.page.listed(id);
  }

  drawList() {
    const { draft, selected, layer } = this.page;
    const grids = draft.list;
    const mean = meanOf(grids, layer.measure);
    const most = Math.max(0, ...grids.map((grid) => grid.properties[layer.measure] ?? 0));
    const row = (grid, i) => {
      const { id, name, code, is_locked: isLocked } = grid.properties;
      const severity = draft.severityOf(id);
      return el("li", {}, el("button", { type: "button", class: "row grid-row", "data-grid": id, "aria-pressed": String(id === selected), onclick: (event) => this.pressed(event, id) },
        el("span", { class: "key-number", "aria-hidden": "true" }, i < 9 ? String(i + 1) : ""),
        el("span", { class: "row-main" }, el("span", { class: "row-name" }, draft.short(name), isLocked ? el("span", { class: "tag" }, say("redraw_locked_tag")) : null, severity ? el("span", { class: `tag ${severity}` }, say(`redraw_${severity}`)) : null),
          el("span", { class: "note" }, code ? code.slice(-3) : say("redraw_no_code"), grid.properties.households === null ? "" : ` · ${say("redraw_households_n", { n: count(grid.properties.households) })}`), mean === null ? null : weightBar(grid, most, mean, layer.measure)),
        el("span", { class: "row-figure" }, weightText(grid, layer.measure))));
    };
    const had = document.activeElement?.closest?.("#grid-list [data-grid]")?.dataset.grid;
    fill(byId("grid-list"), el("h2", {}, say("redraw_grids_n", { n: grids.length })), el("ul", { class: "rows" }, grids.map(row)), draft.balance ? countedNote(draft.made) : null);
    if (had) byId("grid-list").querySelector(`[data-grid="${had}"]`)?.focus({ preventScroll: true });
  }

  drawCard() {
    const grid = this.page.draft.grids.get(this.page.selected);
    if (!grid) {
      fill(byId("grid-card"));
      return;
    }
    const it = grid.properties;
    const fact = (name) => el("div", {}, el("dt", {}, say(`redraw_${name}`)), el("dd", {}, known(it[name])));
    const breaches = this.page.draft.problemsOf(it.id);
    fill(byId("grid-card"), el("section", { class: "grid-card", "aria-labelledby": "grid-name" },
      el("p", { class: "eyebrow" }, say(`redraw_kind_${it.kind}`), el("span", { class: "code" }, it.code || say("redraw_no_code"))),
      el("h2", { id: "grid-name" }, it.name),
      el("dl", { class: "counts" }, COUNTS.map(fact)),
      it.hours_per_month === null ? null : el("p", { class: "note" }, say("redraw_work", { hours: decimal(it.hours_per_month, 0), km: decimal(it.walking_m / 1000, 1), hectares: decimal(it.area_m2 / 10_000, 1), units: count(it.units) })),
      breaches.length === 0 ? null : el("ul", { class: "breaches" }, breaches.map((problem) => el("li", { class: problem.severity }, problem.told))),
      this.posts(it), this.page.draft.isEditable ? this.settings(it) : null));
  }

  posts(it) {
    const state = (name) => it.posts.find((post) => post.post === name) ?? { post: name, is_filled: false, duty_phone: null };
    if (!this.page.draft.isEditable) {
      return el("ul", { class: "posts" }, POSTS.map(state).map((post) => el("li", { class: post.is_filled ? "filled" : "vacant" },
        el("span", { class: "post-name" }, say(`redraw_post_${post.post}`)), el("span", { class: "post-state" }, say(post.is_filled ? "redraw_filled" : "redraw_vacant")), post.duty_phone ? el("span", { class: "note" }, post.duty_phone) : null)));
    }
    return el("fieldset", { class: "posts-form" }, el("legend", {}, say("redraw_posts")), POSTS.map(state).map((post) => this.postRow(it, post)));
  }

  postRow(it, post) {
    const box = el("input", { type: "checkbox", id: `post-${post.post}`, checked: post.is_filled });
    const phone = el("input", { type: "tel", id: `phone-${post.post}`, maxlength: 20, value: post.duty_phone ?? "", placeholder: say("redraw_duty_phone"), "aria-label": `${say(`redraw_post_${post.post}`)}: ${say("redraw_duty_phone")}` });
    const send = () => this.page.editor.commit({ op: "post", grid: it.id, post: post.post, is_filled: box.checked, duty_phone: phone.value.trim() || null });
    box.addEventListener("change", send);
    phone.addEventListener("change", send);
    return el("div", { class: "post-row" }, el("label", { class: "check", for: box.id }, box, el("span", {}, say(`redraw_post_${post.post}`))), phone);
  }

  settings(it) {
    const name = el("input", { type: "text", id: "new-name", maxlength: 100, value: it.name });
    const form = el("form", { class: "rename" }, el("label", { class: "hidden", for: "new-name" }, say("redraw_name")), name, el("button", { type: "submit", class: "plain" }, say("redraw_rename")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim() && name.value.trim() !== it.name) this.page.editor.commit({ op: "rename", grid: it.id, name: name.value.trim() });
    });
    return el("div", { class: "grid-settings" }, form,
      el("button", { type: "button", class: "plain", id: "lock", "aria-pressed": String(it.is_locked), onclick: () => this.page.editor.toggleLock() }, say(it.is_locked ? "redraw_unlock" : "redraw_lock")));
  }
}
