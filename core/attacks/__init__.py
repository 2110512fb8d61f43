"""The registry of attacks: one file each, one import line here."""

from core.attacks.attribute_inference import AttributeInference
from core.attacks.base import Attack, MembershipAttack
from core.attacks.linkability import Linkability
from core.attacks.lira_offline import OfflineLira
from core.attacks.lira_online import OnlineLira
from core.attacks.loss import LossAttack
from core.attacks.presence import Presence
from core.attacks.quantile import QuantileRegression
from core.attacks.reidentification import Reidentification
from core.attacks.rmia import RelativeInference
from core.attacks.rows import RowsAttack
from core.attacks.singling_out import SinglingOut
from core.registry import collect

ATTACKS = collect(Attack, globals())
MEMBERSHIP_ATTACKS = tuple(cls() for cls in ATTACKS.values() if issubclass(cls, MembershipAttack))
ROWS_ATTACKS = tuple(cls() for cls in ATTACKS.values() if issubclass(cls, RowsAttack))
