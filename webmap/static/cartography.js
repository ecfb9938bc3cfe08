// How the tiles are painted: the base map, the shares, borders, symbols and names.

import { INCIDENT, INK, LAND, NO_FIGURE, SHARE_CLASSES, patternFill, shareClass } from "./colours.js";
import { PointSymbol, StationName, areaName, centred, landName, streetName } from "./labels.js";
import { language } from "./page.js";
import { drawSymbol, look } from "./symbols.js";

const { LineSymbolizer, PolygonSymbolizer, exp } = protomapsL;

/** Layers that the reader may switch, and which are on at first; `grid` (borders and names alone) is a page's choice. */
export const SHOWN = new Set(["share", "border", "station", "resource", "incident", "name"]);
export const SWITCHES = ["share", "border", "station", "resource", "incident", "name"];

/** Layers that step back while something else is drawn over the map. */
const LOUD = new Set(["share", "incident", "resource"]);
let isCalm = false;

/** Leave out, or show again, what would mix with colours drawn over the map. Returns whether that changes anything. */
export function calm(isWished) {
  const isNew = isCalm !== isWished;
  isCalm = isWished;
  return isNew;
}

const isOn = (layer) => SHOWN.has(layer) && !(isCalm && LOUD.has(layer));
const when = (layer, filter = () => true) => (zoom, feature) => isOn(layer) && filter(zoom, feature);
const ofKind = (...kinds) => (_, feature) => kinds.includes(feature.props.kind);

/** Fills surfaces with a pattern that stays sharp on fine screens. */
class Patterned {
  constructor(kind, colour, density = 1) {
    Object.assign(this, { kind, colour, density });
  }

  before(ctx) {
    ctx.globalAlpha = 1;
    ctx.fillStyle = patternFill(ctx, this.kind, this.colour, this.density);
  }

  draw(ctx, geom) {
    ctx.beginPath();
    for (const ring of geom) {
      ring.forEach((point, i) => (i === 0 ? ctx.moveTo(point.x, point.y) : ctx.lineTo(point.x, point.y)));
    }
    ctx.fill();
  }
}

/** Street classes from the smallest to the largest: widths by zoom, fill, casing. */
const STREETS = [
  { classes: ["footway", "path", "steps", "cycleway", "corridor", "track"], width: [[15, 0.6], [17, 1.5], [19, 4]], fill: "#a8977c", dash: [3, 2.5], from: 16 },
  { classes: ["service", "pedestrian", "platform", "busway"], width: [[14, 0.7], [16, 2.6], [18, 8]], fill: "#fffefb", casing: "#d6d0c4" },
  { classes: ["living_street"], width: [[13, 0.4], [15, 1.7], [17, 5], [19, 11]], fill: "#fffefb", casing: "#cfc8bb" },
  { classes: ["residential", "unclassified"], width: [[12, 0.5], [14, 1.6], [16, 5], [18, 14]], fill: "#fffefb", casing: "#cbc4b6" },
  { classes: ["tertiary", "tertiary_link"], width: [[11, 0.6], [14, 3], [16, 8], [18, 20]], fill: "#fffdf5", casing: "#c3b9a4" },
  { classes: ["secondary", "secondary_link"], width: [[10, 0.7], [14, 4], [16, 10], [18, 24]], fill: "#fdf1cd", casing: "#c9b483" },
  { classes: ["primary", "primary_link"], width: [[8, 0.7], [14, 5], [16, 12], [18, 28]], fill: "#fae3ab", casing: "#c7a45f" },
  { classes: ["trunk", "motorway", "trunk_link", "motorway_link"], width: [[6, 0.8], [14, 5.5], [16, 13], [18, 30]], fill: "#f3c98b", casing: "#b98542" },
];

const known = new Set(STREETS.flatMap((street) => street.classes));
const OTHER_STREETS = 3;

function isStreet(street, number) {
  return (_, feature) => street.classes.includes(feature.props.highway)
    || (number === OTHER_STREETS && !known.has(feature.props.highway));
}

