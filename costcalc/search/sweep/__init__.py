"""Sweeps: what every combination of a spec's choices, widths and resolutions costs."""
