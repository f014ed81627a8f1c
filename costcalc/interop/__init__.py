"""Models of other tools, in and out; nothing else of costcalc imports this wing but through ``application``."""
