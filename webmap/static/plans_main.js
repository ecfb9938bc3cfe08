// What the script that folium writes may call on the page of plans.

import { plansMap } from "./plans.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { plansMap, vectorTiles };
