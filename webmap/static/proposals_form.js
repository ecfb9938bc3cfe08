// The form to comment on a grid. What was written and not sent yet is kept while other grids are looked at.

import { el, fill } from "./dom.js";
import { count, momentOf, say } from "./page.js";
import { wordsOf } from "./trouble.js";

const characters = (text) => [...text].length;

export class CommentForm {
  constructor() {
    this.unsent = new Map();
  }

  /** The form for a grid of a plan. */
  of(plan, gridId) {
    const key = `${plan.id} ${gridId}`;
    const place = el("section", { class: "comment-form" });
    const ask = () => fill(place, this.form(plan, key, async (text) => {
      await plan.say(gridId, text);
      this.unsent.delete(key);
      this.thank(place, ask);
    }));
    ask();
    return place;
  }

  form(plan, key, send) {
    const text = el("textarea", { id: "comment-text", rows: 4, maxlength: plan.longest, "aria-describedby": "comment-rules comment-left" });
    text.value = this.unsent.get(key) ?? "";
    const left = el("p", { id: "comment-left", class: "note" });
    const error = el("p", { class: "error", role: "alert" });
    const button = el("button", { type: "submit", class: "primary" }, say("laid_send"));
    const tell = () => { left.textContent = say("laid_left", { n: count(plan.longest - characters(text.value)) }); };
    text.addEventListener("input", () => {
      this.unsent.set(key, text.value);
      error.textContent = "";
      tell();
    });
    const form = el("form", {}, el("h3", {}, el("label", { for: "comment-text" }, say("laid_write"))), text, left,
      el("p", { id: "comment-rules", class: "note" }, say("laid_rules", { when: momentOf(plan.proposal.comments_until) })), error, button);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const written = text.value.trim();
      if (written === "") {
        error.textContent = say("laid_empty");
        text.focus();
        return;
      }
      button.disabled = true;
      try {
        await send(written);
      } catch (refusal) {
        error.textContent = wordsOf(refusal);
        button.disabled = false;
      }
    });
    tell();
    return form;
  }

  thank(place, again) {
    const words = el("p", { class: "thanks", role: "status", tabindex: -1 }, say("laid_thanks"));
    const another = el("button", { type: "button", class: "plain", onclick: () => { again(); place.querySelector("textarea").focus(); } }, say("laid_again"));
    fill(place, words, another);
    words.focus();
  }
}
