// What the script that folium writes may call on the page of proposed plans.

import { proposalsMap } from "./proposals.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { proposalsMap, vectorTiles };
