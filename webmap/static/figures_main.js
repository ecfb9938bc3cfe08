// What the script that folium writes may call on the page of figures.

import { figuresMap } from "./figures.js";
import { vectorTiles } from "./tiles.js";

window.gridcircle = { figuresMap, vectorTiles };
