"""What each layer of Keras is here, a family a module.

Source: https://keras.io/api/layers; what their configs hold, in https://github.com/keras-team/keras.
"""

from __future__ import annotations

from collections.abc import Mapping

from costcalc.interop.importers.keras_archive.building import Handler
from costcalc.interop.importers.keras_archive.layers import (
    activations,
    convolutions,
    joins,
    norms,
    pools,
    products,
    sequences,
    shapes,
)

#: Class -> handler. To add one: a function in the module of its family, and its line in that module's table.
HANDLERS: Mapping[str, Handler] = {
    **convolutions.HANDLERS,
    **norms.HANDLERS,
    **activations.HANDLERS,
    **pools.HANDLERS,
    **shapes.HANDLERS,
    **joins.HANDLERS,
    **products.HANDLERS,
    **sequences.HANDLERS,
}
