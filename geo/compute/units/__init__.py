"""Communities cut once into units: street blocks, compounds, plots of buildings."""
