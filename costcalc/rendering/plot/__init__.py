"""Pictures of a network as Vega-Lite descriptions, plain data: one module a picture, and what draws them."""
