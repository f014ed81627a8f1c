"""Reading: the text of specs, with the place of everything in it."""
