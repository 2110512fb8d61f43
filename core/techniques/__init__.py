"""The registry of techniques: one file each, one import line here."""

from core.registry import collect
from core.techniques.base import Technique
from core.techniques.constant import Constant
from core.techniques.dp_forest import DPForest
from core.techniques.dp_linear_regression import DPLinearRegression
from core.techniques.dp_logistic_regression import DPLogisticRegression
from core.techniques.dp_marginals import DPMarginals
from core.techniques.dp_naive_bayes import DPNaiveBayes
from core.techniques.dp_sgd import DPSGD
from core.techniques.drop_columns import DropColumns
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.gaussian_copula import GaussianCopula
from core.techniques.generalise import Generalise
from core.techniques.local_suppression import LocalSuppression
from core.techniques.mask_identifiers import MaskIdentifiers
from core.techniques.microaggregation import Microaggregation
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.techniques.noise_addition import NoiseAddition
from core.techniques.none import NoProtection
from core.techniques.pram import Pram
from core.techniques.randomised_response import RandomisedResponse
from core.techniques.rank_swap import RankSwap
from core.techniques.regularised_training import RegularisedTraining
from core.techniques.round_predictions import RoundPredictions
from core.techniques.sequential_trees import SequentialTrees
from core.techniques.top_bottom_coding import TopBottomCoding
from core.techniques.top_label import TopLabel

TECHNIQUES = collect(Technique, globals())
