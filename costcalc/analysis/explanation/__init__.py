"""How a layer's numbers come about: the formulas with its own numbers in them, down to every primitive.

The values are those of the tallies and shapes that the analysis has; the numbers beside them are the layer's fields.
"""

from costcalc.analysis.explanation.layer import Contribution, ExplainedGroup, Explainer, Explanation, explain
from costcalc.analysis.explanation.pair import Pair
from costcalc.analysis.explanation.primitive import Explained
from costcalc.layers.formula import Formula

__all__ = [
    "Contribution",
    "Explained",
    "ExplainedGroup",
    "Explainer",
    "Explanation",
    "Formula",
    "Pair",
    "explain",
]
