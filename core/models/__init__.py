"""The registry of models: one file each, one import line here."""

from core.models.base import Model
from core.models.gradient_boosting import GradientBoosting
from core.models.logistic_regression import LogisticRegression
from core.models.random_forest import RandomForest
from core.registry import collect

MODELS = collect(Model, globals())
