// Requests that change something or may be refused: with the version that was read, and refusals with their evidence.

import { request } from "./net.js";
import { Problem } from "./trouble.js";

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

/** What the service answers; `version` is what was read of the thing, `key` the request's own, `read` takes something else than JSON. */
export async function ask(method, path, { query, body, version, key, signal, read } = {}) {
  const more = {};
  if (version !== undefined) more["If-Match"] = `"${version}"`;
  if (key !== undefined) more["Idempotency-Key"] = key;
  const { response, body: told } = await request(method, path, { query, body, more, signal, read, silence: "service_silent" });
  if (!response.ok) throw new Refusal(response.status, told, response.statusText);
  return told;
}
