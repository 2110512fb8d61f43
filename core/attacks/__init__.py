"""The registry of attacks: one file each, one import line here."""

from core.attacks.base import Attack, MembershipAttack
from core.attacks.lira_offline import OfflineLira
from core.attacks.loss import LossAttack
from core.attacks.reidentification import Reidentification
from core.registry import collect

ATTACKS = collect(Attack, globals())
MEMBERSHIP_ATTACKS = tuple(cls() for cls in ATTACKS.values() if issubclass(cls, MembershipAttack))
