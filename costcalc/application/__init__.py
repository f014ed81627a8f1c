"""Use cases, one a module: what the command line and Python both call."""
