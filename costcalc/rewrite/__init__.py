"""Other versions of a network: width and resolution of a spec; standard and separable of a network."""
