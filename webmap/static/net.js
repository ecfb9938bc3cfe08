// Requests to our own service, with the token of a signed-in member of staff where there is one.

import { language, say } from "./page.js";
import { Problem } from "./trouble.js";

const TOKEN = "gridcircle-token";

let reading = new AbortController();
let onLost = () => {};

export const token = () => sessionStorage.getItem(TOKEN);

/** Ends as soon as somebody else reads this page: what one reader asked for is not shown to the next. */
export const sameReader = () => reading.signal;

function changeReader() {
  reading.abort();
  reading = new AbortController();
}

export function keepToken(text) {
  sessionStorage.setItem(TOKEN, text);
  changeReader();
}

export function dropToken() {
  sessionStorage.removeItem(TOKEN);
  changeReader();
}

/** `lost(problem)` is told when the service no longer knows the token in use. */
export function whenTokenIsLost(lost) {
  onLost = lost;
}

/** Whether the service refuses the token in use; whoever reads from now on has none. */
export function isTokenLost(status, detail, known = token()) {
  const isLost = status === 401 && known !== null && known === token();
  if (isLost) onLost(new Problem(status, detail));
  return isLost;
}

export function headers(known = token()) {
  return known ? { "Accept-Language": language, Authorization: `Bearer ${known}` } : { "Accept-Language": language };
}

/** Leaflet's bounds as the service reads them. */
export const bboxOf = (bounds) => [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
  .map((degrees) => degrees.toFixed(6)).join(",");

function addressOf(path, query) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return asked.size > 0 ? `${path}?${asked}` : path;
}

/**
 * What was sent back, and what it holds. Throws AbortError when `signal` ends or another reader comes, even if the answer is there
 * already. Browsers tell a lost connection in words of their own, we in the reader's: those of the key `silence`.
 *
 * `known` is the token that is used; `isForAll`: the same for every reader; `read` takes what is wanted out of the response.
 */
export async function request(method, path, { query = {}, body, more = {}, signal, known = token(), isForAll = false, silence = "connection_lost", read = (response) => response.json() } = {}) {
  const ends = AbortSignal.any([...(signal ? [signal] : []), ...(isForAll ? [] : [sameReader()])]);
  const options = { method, headers: { ...headers(known), ...more }, signal: ends };
  if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { ...options.headers, "Content-Type": "application/json" } });
  let response;
  let held;
  try {
    response = await fetch(addressOf(path, query), options);
    held = await (response.ok ? read(response) : response.json());
  } catch {
    ends.throwIfAborted();
    throw new Problem(0, say(silence));
  }
  ends.throwIfAborted();
  if (!response.ok && isTokenLost(response.status, held.detail, known)) ends.throwIfAborted();
  return { response, body: held };
}

async function told(...asked) {
  const { response, body } = await request(...asked);
  if (!response.ok) throw new Problem(response.status, body.detail ?? response.statusText);
  return body;
}

/** What the service answers at a path; throws a Problem with the service's own sentence when it refuses. */
export const getJson = (path, query = {}, signal = undefined, more = {}) => told("GET", path, { query, signal, ...more });

/** What the service answers to a question that is sent as JSON. */
export const postJson = (path, question, signal = undefined) => told("POST", path, { body: question, signal });
