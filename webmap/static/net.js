// Requests to our own service, with the token of a signed-in member of staff where there is one.

import { language, say } from "./page.js";

const TOKEN = "gridcircle-token";

export const token = () => sessionStorage.getItem(TOKEN);
export const keepToken = (text) => sessionStorage.setItem(TOKEN, text);
export const dropToken = () => sessionStorage.removeItem(TOKEN);

export function headers() {
  const known = token();
  return known ? { "Accept-Language": language, Authorization: `Bearer ${known}` } : { "Accept-Language": language };
}

/** A refusal, in a sentence that can be shown. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Leaflet's bounds as the service reads them. */
export const bboxOf = (bounds) => [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
  .map((degrees) => degrees.toFixed(6)).join(",");

/** What was sent back, and what it holds; browsers tell a lost connection in words of their own, we in the reader's. */
async function answered(address, options) {
  try {
    const response = await fetch(address, options);
    return { response, body: await response.json() };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, say("connection_lost"));
  }
}

/** What the service answers at a path; throws a Problem with the service's own sentence when it refuses. */
export async function getJson(path, query = {}, signal = undefined) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined));
  const address = asked.size > 0 ? `${path}?${asked}` : path;
  const { response, body } = await answered(address, { headers: headers(), signal });
  if (!response.ok) throw new Problem(response.status, body.detail ?? response.statusText);
  return body;
}

/** What the service answers to a question that is sent as JSON. */
export async function postJson(path, question, signal = undefined) {
  const options = { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(question), signal };
  const { response, body } = await answered(path, options);
  if (!response.ok) throw new Problem(response.status, body.detail ?? response.statusText);
  return body;
}
