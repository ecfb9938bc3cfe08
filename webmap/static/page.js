// What the server tells the page: words in one language, kinds with their names, settings. All of it is data.

const data = JSON.parse(document.getElementById("page-data").textContent);

export const language = data.language;
export const settings = data.settings;
/** What only the board of dispatchers is told: items, moves, stages. */
export const desk = data.desk;
// without a prototype: a kind that somebody called "constructor" is unknown like any other
const table = (entries) => Object.assign(Object.create(null), entries);
export const stationKinds = table(data.station_kinds);
const incidentKinds = table(data.incident_kinds);

/** The name of an incident's category; one the catalogue does not know speaks for itself. */
export const incidentName = (category) => incidentKinds[category] ?? category;

const locale = language === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: settings.timezone });
const moment = new Intl.DateTimeFormat(locale, {
  dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: settings.timezone,
});
const clock = new Intl.DateTimeFormat(locale, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: settings.timezone,
});
const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: settings.timezone });

/** The sentence of a key, with its placeholders filled. */
export function say(key, values = {}) {
  const text = data.words[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Whether there are words for a key that came from the data. */
export const hasWords = (key) => data.words[key] !== undefined;

export const count = (n) => whole.format(n);
export const decimal = (n, digits = 1) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);
export const dayOf = (text) => day.format(new Date(text.length === 10 ? `${text}T12:00:00Z` : text));
export const momentOf = (text) => moment.format(new Date(text));

/** A share as whole percent, rounded down so that 100 % means everybody. */
export function percent(share) {
  const whole_percent = Math.floor(share * 100 + 1e-9);
  return language === "zh" ? `${whole_percent}%` : `${whole_percent} %`;
}

/** A time today as the clock reads, else with its weekday, else with its date. */
export function whenOf(text, now = new Date()) {
  const at = new Date(text);
  const hours = (at - now) / 3_600_000;
  if (day.format(at) === day.format(now)) return clock.format(at);
  if (hours > 0 && hours < 6 * 24) return `${weekday.format(at)} ${clock.format(at)}`;
  return moment.format(at);
}

/** The name of a station's kind. */
export const kindName = (kind) => stationKinds[kind]?.name ?? kind;

/** Whether homes are counted as reaching it: a drivers' stop has no circle. */
export const servesResidents = (kind) => (stationKinds[kind]?.serves ?? "residents") === "residents";

/** The name of a resource's kind. */
export const resourceName = (kind) => (hasWords(`resource_${kind}`) ? say(`resource_${kind}`) : kind);

/** The name that fits the page's language. */
export const nameOf = (thing) => (language === "en" && thing.name_en ? thing.name_en : thing.name);
