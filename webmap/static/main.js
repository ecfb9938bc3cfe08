// What the script that folium writes may call.

import { publicMap } from "./public.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { publicMap, vectorTiles };
