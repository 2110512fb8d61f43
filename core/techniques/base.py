"""The contract of a technique: one way to protect, with parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table
from core.models.base import Model
from core.params import Parametrised
from core.privacy.guarantee import NO_GUARANTEE, Guarantee

if TYPE_CHECKING:
    from core.data.schema import Schema


class Family(StrEnum):
    """How a technique protects; colour and shape on the chart."""

    ANCHOR = "anchor"
    HIDE = "hide"
    COARSEN = "coarsen"
    REPLACE = "replace"
    NOISE = "add noise"
    TRAIN = "train privately"


class Stage(StrEnum):
    """Where in a recipe a technique stands."""

    TABLE = "table"
    TRAINING = "training"
    MODEL = "model"
    ANSWERS = "answers"


@dataclass(frozen=True, kw_only=True)
class PublicFacts:
    """What everybody may know, so that nothing has to be read from the members.

    Parameters
    ----------
    people : float
        The public number to average by: |POOL| / 2 for a replicate, |POOL| for a fit on all of POOL.
    classes : tuple of str
        The target's classes.
    assume_public_domain : bool
        The study accepts ranges and category lists read from the whole table as public, and says so.
    domains : mapping, optional
        With `assume_public_domain`: column -> (low, high) or tuple of categories of the whole table.
    """

    people: float
    classes: tuple[str, ...]
    assume_public_domain: bool = False
    domains: Mapping[str, tuple[Any, ...]] | None = None


class Predictor(Protocol):
    """A trained model that answers for rows of a (recoded) table."""

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes), in the order of `PublicFacts.classes`."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Protected:
    """The rows that a table technique gives back.

    Parameters
    ----------
    table : Table
        The protected rows.
    source : integer array or None
        For each protected row the position of the member row it was made from; None for synthetic rows.
    recode : callable
        The fitted map that brings *anybody's* raw row into the same form (TEST people, controls, attack queries).
        Techniques that perturb or invent rows give the identity, so that TEST stays raw.
    notes : tuple of str
        What the reader should know of this run: counts, levels, how far a search got; never a cell.
    """

    table: Table
    source: Labels | None
    recode: Callable[[Table], Table]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class AuditPair:
    """Two neighbouring tables that a private mechanism must not tell apart, chosen to make telling them apart easy.

    Parameters
    ----------
    technique : Technique
        The setting that is run: the same budget, everything else at what is worst for privacy or quickest to run.
    tables : (Table, Table)
        D and D', neighbours in the sense of `neighbours`.
    facts : PublicFacts
        What is public, the same for both.
    neighbours : {"add_remove", "replace_one"}
        In which sense the two tables are neighbours.
    statistic : callable
        Everything that may tell the two apart in what the technique gives back (the `Predictor` of `train`, the
        `Protected` of `protect`), as an array of numbers of a fixed length: released parameters, not answers. The
        first is the technique's own best guess, higher for D; the audit learns better ones from all of them.
    story : str
        One sentence: what the two tables are.
    note : str
        One sentence on what this pair leaves out, or nothing.
    """

    technique: Technique
    tables: tuple[Table, Table]
    facts: PublicFacts
    neighbours: str
    statistic: Callable[[Any], Labels]
    story: str
    note: str = ""


def unchanged(table: Table) -> Table:
    """Return the table as it is: the recoding map of techniques that have none."""
    return table


@dataclass(frozen=True, kw_only=True)
class Technique(Parametrised):
    """One way to protect; its dataclass fields are its parameters.

    A technique overrides the hook that fits: `protect` (rows in, rows out) when `stage` is TABLE, `train` when it is
    TRAINING, `model_for` when it changes how the study's own model is trained (MODEL), `answer` when it changes what
    the model says (ANSWERS). Registration is one import line in `core/techniques/__init__.py`.
    """

    family: ClassVar[Family]
    stage: ClassVar[Stage]
    dial: ClassVar[str | None] = None
    """The parameter that a sweep turns."""
    stronger: ClassVar[str] = "higher"
    """Whether a "higher" or "lower" value of `dial` protects more."""
    grid: ClassVar[tuple[Any, ...]] = ()
    """Values of `dial` to start a sweep from."""
    stops: ClassVar[str] = ""
    """One sentence: what it is meant to stop and what it does not."""
    synthetic: ClassVar[bool] = False
    """True when the rows it releases belong to nobody."""
    perturbs: ClassVar[bool] = False
    """True when released cells may be untrue of their person, so that counting equal rows says nothing of crowds."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Modules of requirements-deep.txt; workers import them, the page's process never does."""
    quick_people: ClassVar[int] = 60_000
    """People up to which `protect` takes about half a second: a preview of a larger table is made on a sample."""

    @classmethod
    def missing(cls) -> str | None:
        """Return how to install what this technique needs and this machine lacks, or None; nothing is imported."""
        lacking = any(find_spec(name) is None for name in cls.needs)
        return "needs: pip install -r requirements-deep.txt" if lacking else None

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Return the reason why this table cannot go through, or None."""
        return None

    def public_map(self, schema: Schema) -> bool:
        """Say whether `protect` maps each row by public knowledge alone, so that DP training may follow it."""
        return False

    def keeps_crowds(self, schema: Schema) -> bool:
        """Say whether rows that look alike still do afterwards, so that a k, l or t reached before stays true.

        It does where every cell of a quasi-identifier is replaced by a map of that cell alone, and no new
        quasi-identifier appears.
        """
        return False

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema that a later step sees, as far as it follows from the schema alone."""
        return schema

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the protected rows of these members. Stage TABLE only."""
        return Protected(table=members, source=np.arange(len(members)), recode=unchanged)

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Return a model trained under protection. Stage TRAINING only."""
        raise NotImplementedError

    def model_for(self, model: Model) -> Model:
        """Return the study's model as it is trained instead. Stage MODEL only."""
        return model

    def answer(self, probabilities: Labels) -> Labels:
        """Return what is told instead of these probabilities, shape (rows, classes). Stage ANSWERS only.

        A row's answer depends on that row's probabilities alone.
        """
        return probabilities

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return what is proved about what this technique gives back."""
        return NO_GUARANTEE

    def audit_pair(self) -> AuditPair | None:
        """Return the neighbours on which `core.audit` tests the privacy that this setting claims.

        Every technique that states an epsilon has one (a contract test says so); the others return None. The run must
        draw all its randomness from the `rng` that `train` or `protect` is given: the two worlds get different ones.
        """
        return None

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        return {
            **super().describe(),
            "family": str(cls.family),
            "stage": str(cls.stage),
            "strength": cls.dial,
            "stronger": cls.stronger,
            "grid": list(cls.grid),
            "idea": (cls.__doc__ or "").strip().splitlines()[0],
            "stops": cls.stops,
        }
