// All that the page of plans asks of the service, and the one place that knows how it is asked.

import { ask } from "./asking.js";

const ROOT = "/api/v1/plans";

const get = (path, query, signal) => ask("GET", path, { query, signal });

/** The newest plans of a community, or of all of them in a state. */
export const listPlans = async (query) => (await get(ROOT, { limit: 100, ...query })).plans;

export const createPlan = (community, basePlanId, note) => ask("POST", ROOT, { body: { community, base_plan_id: basePlanId, note } });

/** A plan with its grids; one that was imported has its outlines alone, without load and breaches. */
export async function getPlan(plan) {
  if (plan.is_on_units) return get(`${ROOT}/${plan.id}`);
  const grids = await get("/api/v1/grids", { community: plan.community_code, at: plan.effective_from, limit: 1000 });
  const none = { posts: [], units: null, hours_per_month: null, households: null, shops: null, buildings: null, is_locked: false };
  for (const grid of grids.features) grid.properties = { ...none, ...grid.properties, residents: grid.properties.figures?.residents ?? null, problems: [] };
  return { plan, features: grids.features, bridges: [], balance: null, can_undo: false, can_redo: false };
}

export const getUnits = async (id) => (await get(`${ROOT}/${id}/units`)).features;

export const getVertices = async (id, gridId) => (await get(`${ROOT}/${id}/vertices`, { grid: gridId })).vertices;

/** Make an edit of a version of a plan, or with `isDry` only say what it would do. */
export const edit = (id, version, op, { isDry = false, signal } = {}) => ask("POST", `${ROOT}/${id}/edits`, { body: { ...op, dry_run: isDry }, version, signal });

export const getProblems = (id) => get(`${ROOT}/${id}/problems`);

/** Two plans held against each other. */
export const comparePlans = (a, b) => get(`${ROOT}/compare`, { a, b });

/** The grids of a community in force at the beginning of two days, held against each other. */
export const compareDays = (from, to, community) => get(`${ROOT}/compare`, { from_day: beginning(from), to_day: beginning(to), community });

/** The grids of a community in force at the beginning of a day. */
export const gridsOn = async (day, community) => (await get("/api/v1/grids", { community, at: beginning(day), limit: 1000 })).features;

/** A day as the service reads moments: in the city's own time. */
const beginning = (day) => `${day}T00:00:00`;

export const getConsequences = (id) => get(`${ROOT}/${id}/consequences`);

/** A file about a plan. */
export const getFile = (id, path) => ask("GET", `${ROOT}/${id}/${path}`, { read: (response) => response.blob() });

export const getHistory = (id) => get(`${ROOT}/${id}/history`);

export const getComments = (id) => get(`${ROOT}/${id}/comments`);

export const judgeComment = (id, commentId, state, answer) => ask("PATCH", `${ROOT}/${id}/comments/${commentId}`, { body: { state, answer } });

export const propose = (id, version, commentsUntil) => ask("POST", `${ROOT}/${id}/propose`, { body: { comments_until: commentsUntil }, version });

/** Put a plan into force; `accepted` says by rule why its warnings may pass. */
export const publish = async (id, version, effectiveFrom, accepted) => (await ask("POST", `${ROOT}/${id}/publish`, { body: { effective_from: effectiveFrom, accepted }, version })).plan;

export const redraft = (id, version) => ask("POST", `${ROOT}/${id}/redraft`, { version });

export const withdraw = (id, version) => ask("POST", `${ROOT}/${id}/withdraw`, { version });

const PAGE = 1000;

/** All communities by id. */
export async function communities() {
  const found = new Map();
  for (let offset = 0, all = 1; offset < all; offset += PAGE) {
    const told = await get("/api/v1/areas", { level: "community", limit: PAGE, offset });
    all = told.numberMatched;
    for (const area of told.features) found.set(area.properties.id, area.properties);
  }
  return found;
}

/** The community around a grid of the map. */
export const communityOfGrid = async (gridId) => (await get(`/api/v1/grids/${gridId}`)).properties.community_code;

/** The community around a place, or none. */
export async function communityAt([lon, lat]) {
  const told = await get("/api/v1/locate", { lon: lon.toFixed(6), lat: lat.toFixed(6), limit: 1 });
  return told.chain?.find((area) => area.level === "community")?.code ?? null;
}
