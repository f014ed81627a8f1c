"""Foreign models as specs.

A front end (one per format) reads a model into a :class:`~costcalc.interop.importers.flat.FlatNetwork`: every operation
that costs or shapes something, in order, with its inputs by name. ``structure`` turns that into the spec that a
person would have written. To add a format: write its front end, and its line in ``FORMATS`` of ``convert``.
"""
