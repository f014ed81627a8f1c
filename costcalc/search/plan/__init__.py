"""Which convolutions to replace so that a network fits: exactly the fewest places, then the least that is left."""
