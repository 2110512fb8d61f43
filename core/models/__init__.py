"""The registry of models: one file each, one import line here."""

from core.models.base import Model
from core.models.decision_tree import DecisionTree
from core.models.gradient_boosting import GradientBoosting
from core.models.gradient_boosting_regressor import GradientBoostingRegressor
from core.models.linear_regression import LinearRegression
from core.models.logistic_regression import LogisticRegression
from core.models.naive_bayes import NaiveBayes
from core.models.nearest_neighbours import NearestNeighbours
from core.models.random_forest import RandomForest
from core.models.random_forest_regressor import RandomForestRegressor
from core.registry import collect

MODELS = collect(Model, globals())
