"""The one number of a recipe that can be turned between less and more protection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import UserError
from core.params import FloatRange, IntRange, Parameter
from core.tradeoff.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Dial:
    """The one number of a recipe that is solved for.

    Parameters
    ----------
    place : int
        Its step in the recipe.
    name : str
    low, high : float
        Its range.
    whole : bool
    stronger : {"higher", "lower"}
        The side on which it protects more.
    """

    place: int
    name: str
    low: float
    high: float
    whole: bool
    stronger: str

    @staticmethod
    def of(recipe: Recipe) -> Dial:
        """Return the number that a recipe's sweep turns, else the strength of the last step that has one.

        Raises
        ------
        UserError
            When there is none, or the sweep turns something else as well: then no order of strength exists.

        Examples
        --------
        >>> from core.tradeoff.recipe import expand
        >>> Dial.of(expand("k", [{"technique": "mondrian_k_anonymity", "k": [2, 5]}], None)[0]).stronger
        'higher'
        """
        found: list[tuple[int, Parameter]] = []
        for place, step in enumerate(recipe.steps):
            for parameter in step.parameters():
                if parameter.name == step.dial and isinstance(parameter.domain, (FloatRange, IntRange)):
                    found.append((place, parameter))
        turned = [name.rsplit(".", 1)[-1] for name, _ in recipe.swept]
        if turned:
            found = [(place, parameter) for place, parameter in found if [parameter.name] == turned]
        if not found:
            raise UserError(
                f"recipe {recipe.name!r} must turn exactly one number, the strength of one of its steps",
                got=", ".join(turned) or "no such number",
                do="Sweep the strength alone, for example epsilon = [0.3, 1.0, 3.0].",
            )
        place, parameter = found[-1]
        domain = parameter.domain
        assert isinstance(domain, (FloatRange, IntRange))  # noqa: S101 - chosen so above
        return Dial(
            place=place,
            name=parameter.name,
            low=domain.low,
            high=domain.high,
            whole=isinstance(domain, IntRange),
            stronger=recipe.steps[place].stronger,
        )

    def value(self, recipe: Recipe) -> float:
        """Return the number that a recipe has."""
        return float(getattr(recipe.steps[self.place], self.name))

    def turned(self, recipe: Recipe, value: float) -> Recipe:
        """Return the recipe at another value, under the id that a sweep would give it."""
        exact = round(value) if self.whole else float(value)
        step = recipe.steps[self.place].from_mapping({**recipe.steps[self.place].settings(), self.name: exact})
        steps = (*recipe.steps[: self.place], step, *recipe.steps[self.place + 1 :])
        return replace(recipe, steps=steps, swept=((self.name, exact),))

    def shown(self, value: float) -> str:
        """Return a setting as text.

        >>> Dial(place=0, name="k", low=2, high=100, whole=True, stronger="higher").shown(20.0)
        'k = 20'
        """
        return f"{self.name} = {round(value):,}" if self.whole else f"{self.name} = {value:.6g}"
