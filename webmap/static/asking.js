// Requests that change something or may be refused: with the version that was read, and refusals with their evidence.

import { Problem, headers } from "./net.js";
import { say } from "./page.js";

/** A refusal with what the service knows about it. */
export class Refusal extends Problem {
  constructor(status, body, fallback) {
    super(status, body.detail ?? fallback);
    this.key = body.key ?? "";
    this.evidence = body.evidence ?? {};
  }

  /** Whether somebody else changed the thing since it was read. */
  get isStale() {
    return this.status === 412;
  }
}

/** What the service answers; `version` is what was read of the thing, `key` the request's own. */
export async function ask(method, path, { query = {}, body, version, key, signal } = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const options = { method, headers: headers(), signal };
  if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { ...options.headers, "Content-Type": "application/json" } });
  if (version !== undefined) options.headers["If-Match"] = `"${version}"`;
  if (key !== undefined) options.headers["Idempotency-Key"] = key;
  let response;
  let told;
  try {
    response = await fetch(asked.size > 0 ? `${path}?${asked}` : path, options);
    told = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, {}, say("service_silent"));
  }
  if (!response.ok) throw new Refusal(response.status, told, response.statusText);
  return told;
}
