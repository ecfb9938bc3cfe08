// All that the board of dispatchers asks of the service.

import { ask } from "./asking.js";

const ROOT = "/api/v1/incidents";
const PAGE = 1000;
const CASES_PAGE = 500;
const MOST_PAGES = 4;

const get = (path, query, signal) => ask("GET", path, { query, signal });

/** Open cases, first what is due first, page by page: as many as a board holds, and how many there are. */
export async function* listCases(query) {
  let cursor;
  for (let page = 0; page < MOST_PAGES && (page === 0 || cursor); page += 1) {
    const told = await get(ROOT, { state: "open", order: "due", limit: CASES_PAGE, cursor, ...query });
    const next = told.links.find(({ rel }) => rel === "next");
    cursor = next && new URL(next.href, location.href).searchParams.get("cursor");
    yield { cases: told.features.map(({ properties, geometry }) => ({ ...properties, lonlat: geometry?.coordinates ?? null })), matched: told.numberMatched };
  }
}

export const getCase = (id) => get(`${ROOT}/${id}`);

/** Make a move with a case as it was read. */
export const takeStep = ({ id, version }, move, said = {}) => ask("POST", `${ROOT}/${id}/steps`, { body: { move, ...said }, version });

export const placeCase = ({ id, version }, lonlat) => ask("PUT", `${ROOT}/${id}/place`, { body: { lonlat }, version });

/** Take in a report; sent again with the same key it is not taken in again. */
export const report = (body, key) => ask("POST", ROOT, { body, key });

/** Who can be sent, nearest first, each with its way. */
export const helpersOf = (id, signal) => get(`${ROOT}/${id}/stations`, { path: true }, signal);

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
