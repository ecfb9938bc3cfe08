// All that the board of dispatchers asks of the service.

import { ask } from "./asking.js";

const ROOT = "/api/v1/incidents";
const PAGE = 1000;
const CASES_PAGE = 500;
const LONGEST_QUESTION = 200;
const MOST_CANDIDATES = 3;

const get = (path, query, signal) => ask("GET", path, { query, signal });

/** Open cases, first what is due first, page by page up to so many pages, and how many there are. */
export async function* listCases(query, pages) {
  let cursor;
  for (let page = 0; page < pages && (page === 0 || cursor); page += 1) {
    const told = await get(ROOT, { state: "open", order: "due", limit: CASES_PAGE, cursor, ...query });
    const next = told.links.find(({ rel }) => rel === "next");
    cursor = next && new URL(next.href, location.href).searchParams.get("cursor");
    yield { cases: told.features.map(({ properties, geometry }) => ({ ...properties, lonlat: geometry?.coordinates ?? null })), matched: told.numberMatched };
  }
}

export const getCase = (id) => get(`${ROOT}/${id}`);

/** Make a move with a case as it was read. */
export const takeStep = ({ id, version }, move, said = {}) => ask("POST", `${ROOT}/${id}/steps`, { body: { move, ...said }, version });

/** Say where a case is: `lonlat`, and with it what is known of its precision, or why it is taken over. */
export const placeCase = ({ id, version }, said) => ask("PUT", `${ROOT}/${id}/place`, { body: said, version });

/** Where an address may be, the best first. */
export const candidatesOf = (address, signal) => get("/api/v1/addresses", { q: address.slice(0, LONGEST_QUESTION), limit: MOST_CANDIDATES }, signal);

/** Take in a report; sent again with the same key it is not taken in again. */
export const report = (body, key) => ask("POST", ROOT, { body, key });

/** Who can be sent, nearest first, each with its way. */
export const helpersOf = (id, signal) => get(`${ROOT}/${id}/stations`, { path: true }, signal);

/** Which grids have no post of a kind, by kind. */
export const gapsOfGrids = (signal) => get("/api/v1/resources/assignments", {}, signal);

export const getGrid = (id) => get(`/api/v1/grids/${id}`);

export const search = async (q, signal) => (await get("/api/v1/search", { q, limit: 6 }, signal)).items;

/** Names of all grids by id. */
export async function gridNames() {
  const names = new Map();
  for (let offset = 0, all = 1; offset < all; offset += PAGE) {
    const told = await get("/api/v1/grids", { geometry: false, limit: PAGE, offset });
    all = told.numberMatched;
    for (const { properties } of told.features) names.set(properties.id, properties.name);
  }
  return names;
}
