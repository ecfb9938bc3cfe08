// A proposed plan as the service tells it: its grids before and after, what changes hands, what was said of it.

import { getJson, postJson } from "./net.js";
import { count, decimal, nameOf, say } from "./page.js";

const ROOT = "/api/v1/proposals";

/** All plans that are proposed now. */
export const listProposals = async () => (await getJson(ROOT, { limit: 1000 })).proposals;

/** What a community of a proposal is called. */
export const placeName = ({ community_name: name, community_name_en: english }) => nameOf({ name, name_en: english });

/** What an area is called in words: to a tenth of a hectare, small ones to ten square metres. */
function areaWords(squareMetres) {
  if (squareMetres >= 10_000) return say("laid_hectares", { n: decimal(squareMetres / 10_000) });
  return say("laid_square_metres", { n: count(Math.max(10, Math.round(squareMetres / 10) * 10)) });
}

const byId = (grids) => new Map(grids.map((grid) => [grid.properties.grid_id, grid.properties]));

export class ProposedPlan {
  constructor({ proposal, longest_comment: longest, features }, comments) {
    const part = (name) => features.filter((feature) => feature.properties.part === name);
    Object.assign(this, { proposal, longest, before: part("before"), after: part("after"), moved: part("moved") });
    this.old = byId(this.before);
    this.grids = byId(this.after);
    // whoever is signed in as staff in this tab is told of comments that wait: here they wait, too
    this.comments = comments.filter((comment) => comment.state === "shown");
  }

  static async read(id) {
    const [told, comments] = await Promise.all([getJson(`${ROOT}/${id}`), getJson(`/api/v1/plans/${id}/comments`)]);
    return new ProposedPlan(told, comments);
  }

  get id() {
    return this.proposal.id;
  }

  get gone() {
    return [...this.old.values()].filter((grid) => grid.is_gone);
  }

  commentsOn(gridId) {
    return this.comments.filter((comment) => comment.grid_id === gridId);
  }

  say(gridId, text) {
    return postJson(`/api/v1/plans/${this.id}/comments`, { grid: gridId, text });
  }

  /** A grid's name, as it is proposed or else as it is today. */
  nameOf(gridId) {
    return (this.grids.get(gridId) ?? this.old.get(gridId))?.name ?? "";
  }

  /** The same without the community's name, which all names may begin with. */
  shortName(gridId) {
    const { community_name: community } = this.proposal;
    const name = this.nameOf(gridId);
    return name.startsWith(community) ? name.slice(community.length) || name : name;
  }

  /** What becomes of a grid, in sentences. */
  changesOf(gridId) {
    const now = this.old.get(gridId);
    const then = this.grids.get(gridId);
    if (then.change === "kept") return [say("laid_nothing")];
    return [
      now ? null : say("laid_is_new"),
      then.change === "relabelled" ? say("laid_same_border") : null,
      ...this.gainsOf(gridId),
      ...this.lossesOf(gridId),
      now && now.name !== then.name ? say("laid_was_called", { name: now.name }) : null,
      now && now.code !== then.code ? say("laid_was_coded", { code: now.code }) : null,
      now && now.kind !== then.kind ? say("laid_was_kind", { kind: say(`grid_${now.kind}`) }) : null,
    ].filter(Boolean);
  }

  /** Where the ground comes from that a grid gets. */
  gainsOf(gridId) {
    return this.moved.map(({ properties }) => properties).filter((move) => move.to_grid === gridId)
      .map(({ from_grid: from, area_m2: area }) => (from === null ? say("laid_comes_new", { area: areaWords(area) }) : say("laid_comes", { area: areaWords(area), grid: this.shortName(from) })));
  }

  /** Where the ground goes that a grid gives away. */
  lossesOf(gridId) {
    return this.moved.map(({ properties }) => properties).filter((move) => move.from_grid === gridId)
      .map(({ to_grid: to, area_m2: area }) => (to === null ? say("laid_goes_off", { area: areaWords(area) }) : say("laid_goes", { area: areaWords(area), grid: this.shortName(to) })));
  }
}
