"""Training with more restraint: the study's own model, held back from learning single people by heart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import UserError
from core.models.base import Model
from core.params import FloatRange, IntRange, param
from core.techniques.base import Family, Stage, Technique

_HELD = ("regularisation", "min_samples_leaf", "neighbours", "smoothing")
"""Parameters of models that hold them back when they grow."""


@dataclass(frozen=True, kw_only=True)
class RegularisedTraining(Technique):
    """Train the study's model with more restraint: larger leaves, more neighbours, stronger penalties, earlier stops.

    Whatever holds the model back is multiplied by `strength`: the L2 penalty of linear models, the rows of the
    smallest leaf of trees and forests, the neighbours that vote, the smoothing of naive Bayes. Boosting also stops
    earlier, after rounds / sqrt(strength). A value beyond what the model takes is the largest that it takes.

    Guarantee: none. It is the cheapest defence there is, and often costs no accuracy at all: a forest whose leaves
    hold one row remembers people, one whose leaves hold five hardly does.

    There is no penalty on the gap between the losses of people trained on and people held out: those held out would
    be members too, and plain L2 does better. Logistic regression on Adult, means of 24 random splits, loss of people
    outside minus that of all members: with half of 300 members held out and 30 gap^2 added to the loss, gap .079 at
    accuracy .824 (30 times more changes nothing); L2 x 3 and nobody held out, gap .066 at .825; plain, .100 at .826.
    With 1,000 members .041 at .8375, .035 at .8395 and .049 at .8397.

    Parameters
    ----------
    strength : float
        1 leaves the model as it is.

    Examples
    --------
    >>> from core.models.decision_tree import DecisionTree
    >>> RegularisedTraining(strength=5).model_for(DecisionTree(min_samples_leaf=2)).settings()
    {'min_samples_leaf': 10, 'max_depth': 100}

    References
    ----------
    S. Yeom et al., Privacy risk in machine learning: analyzing the connection to overfitting, CSF 2018
    (arXiv 1709.01604); R. Shokri et al., IEEE S&P 2017 (arXiv 1610.05820), section VIII: regularisation as a defence.
    Penalties of the kind left out: M. Nasr et al., Machine learning with membership privacy using adversarial
    regularization, CCS 2018 (arXiv 1807.05852); J. Li et al., Membership inference attacks and defenses in
    classification models, CODASPY 2021 (arXiv 2002.12062).
    """

    key: ClassVar[str] = "regularised_training"
    title: ClassVar[str] = "Train with more restraint (no guarantee)"
    # "Train privately" on a chart would read like a promise; what it does to the model is coarser answers.
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.MODEL
    dial: ClassVar[str | None] = "strength"
    stronger: ClassVar[str] = "higher"
    grid: ClassVar[tuple[Any, ...]] = (2.0, 5.0, 20.0)
    stops: ClassVar[str] = (
        "Makes it harder to tell from the model whether somebody was in the data, as far as that rests on overfitting; "
        "nothing is proved, and the people who stand out most may still be found."
    )

    strength: float = param(5.0, FloatRange(low=1, high=1000, log=True, help="How many times the usual restraint."))

    def model_for(self, model: Model) -> Model:
        """Return the model with everything that holds it back multiplied.

        Raises
        ------
        UserError
            When it has nothing of the kind.
        """
        settings = model.settings()
        changed: dict[str, float] = {}
        for parameter in model.parameters():
            domain, name = parameter.domain, parameter.name
            if not isinstance(domain, (FloatRange, IntRange)):
                continue
            if name in _HELD:
                changed[name] = min(domain.high, settings[name] * self.strength)
            elif name == "rounds":
                changed[name] = max(domain.low, settings[name] / self.strength**0.5)
            if name in changed and isinstance(domain, IntRange):
                changed[name] = round(changed[name])
        if not any(name in changed for name in _HELD):
            raise UserError(
                f"{self.key} needs a model that can be held back", got=model.key, do="Choose another model."
            )
        return type(model).from_mapping({**settings, **changed})
