// Taking in a report: item, place, time, words. One key for each form, so that it makes one case however often it is sent.

import { byId, el, fill } from "./dom.js";
import * as api from "./dispatch_api.js";
import { Picker } from "./dispatch_picker.js";
import { stageName, titleOf } from "./dispatch_queue.js";
import { desk, say, settings } from "./page.js";
import { wordsOf } from "./trouble.js";

const MOST_OFFERED = 8;
const KEY_BYTES = 16;

const newKey = () => [...crypto.getRandomValues(new Uint8Array(KEY_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A moment as fields for date and time have it, by the city's clock. */
const fieldTime = (ms) => new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: settings.timezone }).format(ms).replace(" ", "T");

/** Items whose code, name or other word begins with what was typed come first, then those that hold it. */
export function findItems(typed) {
  const wanted = typed.toLowerCase();
  const rank = (item) => {
    const words = [item.code, item.name, ...item.words].map((word) => word.toLowerCase());
    if (words.some((word) => word.startsWith(wanted))) return 0;
    return words.some((word) => word.includes(wanted)) ? 1 : 2;
  };
  return desk.items.map((item) => [rank(item), item]).filter(([n]) => n < 2).sort(([a], [b]) => a - b).slice(0, MOST_OFFERED).map(([, item]) => ({ label: item.name, note: item.code, value: item.code }));
}

/** A code as the service compares it: wide letters plain, small ones great, without blanks. */
const codeOf = (typed) => typed.normalize("NFKC").toUpperCase().replace(/\s+/g, "");

const found = async (words, signal) => (await api.search(words, signal)).map((place) => ({ label: place.name, note: say(`search_${place.kind}`), value: place.centre }));

export class ReportForm {
  constructor(page) {
    Object.assign(this, { page, element: byId("report"), key: null, lonlat: null, item: null });
  }

  get isShown() {
    return this.key !== null && !this.element.hidden;
  }

  /** The form that was begun, or a new one. */
  show() {
    this.element.hidden = false;
    if (this.key === null) this.begin();
    this.placed(this.lonlat);
    this.showSame();
    this.items.input.focus();
  }

  /** Put it away for a moment: what was written stays. */
  hide() {
    this.element.hidden = true;
    this.page.layer.pin(null);
  }

  begin() {
    Object.assign(this, { key: newKey(), lonlat: null, item: null });
    this.items = new Picker({ id: "report-item", label: say("dispatch_item"), source: async (words) => findItems(words), onPick: (choice) => { this.item = choice; }, required: true, maxlength: 100, placeholder: say("dispatch_item_hint") });
    this.address = new Picker({ id: "report-address", label: say("dispatch_address"), source: found, onPick: (choice) => this.placed(choice.value), maxlength: desk.longest_address, placeholder: say("dispatch_address_hint") });
    this.error = el("div", { class: "refusal", role: "alert" });
    this.place = el("p", { id: "report-place", class: "note", role: "status" });
    this.asset = el("input", { id: "report-asset", type: "text", autocomplete: "off", spellcheck: "false", maxlength: desk.longest_asset, placeholder: say("dispatch_asset_hint") });
    this.same = el("div", { id: "report-same", class: "note", role: "status" });
    this.asset.addEventListener("input", () => this.showSame());
    this.fields = el("fieldset", { class: "bare" }, this.items.element, this.address.element, this.place, this.rest());
    const form = el("form", { id: "report-form", class: "report-form" },
      el("header", { class: "card-head" }, el("p", { class: "eyebrow" }, say("dispatch_new"), el("button", { type: "button", class: "close-card", "aria-label": say("close"), onclick: () => this.page.discard() }, "×"))),
      this.fields, this.error, el("p", { class: "button-row" }, el("button", { type: "submit", class: "primary", id: "report-send" }, say("dispatch_take_in")), el("button", { type: "button", class: "plain", onclick: () => this.page.discard() }, say("dispatch_cancel"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
    });
    fill(this.element, form);
  }

  close() {
    this.key = null;
    this.page.layer.pin(null);
    fill(this.element);
  }

  rest() {
    const line = (name, attributes = {}) => [el("label", { for: `report-${name}` }, say(`dispatch_field_${name}`)), el("input", { id: `report-${name}`, autocomplete: "off", ...attributes })];
    return [
      el("label", { for: "report-text" }, say("dispatch_text")), el("textarea", { id: "report-text", rows: 3 }),
      el("label", { for: "report-asset" }, say("dispatch_asset_form")), this.asset, this.same,
      el("div", { class: "pair" }, el("div", {}, line("time", { type: "datetime-local", required: true, value: fieldTime(this.page.now()) })),
        el("div", {}, el("label", { for: "report-channel" }, say("dispatch_by_channel")), el("select", { id: "report-channel" }, desk.channels.map((key) => el("option", { value: key }, say(`dispatch_channel_${key}`)))))),
      el("div", { class: "pair" }, el("div", {}, line("caller", { type: "tel", maxlength: 100 })), el("div", {}, line("number", { type: "text", maxlength: 100 }))),
      el("p", { class: "note" }, say("dispatch_caller_words")),
    ].flat();
  }

  /** Cases of the queue about the same thing: perhaps it need not be taken in again. What was written stays meanwhile. */
  showSame() {
    const code = codeOf(this.asset.value);
    const same = code === "" ? [] : this.page.cases.list.filter((it) => it.asset === code).slice(0, MOST_OFFERED);
    const row = (it) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => this.page.open(it.id) }, `#${it.id} ${stageName(it.stage)}`), ` ${titleOf(it)}`);
    fill(this.same, same.length > 0 ? [say("dispatch_asset_open"), el("ul", {}, same.map(row))] : null);
  }

  /** Where it is: pressed on the map, or chosen among the places that fit the address. */
  placed(lonlat) {
    this.lonlat = lonlat;
    const pin = lonlat ? [say("dispatch_placed"), " ", el("button", { type: "button", class: "link", onclick: () => this.placed(null) }, say("dispatch_unplace"))] : [say("dispatch_press_map")];
    fill(this.place, pin, " ", el("button", { type: "button", class: "link narrow-only", onclick: () => this.page.view("map") }, say("dispatch_show_map")));
    this.page.layer.pin(lonlat);
  }

  body() {
    const value = (name) => byId(`report-${name}`).value.trim() || null;
    const typed = this.items.input.value.trim();
    return {
      item: this.item?.label === typed ? this.item.value : typed,
      lonlat: this.lonlat, address: value("address"), text: value("text"), occurred_at: value("time"), channel: value("channel"), caller: value("caller"), number: value("number"), asset: value("asset"),
    };
  }

  /** Send it; while nobody knows whether it arrived, it can only be sent again as it is. */
  async send() {
    if (this.isSending) return;
    this.isSending = true;
    fill(this.error);
    const body = this.body();
    this.fields.disabled = true;
    try {
      const told = await api.report(body, this.key);
      this.close();
      await this.page.reported(told);
    } catch (refusal) {
      const isUnsure = refusal.status === 0 || refusal.status >= 500 || refusal.key === "request_running";
      this.fields.disabled = isUnsure;
      fill(this.error, el("p", {}, wordsOf(refusal)), isUnsure ? el("p", {}, say("dispatch_send_again")) : null);
    } finally {
      this.isSending = false;
    }
  }
}
