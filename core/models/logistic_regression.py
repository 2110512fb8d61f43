"""Logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit

from core.data.table import Labels, Table, target_codes
from core.models.base import FittedModel, Model
from core.models.shortcuts import trained_as_known
from core.models.signals import SMOOTHNESS, Signals, smoothed_logit, true_class_logit
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
    scikit-learn's `LogisticRegression`, solver lbfgs, multinomial loss for more than two classes. Approximate leave
    one out: Rad & Maleki (2020), A scalable estimate of the out-of-sample prediction error via approximate
    leave-one-out cross-validation, JRSS B 82, arXiv:1801.10243.
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

    def signals(
        self, fitted: FittedModel, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals with both sides of everybody, by one Newton step; with more than two classes, as observed.

        With H the Hessian of the penalised loss, h = x' H^-1 x and z the logit of the true class, the model without a
        member has z - h (1 - p) / (1 - p (1 - p) h), and the model with a control has the z* that solves
        z* = z + h (1 - p(z*)), which is the same relation read backwards. Encoding and scaling are held as they are.
        """
        features = fitted.encoder.transform(rows)
        proba, inside = fitted.answers(features), place >= 0
        phi = true_class_logit(proba, target, fitted.votes)
        if training is None or len(fitted.seen) != 2:
            return Signals.observed(phi, inside)
        estimator, column = fitted.estimator, fitted.place_of(target)
        trained = fitted.encoder.transform(training)
        codes = target_codes(training, fitted.labels)
        leverage = self._leverage(estimator, trained, features)
        logit = (2.0 * column - 1.0) * (features @ estimator.coef_[0] + estimator.intercept_[0])
        wrong = expit(-logit)
        # A row's own share of the Hessian, p (1 - p) h, is below 1, but for rounding.
        other = logit - leverage * wrong / np.maximum(1 - wrong * (1 - wrong) * leverage, 1e-3)
        outside = np.flatnonzero(~inside)
        other[outside] = _with_row(logit[outside], leverage[outside])
        known = (column >= 0) & trained_as_known(features, target, trained, codes, place)
        other = np.where(known, smoothed_logit(expit(other), SMOOTHNESS), np.nan)
        return Signals(phi, np.where(inside, phi, other), np.where(inside, other, phi))

    def _leverage(self, estimator: Any, training: Labels, asked: Labels) -> Labels:
        """Return x' H^-1 x of the rows asked, in 32 bits: it is a shift of a score, not the score."""
        from scipy.linalg import solve_triangular

        p = expit(training @ estimator.coef_[0] + estimator.intercept_[0])
        weight = np.maximum(p * (1 - p), 1e-12)
        # The intercept has no penalty: profiled out, it leaves the features' weighted distances from their mean.
        total = float(weight.sum())
        centre = weight @ training / total
        scaled = (training - centre).astype(np.float32) * np.sqrt(weight).astype(np.float32)[:, None]
        hessian = (scaled.T @ scaled).astype(np.float64)
        hessian[np.diag_indices_from(hessian)] += self.regularisation
        root = np.linalg.cholesky(hessian)
        inverse = solve_triangular(root, np.eye(len(root)), lower=True)
        moved = asked.astype(np.float32) @ inverse.T.astype(np.float32)
        moved -= (inverse @ centre).astype(np.float32)
        return np.asarray(np.vecdot(moved, moved) + 1 / total, np.float64)


def _with_row(logit: Labels, leverage: Labels) -> Labels:
    """Return the z* >= z with z* = z + h (1 - p(z*)): the logit of a row's own class once the row is trained on."""
    # The right side falls as z* grows, so the solution is unique and between z and z + h; Newton from below, which
    # may overshoot where p bends, is kept in that interval.
    high, found = logit + leverage, logit
    for _ in range(30):
        wrong = expit(-found)
        excess = found - logit - leverage * wrong
        if not np.abs(excess).max(initial=0.0) > 1e-9:
            break
        found = np.clip(found - excess / (1 + leverage * wrong * (1 - wrong)), logit, high)
    return found
