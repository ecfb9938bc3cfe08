// What the script that folium writes may call on the board of dispatchers.

import { dispatchMap } from "./dispatch.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { dispatchMap, vectorTiles };
