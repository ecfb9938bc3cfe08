// New steps as they are taken: one stream for all tabs of a browser, taken up again from the last step that was seen.

import { headers, isTokenLost, token } from "./net.js";
import { language, say } from "./page.js";
import { Problem } from "./trouble.js";

/** The service says something every five seconds; after so long without a word nobody is there. */
const QUIET_MS = 15_000;
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Tabs with the same rights and language share a stream; its name does not tell the token. */
const nameOf = async () => `gridcircle-events-${hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${token()} ${language}`)))}`;

/** An event out of its lines (the HTML standard, section 9.2); none of a comment. */
function eventOf(lines) {
  const found = {};
  for (const line of lines) {
    const at = line.indexOf(":");
    if (at > 0) found[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  return found.event ? { kind: found.event, body: JSON.parse(found.data), id: found.id ?? null } : null;
}

export class Feed {
  /** `onStep(news)`; `onReset()` when lists must be read anew; `onState({ asOf, isLost })` every second; `onRefused(problem)`. */
  constructor(listeners) {
    Object.assign(this, listeners, { end: null });
    this.forget();
    setInterval(() => this.onState({ asOf: this.asOf, isLost: this.isLost }), 1000);
    addEventListener("online", () => this.wake());
  }

  forget() {
    Object.assign(this, { lastId: null, asOf: null, heardAt: performance.now(), isCut: false, isRunning: false, wake: () => {} });
  }

  /** How long ago the service was heard of. */
  get age() {
    return performance.now() - this.heardAt;
  }

  get isLost() {
    return this.end !== null && (this.isCut || this.age > QUIET_MS);
  }

  /** Now, by the clock of the service. */
  get now() {
    return this.asOf === null ? Date.now() : this.asOf.getTime() + this.age;
  }

  async start() {
    this.stop();
    const { signal } = (this.end = new AbortController());
    if (!navigator.locks) { // browsers lend locks over HTTPS alone; without them each tab listens for itself
      this.run(signal);
      return;
    }
    const name = await nameOf();
    if (signal.aborted) return;
    this.channel = new BroadcastChannel(name);
    this.channel.addEventListener("message", ({ data }) => (data.kind === "ask" ? this.answer() : this.take(data)));
    this.channel.postMessage({ kind: "ask" });
    navigator.locks.request(name, { signal }, () => this.run(signal)).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.end?.abort();
    this.channel?.close();
    this.channel = null;
    this.end = null;
    this.forget();
  }

  /** Listen until the end; after each loss wait longer than before. */
  async run(signal) {
    let pause = SHORTEST_PAUSE_MS;
    this.isRunning = true;
    while (!signal.aborted) {
      try {
        await this.listen(signal, () => { pause = SHORTEST_PAUSE_MS; });
      } catch (error) {
        if (signal.aborted) return;
        if (error.status === 401 || error.status === 403) {
          if (!isTokenLost(error.status, error.message)) this.onRefused(error);
          return;
        }
        if (error.status === 429) this.onRefused(error); // too many streams: there may be room later
      }
      if (signal.aborted) return;
      this.tell({ kind: "lost" });
      await this.waited(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** Wait, but no longer than until the network is back or all is over. */
  waited(pause, signal) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, pause);
      signal.addEventListener("abort", resolve, { once: true });
    });
  }

  async listen(signal, onAlive) {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), QUIET_MS);
    const stay = () => {
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), QUIET_MS);
    };
    try {
      const seen = this.lastId === null ? {} : { "Last-Event-ID": this.lastId };
      const response = await fetch("/api/v1/events", { headers: { ...headers(), ...seen }, cache: "no-store", signal: AbortSignal.any([signal, quiet.signal]) });
      if (!response.ok) throw new Problem(response.status, (await response.json()).detail ?? say("connection_lost"));
      let isFresh = this.lastId === null;
      for await (const event of events(response.body, stay)) {
        onAlive();
        this.tell(event);
        if (isFresh) this.tell({ kind: "reset" }); // what was read before may be older than the stream
        isFresh = false;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Another tab has come, and would else know nothing until the next word of the service. */
  answer() {
    if (this.isRunning && !this.isLost && this.asOf !== null) this.channel.postMessage({ kind: "as_of", body: { at: this.asOf.toISOString() }, id: this.lastId });
  }

  /** For this tab and all others that share the stream. */
  tell(event) {
    this.channel?.postMessage(event);
    this.take(event);
  }

  take({ kind, body, id }) {
    if (id) this.lastId = id;
    this.isCut = kind === "lost";
    if (this.isCut) return;
    this.heardAt = performance.now();
    if (kind === "as_of") this.asOf = new Date(body.at);
    else if (kind === "step") this.onStep(body);
    else if (kind === "reset") this.onReset();
    this.onState({ asOf: this.asOf, isLost: false });
  }
}

/** The events of a body, as they come. */
async function* events(body, onWord) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    onWord();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = eventOf(block.split("\n"));
      if (event) yield event;
    }
  }
}
