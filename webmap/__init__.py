"""Folium pages drawn from our own tiles; no page asks any host but our own."""
