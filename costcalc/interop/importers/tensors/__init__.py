"""Tensors of any rank as maps of height, width and channels: what the front ends for tensor graphs share.

A front end follows each tensor's axes as atoms; ``Maps`` adds the layers, and rearranges a map where an operation
needs it otherwise. Formats that know layers, not tensors (Keras), have no use for it.
"""
