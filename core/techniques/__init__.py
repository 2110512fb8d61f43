"""The registry of techniques: one file each, one import line here."""

from core.registry import collect
from core.techniques.base import Technique
from core.techniques.constant import Constant
from core.techniques.dp_forest import DPForest
from core.techniques.dp_logistic_regression import DPLogisticRegression
from core.techniques.dp_naive_bayes import DPNaiveBayes
from core.techniques.drop_columns import DropColumns
from core.techniques.generalise import Generalise
from core.techniques.mask_identifiers import MaskIdentifiers
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.techniques.none import NoProtection
from core.techniques.sequential_trees import SequentialTrees

TECHNIQUES = collect(Technique, globals())
