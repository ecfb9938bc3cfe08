// What the script that folium writes may call on the page of two maps.

import { vectorTiles } from "./tiles.js";
import { twinMaps } from "./twin.js";

window.gridcircle = { twinMaps, vectorTiles };
