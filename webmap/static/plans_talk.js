// What the public says of the plan, and what has been done to it so far.

import { byId, el, fill } from "./dom.js";
import { language, momentOf, say } from "./page.js";
import { Newest } from "./newest.js";
import * as api from "./plans_api.js";

export class TalkPanel {
  constructor(page) {
    this.page = page;
    this.questions = new Newest();
  }

  forget() {
    this.questions.stop();
    fill(byId("view-talk"));
  }

  /** What waits comes first. */
  sorted(comments) {
    const place = ({ state }) => ["waiting", "shown", "hidden"].indexOf(state);
    return [...comments].sort((a, b) => place(a) - place(b) || a.id - b.id);
  }

  open() {
    const { plan } = this.page.draft;
    return this.questions.run(async (signal) => {
      const [comments, edits] = await Promise.all([api.getComments(plan.id), api.getHistory(plan.id)]);
      signal.throwIfAborted();
      fill(byId("view-talk"), this.comments(plan, comments), this.history(edits));
    });
  }

  name(id) {
    return this.page.draft.nameOf(id) || say("redraw_grid_gone");
  }

  comments(plan, comments) {
    const seen = plan.comments_until ? el("a", { id: "to-proposal", class: "link", href: `/maps/proposals?lang=${language}&plan=${plan.id}` }, say("redraw_public_page")) : null;
    const closes = plan.comments_until ? el("p", { class: "note" }, say("redraw_comments_until", { when: momentOf(plan.comments_until) }), " · ", seen) : null;
    const waiting = comments.filter((comment) => comment.state === "waiting").length;
    return el("section", {}, el("h2", {}, say("redraw_comments_n", { n: comments.length })), closes,
      waiting > 0 ? el("p", { class: "verdict" }, say("redraw_waiting_n", { n: waiting })) : null,
      comments.length === 0 ? el("p", { class: "lead" }, say("redraw_no_comments")) : el("ul", { class: "comments" }, this.sorted(comments).map((comment) => this.comment(plan, comment))));
  }

  comment(plan, comment) {
    const answer = el("input", { type: "text", maxlength: 2000, value: comment.answer ?? "", "aria-label": say("redraw_answer"), placeholder: say("redraw_answer") });
    const judge = (state) => this.page.trying(async () => {
      await api.judgeComment(plan.id, comment.id, state, answer.value.trim() || null);
      if (this.page.draft.plan?.id === plan.id) await this.open();
    });
    const button = (key, state) => el("button", { type: "button", class: "plain", onclick: () => judge(state) }, say(key));
    return el("li", { class: `comment ${comment.state}-state`, "data-comment": comment.id },
      el("p", { class: "note" }, el("button", { type: "button", class: "link", onclick: () => this.page.select(comment.grid_id, "list") }, this.name(comment.grid_id)), ` · ${momentOf(comment.made_at)} `,
        el("span", { class: "tag" }, say(`redraw_comment_${comment.state}`))),
      el("blockquote", {}, comment.text), answer,
      el("p", { class: "button-row" }, button("redraw_show_comment", "shown"), button("redraw_hide_comment", "hidden")));
  }

  history(edits) {
    const line = (edit) => el("li", {}, el("span", { class: "row-main" }, el("span", {}, say(`redraw_op_${edit.op}`), edit.target === null ? null : ` #${edit.target}`),
      el("span", { class: "note" }, edit.grid_ids.map((id) => this.name(id)).join(say("redraw_and")))), el("span", { class: "note" }, momentOf(edit.made_at), edit.token_name ? el("span", { class: "block" }, edit.token_name) : null));
    return el("section", {}, el("h2", {}, say("redraw_history")), edits.length === 0 ? el("p", { class: "lead" }, say("redraw_no_history")) : el("ol", { class: "history" }, [...edits].reverse().map(line)));
  }
}
