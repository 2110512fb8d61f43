"""Logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.base import Model
from core.params import FloatRange, param


@dataclass(frozen=True, kw_only=True)
class LogisticRegression(Model):
    """Weighted sums turned into probabilities; few parameters, so little to remember anybody by.

    Parameters
    ----------
    regularisation : float
        L2 penalty on the weights (1 / C of scikit-learn); 1 is the library's default.

    References
    ----------
    scikit-learn's `LogisticRegression`, solver lbfgs, multinomial loss for more than two classes.
    """

    key: ClassVar[str] = "logistic_regression"
    title: ClassVar[str] = "Logistic regression"

    regularisation: float = param(
        1.0, FloatRange(low=1e-4, high=1e6, log=True, help="Higher pulls the weights towards zero.")
    )

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.linear_model import LogisticRegression as Sklearn

        return Sklearn(C=1.0 / self.regularisation, max_iter=2000, tol=1e-4, random_state=seed)
