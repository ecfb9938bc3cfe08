// Signing in with a token: kept for this tab only, and sent with every request from then on.

import { byId } from "./dom.js";
import { dropToken, getJson, keepToken, token } from "./net.js";
import { say } from "./page.js";

export class Staff {
  /** `onChange(me)` is called when somebody signed in or out. */
  constructor(onChange) {
    this.onChange = onChange;
    this.dialog = byId("staff-dialog");
    byId("staff").addEventListener("click", () => this.dialog.showModal());
    byId("staff-close").addEventListener("click", () => this.dialog.close());
    byId("staff-out").addEventListener("click", () => this.signOut());
    byId("staff-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.signIn(byId("staff-token").value.trim());
    });
  }

  /** Who is reading; a token that no longer holds is dropped. */
  async who() {
    if (!token()) return { role: "public" };
    try {
      const me = await getJson("/api/v1/me");
      this.tell(me);
      return me;
    } catch (error) {
      dropToken();
      this.tell({ role: "public" });
      byId("status").textContent = error.message;
      return { role: "public" };
    }
  }

  async signIn(text) {
    if (text === "") return;
    keepToken(text);
    try {
      const me = await getJson("/api/v1/me");
      byId("staff-token").value = "";
      byId("staff-note").textContent = "";
      this.tell(me);
      this.dialog.close();
      this.onChange(me);
    } catch (error) {
      dropToken();
      byId("staff-note").textContent = error.message;
    }
  }

  signOut() {
    dropToken();
    this.tell({ role: "public" });
    this.dialog.close();
    this.onChange({ role: "public" });
  }

  tell(me) {
    const isIn = me.role !== "public";
    const role = isIn ? say(`role_${me.role}`) : "";
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
