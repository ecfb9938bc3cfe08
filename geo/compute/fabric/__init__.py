"""A planar cut of ground into faces, cut and moved exactly; knows nothing of grids."""
