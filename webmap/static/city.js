// The city's name in the bar of every page.

import { byId } from "./dom.js";
import { getJson } from "./net.js";
import { nameOf, settings } from "./page.js";

/** Say which city it is, whoever reads; returns its name, or what the settings call it. */
export async function tellCity() {
  const { features: [city] } = await getJson("/api/v1/areas", { level: "city", limit: 1 }, undefined, { isForAll: true });
  if (!city) return settings.city;
  byId("brand-city").textContent = nameOf(city.properties);
  return nameOf(city.properties);
}
