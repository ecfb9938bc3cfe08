// Who goes where, from the comparison that the service gives: grids that are told one by one, the rest as one, and sums.

/** The streams of so many grids can be followed by eye; of more the rest is told as one. */
const MOST = 12;

export const OTHERS = "others";
export const NOWHERE = "nowhere";

/** Told apart by colour-blind eyes, too. Source: Paul Tol, Colour Schemes, qualitative scheme of twelve. */
const COLOURS = ["#6699cc", "#ddcc77", "#117733", "#cc6677", "#332288", "#88ccee", "#999933", "#882255", "#44aa99", "#661100", "#aa4499", "#aa4466"];
const OTHER_COLOURS = { [OTHERS]: "#8f897b", [NOWHERE]: "#5a5a5a" };

const sizeOf = ({ before, after }) => Math.max(before?.counts.residents ?? 0, after?.counts.residents ?? 0);
const movedOf = ({ gained, lost }) => gained.residents + lost.residents;

/** Ids of the grids that are told one by one: all where they are few, else those that most people leave or come to. */
function toldApart(grids) {
  const ranked = [...grids].sort((a, b) => movedOf(b) - movedOf(a) || sizeOf(b) - sizeOf(a) || a.id - b.id);
  return new Set((grids.length > MOST ? ranked.slice(0, MOST - 1) : ranked).map((grid) => grid.id));
}

/** The grids of both sides by code, each with a number and a colour; `nameOf` shortens names. */
function groupsOf(grids, nameOf) {
  const told = toldApart(grids);
  const groups = grids.filter((grid) => told.has(grid.id)).map((grid, i) => ({
    key: String(grid.id), ids: [grid.id], number: String(i + 1), colour: COLOURS[i], name: nameOf((grid.after ?? grid.before).name),
  }));
  const rest = grids.filter((grid) => !told.has(grid.id)).map((grid) => grid.id);
  if (rest.length > 0) groups.push({ key: OTHERS, ids: rest, number: "+", colour: OTHER_COLOURS[OTHERS], name: null });
  return groups;
}

/** Residents by group before and after. */
export class Flows {
  constructor({ grids, flows }, nameOf) {
    this.groups = groupsOf(grids, nameOf);
    this.ofGrid = new Map(this.groups.flatMap((group) => group.ids.map((id) => [id, group])));
    this.cells = new Map();
    for (const flow of flows) this.add(this.groupOf(flow.before), this.groupOf(flow.after), flow.counts.residents);
    this.moves = flows.filter(({ before, after, counts }) => before?.id !== after?.id && counts.residents > 0);
  }

  /** The group of a grid; what is in no grid is a group, too. */
  groupOf(grid) {
    return (grid && this.ofGrid.get(grid.id)) ?? this.nowhere();
  }

  nowhere() {
    let found = this.groups.find((group) => group.key === NOWHERE);
    if (!found) {
      found = { key: NOWHERE, ids: [], number: "–", colour: OTHER_COLOURS[NOWHERE], name: null };
      this.groups.push(found);
    }
    return found;
  }

  add(before, after, residents) {
    const key = `${before.key} ${after.key}`;
    const cell = this.cells.get(key) ?? { before, after, residents: 0 };
    cell.residents += residents;
    this.cells.set(key, cell);
  }

  residents(before, after) {
    return this.cells.get(`${before.key} ${after.key}`)?.residents ?? 0;
  }

  /** The groups of one side that anything is in, each with its residents. */
  side(name) {
    const there = new Set([...this.cells.values()].map((cell) => cell[name]));
    const sum = (group) => [...this.cells.values()].filter((cell) => cell[name] === group).reduce((all, cell) => all + cell.residents, 0);
    return this.groups.filter((group) => there.has(group)).map((group) => ({ group, residents: sum(group) }));
  }
}
