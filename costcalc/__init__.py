"""costcalc: exact multiplies and parameters of convolutional networks, from a YAML spec."""

__version__ = "0.1.0"
