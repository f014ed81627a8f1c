"""Rendering: problems and results as text, one format a module; each renderer returns a string."""
