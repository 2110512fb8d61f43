"""The registry of techniques: one file each, one import line here."""

from core.registry import collect
from core.techniques.base import Technique
from core.techniques.constant import Constant
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.techniques.none import NoProtection
from core.techniques.sequential_trees import SequentialTrees

TECHNIQUES = collect(Technique, globals())
