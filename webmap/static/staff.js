// Signing in with a token: kept for this tab only, and sent with every request from then on.

import { byId } from "./dom.js";
import { dropToken, getJson, keepToken, token, whenTokenIsLost } from "./net.js";
import { Newest } from "./newest.js";
import { say } from "./page.js";
import { isOvertaken, wordsOf } from "./trouble.js";

const PUBLIC = { role: "public" };

export class Staff {
  /** `onChange(me, why)` is called when somebody signed in or out; `why` says why it was not their wish, else nothing. */
  constructor(onChange) {
    Object.assign(this, { onChange, me: PUBLIC, signing: new Newest() });
    this.dialog = byId("staff-dialog");
    byId("staff").addEventListener("click", () => this.dialog.showModal());
    byId("staff-close").addEventListener("click", () => this.dialog.close());
    byId("staff-out").addEventListener("click", () => this.signOut());
    byId("staff-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.signIn(byId("staff-token").value.trim());
    });
    this.dialog.addEventListener("close", () => this.closed());
    whenTokenIsLost((problem) => this.signOut(problem.message));
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted && token() !== this.token) location.reload(); // kept as it was by the browser while another page signed out
    });
  }

  /** Who is reading; a token that no longer holds is dropped. */
  async who() {
    this.token = token();
    if (this.token === null) return PUBLIC;
    try {
      this.tell(await getJson("/api/v1/me"));
    } catch (error) {
      if (!isOvertaken(error)) throw error; // else it is told already who reads now
    }
    return this.me;
  }

  /** A token is kept once the service knows it: nothing is asked for with one that it may not know. */
  async signIn(text) {
    if (text === "") return;
    try {
      const me = await this.signing.run((signal) => getJson("/api/v1/me", {}, signal, { known: text }));
      byId("staff-token").value = "";
      byId("staff-note").textContent = "";
      keepToken(text);
      this.tell(me);
      this.dialog.close();
      this.onChange(me, "");
    } catch (error) {
      const words = wordsOf(error);
      if (words) byId("staff-note").textContent = words;
    }
  }

  signOut(why = "") {
    dropToken();
    this.tell(PUBLIC);
    byId("status").textContent = ""; // the former reader's last news
    this.dialog.close();
    this.onChange(PUBLIC, why);
  }

  /** A sign-in that nobody waits for is none; the focus goes where the dialog can be opened again. */
  closed() {
    this.signing.stop();
    byId("staff-note").textContent = "";
    const { activeElement: had } = document;
    if (had === document.body || !had.checkVisibility()) byId("staff").focus();
  }

  tell(me) {
    const isIn = me.role !== "public";
    const role = isIn ? say(`role_${me.role}`) : "";
    Object.assign(this, { me, token: token() });
    byId("staff-name").textContent = isIn ? role : say("staff");
    byId("staff").classList.toggle("signed-in", isIn);
    byId("staff-who").textContent = isIn ? say("signed_in_as", { role, area: me.area_name ?? say("everywhere") }) : "";
    byId("staff-out").hidden = !isIn;
    if (byId("to-planner")) byId("to-planner").hidden = !mayPlan(me.role);
    if (byId("to-dispatch")) byId("to-dispatch").hidden = !seesPoints(me.role);
    byId("to-figures").hidden = !isIn;
    byId("staff-form").hidden = isIn;
  }
}

/** Whether a role may ask what-ifs. */
export const mayPlan = (role) => ["planner", "publisher", "administrator"].includes(role);

/** Whether a role sees incidents as points. */
export const seesPoints = (role) => ["dispatcher", "planner", "publisher", "administrator"].includes(role);
