"""A number that somebody printed for a network, against every explanation there is: which ones give it?

The explanations are finite: a sibling of the spec, a width, a resolution, the standard or separable version, the
stem or classifier left out, a class more or less, and a way of counting; each costs one assumption. All of them
are linear in the facts of the network, so that a network is made once and then only weighed.
"""

from costcalc.analysis.reconciliation.assumption import Assumption
from costcalc.analysis.reconciliation.family import Question
from costcalc.analysis.reconciliation.search import MOST_ASSUMPTIONS, Answer, Hypothesis, reconcile

__all__ = ["MOST_ASSUMPTIONS", "Answer", "Assumption", "Hypothesis", "Question", "reconcile"]