function streetRules(onBridge) {
  const rules = [];
  const filtered = (number) => {
    const fits = isStreet(STREETS[number], number);
    return (zoom, feature) => fits(zoom, feature) && Boolean(feature.props.bridge) === onBridge;
  };
  const line = (number, symbolizer, minzoom) => rules.push({ dataLayer: "street", symbolizer, filter: filtered(number), minzoom });
  const cap = onBridge ? "butt" : "round";
  STREETS.forEach((street, number) => {
    if (!street.casing) return;
    const width = exp(1.5, street.width);
    const color = onBridge ? "#8d8371" : street.casing;
    line(number, new LineSymbolizer({ color, width: (z) => width(z) + (onBridge ? 2.4 : 1.2), lineCap: cap, lineJoin: "round" }), 12);
  });
  STREETS.forEach((street, number) => {
    const options = { color: street.fill, width: exp(1.5, street.width), lineCap: "round", lineJoin: "round" };
    line(number, new LineSymbolizer(street.dash ? { ...options, dash: street.dash, lineCap: "butt" } : options), street.from);
  });
  return rules;
}

function landRules() {
  const fill = (_, feature) => LAND[feature.props.kind] ?? LAND.other;
  return [
    { dataLayer: "land", symbolizer: new PolygonSymbolizer({ fill }), filter: (z, f) => f.props.kind !== "water" },
  ];
}

/** Nobody lives on water: it lies above the colours of the shares, and shows where the way is cut. */
function waterRules() {
  return [
    { dataLayer: "land", symbolizer: new PolygonSymbolizer({ fill: LAND.water, stroke: "#8fb9cb", width: 0.8 }), filter: ofKind("water") },
    { dataLayer: "barrier", symbolizer: new LineSymbolizer({ color: LAND.water, width: exp(1.5, [[9, 0.8], [14, 3], [17, 9]]), lineCap: "round", lineJoin: "round" }), filter: ofKind("river") },
  ];
}

function shareRules() {
  const share = (feature) => shareClass(feature.props.share_pct);
  const colour = (_, feature) => (share(feature) < 0 ? NO_FIGURE.colour : SHARE_CLASSES[share(feature)].colour);
  const strength = exp(1, [[11, 0.8], [14, 0.68], [16, 0.52], [18, 0.4]]);
  const hatched = (_, f) => share(f) >= 0 && SHARE_CLASSES[share(f)].hatched;
  return [
    { dataLayer: "grid", symbolizer: new PolygonSymbolizer({ fill: colour, opacity: strength }), filter: when("share") },
    { dataLayer: "grid", symbolizer: new Patterned("hatch", "rgba(80,20,5,0.42)"), filter: when("share", hatched) },
    { dataLayer: "grid", symbolizer: new Patterned("cross", "rgba(70,70,70,0.4)"), filter: when("share", (_, f) => share(f) < 0) },
  ];
}

function barrierRules() {
  const railWidth = exp(1.4, [[10, 1.2], [14, 3], [17, 5]]);
  return [
    { dataLayer: "barrier", symbolizer: new LineSymbolizer({ color: "#b98542", width: exp(1.5, [[11, 1.5], [14, 5], [17, 14]]) }), filter: ofKind("expressway") },
    { dataLayer: "barrier", symbolizer: new LineSymbolizer({ color: "#5d6068", width: railWidth }), filter: ofKind("rail") },
    { dataLayer: "barrier", symbolizer: new LineSymbolizer({ color: "#f5f3ee", width: (z) => railWidth(z) - 1.4, dash: [9, 9] }), filter: ofKind("rail"), minzoom: 13 },
    { dataLayer: "barrier", symbolizer: new LineSymbolizer({ color: "#97866c", width: exp(1.4, [[14, 0.6], [17, 1.6]]) }), filter: ofKind("wall"), minzoom: 15 },
  ];
}

function borderRules() {
  const at = (level) => when("border", (_, f) => f.props.level === level);
  const outer = (_, f) => f.props.level !== "community";
  return [
    { dataLayer: "grid", symbolizer: new LineSymbolizer({ color: "rgba(60,70,80,0.5)", width: exp(1.3, [[12, 0.4], [15, 0.9], [18, 1.6]]) }), filter: () => isOn("share") || isOn("grid"), minzoom: 12 },
    { dataLayer: "area", symbolizer: new LineSymbolizer({ color: "rgba(98,64,150,0.42)", width: exp(1.3, [[11, 1.2], [15, 3], [18, 5]]), lineJoin: "round" }), filter: at("community") },
    { dataLayer: "area", symbolizer: new LineSymbolizer({ color: "rgba(74,69,96,0.2)", width: exp(1.3, [[9, 2], [15, 7]]), lineJoin: "round" }), filter: when("border", outer) },
    { dataLayer: "area", symbolizer: new LineSymbolizer({ color: "#3a3550", width: exp(1.3, [[9, 0.9], [15, 2]]), dash: [9, 3, 2, 3] }), filter: when("border", outer) },
  ];
}

