// What the script that folium writes may call.

import { plannerMap } from "./planner.js";
import { publicMap } from "./public.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { plannerMap, publicMap, vectorTiles };
