"""The registry of popular claims: one file each, one import line here."""

from core.claims.base import Claim
from core.claims.halves_the_risk import HalvesTheRisk
from core.claims.keeps_ninety_percent import KeepsNinetyPercent
from core.registry import collect

CLAIMS = collect(Claim, globals())