const INCIDENT_DOTS = { 10: 1, 20: 1.5, 50: 2.2, 100: 3 };

function incidentRules() {
  const isCell = (_, f) => f.props.n_class !== undefined;
  const dots = Object.entries(INCIDENT_DOTS).map(([lower, density]) => ({
    dataLayer: "incident",
    symbolizer: new Patterned("dots", "rgba(123,30,87,0.7)", density),
    filter: when("incident", (z, f) => isCell(z, f) && nearestClass(f.props.n_class) === Number(lower)),
  }));
  return [
    ...dots,
    { dataLayer: "incident", symbolizer: new LineSymbolizer({ color: INCIDENT, width: 1.2, dash: [2, 3] }), filter: when("incident", isCell) },
  ];
}

/** The dots' class for a lower bound; bounds are configuration, so any number must find its place. */
export function nearestClass(lower) {
  return Object.keys(INCIDENT_DOTS).map(Number).filter((bound) => bound <= lower).pop() ?? 10;
}

export const incidentFill = (ctx, lower) => patternFill(ctx, "dots", INCIDENT, INCIDENT_DOTS[nearestClass(lower)]);

const radiusAt = exp(1.3, [[10, 2], [13, 4], [14, 8], [15, 9.5], [17, 12]]);

function pointRules() {
  const symbol = (layer) => ({
    dataLayer: layer,
    filter: when(layer, (_, f) => f.geomType === 1),
    symbolizer: {
      draw(ctx, geom, z, feature) {
        ctx.save();
        ctx.translate(geom[0][0].x, geom[0][0].y);
        drawSymbol(ctx, look(layer, feature.props), radiusAt(z) * (layer === "station" ? 1 : 0.8));
        ctx.restore();
      },
    },
  });
  return [symbol("incident"), symbol("resource"), symbol("station")];
}

export function paintRules() {
  return [
    ...landRules(), ...shareRules(), ...waterRules(), ...streetRules(false), ...barrierRules(), ...streetRules(true), ...borderRules(),
    ...incidentRules(), ...pointRules(),
  ];
}

export function labelRules() {
  const symbols = ["station", "resource", "incident"].map((layer) => ({
    dataLayer: layer,
    filter: when(layer, (_, f) => f.geomType === 1),
    symbolizer: new PointSymbol((z) => radiusAt(z) * (layer === "station" ? 1 : 0.8), (f) => look(layer, f.props), drawSymbol),
  }));
  const community = when("border", (_, f) => f.props.level === "community");
  const outer = when("border", (z, f) => f.props.level !== "community" && z < 13);
  return [
    ...symbols,
    { dataLayer: "area_label", symbolizer: areaName(language), filter: outer },
    { dataLayer: "area_label", symbolizer: areaName(language), filter: community, minzoom: 13, maxzoom: 16 },
    { dataLayer: "grid_label", symbolizer: centred(gridLines, { size: 11.5, weight: 600, fill: INK }), filter: when("share", isTold), minzoom: 15 },
    { dataLayer: "grid_label", symbolizer: centred((_, feature) => [feature.props.name], { size: 11.5, weight: 600, fill: INK }), filter: when("grid"), minzoom: 15 },
    { dataLayer: "street", symbolizer: streetName(), filter: when("name", isLabelled), minzoom: 14 },
    { dataLayer: "station", symbolizer: new StationName(), filter: when("name"), minzoom: 17 },
    { dataLayer: "land_label", symbolizer: landName(), filter: when("name"), minzoom: 16 },
  ];
}

/** From afar only the shares that ask for attention are written out. */
const isTold = (zoom, feature) => zoom >= 16 || (feature.props.share_pct ?? 100) < 95;

function isLabelled(zoom, feature) {
  const class_number = STREETS.findIndex((street) => street.classes.includes(feature.props.highway));
  return Boolean(feature.props.name) && (zoom >= 16 || class_number >= 4);
}

const gridLines = (zoom, feature) => {
  const share = feature.props.share_pct;
  const lines = [share === undefined || share === null ? "—" : `${share}%`];
  return zoom >= 17 ? [feature.props.name, ...lines] : lines;
};
