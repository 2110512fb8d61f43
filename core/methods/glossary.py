"""The glossary: every term that pages use and a reader may not know, in one or two plain sentences."""

from __future__ import annotations

from dataclasses import dataclass

from core.attacks.words import THREAT_WORDS


@dataclass(frozen=True, kw_only=True)
class Term:
    """One word and what it means here; `also` are other names that people search for."""

    word: str
    meaning: str
    also: tuple[str, ...] = ()

    def about(self, words: str) -> bool:
        """Say whether every word occurs in the term, its other names or its meaning, whatever the case."""
        whole = "\n".join((self.word, self.meaning, *self.also)).casefold()
        return all(word in whole for word in words.casefold().split())


_OWN = {
    "accuracy": Term(
        word="Accuracy",
        meaning="How many of 100 people whom the model has never seen it predicts right. Compare it with always giving "
        "the most frequent answer.",
        also=("usefulness", "utility"),
    ),
    "anchor": Term(
        word="Anchor",
        meaning="One of two settings that show the ends of the scale: no protection at all, and a model that knows "
        "nothing. Every other setting is compared with them.",
    ),
    "attack": Term(
        word="Attack",
        meaning="A method by which somebody outside tries to learn about single people from what is released, with "
        "stated knowledge. We run it and count how often it is right.",
        also=("attacker",),
    ),
    "bound": Term(
        word="Proved ceiling",
        meaning="The most that any attack can get, by a mathematical proof and not by trying. It holds only while the "
        "assumptions listed beside it do.",
        also=("bound",),
    ),
    "budget": Term(
        word="Privacy budget",
        meaning="What differential privacy has to spend: everything that looks at the data uses up a part of epsilon, "
        "and the parts add up.",
    ),
    "class": Term(
        word="Group of people who look alike",
        meaning="All people with the same values in the columns that others may know. In a group of one, a person can "
        "be picked out.",
        also=("equivalence class", "crowd", "combination"),
    ),
    "control": Term(
        word="Control",
        meaning="People like those in the data whose rows were not used. What an attacker guesses about them comes "
        "from general knowledge, so only what is gained beyond it counts as risk.",
    ),
    "delta": Term(
        word="Delta",
        meaning="The small chance with which the promise of differential privacy may fail. It should be well below one "
        "in the number of people.",
    ),
    "differential_privacy": Term(
        word="Differential privacy",
        meaning="A promise that the result would look nearly the same if one person's data were left out, so that "
        "nobody can tell whether they were in. Epsilon says how nearly.",
        also=("dp", "mu-gdp", "zcdp"),
    ),
    "direct_identifier": Term(
        word="Names somebody",
        meaning="A column that says who somebody is by itself, such as a name, an e-mail address or a customer number.",
        also=("direct identifier",),
    ),
    "effort": Term(
        word="Effort",
        meaning="How many random halves of the people each setting is run on. More take longer and make the intervals "
        "narrower.",
    ),
    "epsilon": Term(
        word="Epsilon",
        meaning="The dial of differential privacy: smaller hides each person better and costs more accuracy. What a "
        "value means for an attacker is said beside it.",
    ),
    "frontier": Term(
        word="Best measured",
        meaning="The settings that no other beats in accuracy and risk at once, joined by a dashed line. Others "
        "may belong to them: see Not clearly beaten.",
        also=("frontier", "pareto"),
    ),
    "frontier_tie": Term(
        word="Not clearly beaten",
        meaning="Another setting has better numbers, but the difference in accuracy or in risk may be chance: with "
        "other people or other runs it could turn round. It may still be much worse in the other of the two. One is "
        "called clearly beaten only when another has better accuracy and lower risk by more than chance explains.",
        also=("tied", "indistinguishable", "clearly beaten", "dominated"),
    ),
    "generalisation": Term(
        word="Coarser values",
        meaning="Exact values replaced by wider groups: an age by an interval, a town by its region.",
        also=("generalisation", "hierarchy"),
    ),
    "guarantee": Term(
        word="Guarantee",
        meaning="What is proved about a setting, with its assumptions. It stands beside what was measured and is never "
        "mixed with it.",
    ),
    "interval": Term(
        word="95 % interval",
        meaning="The range in which the true number lies in 95 of 100 such measurements. A wide one means that too few "
        "people or too few runs stand behind the number.",
        also=("confidence interval",),
    ),
    "k": Term(
        word="k",
        meaning="The fewest people who share one combination of the columns that others may know. With k = 1 somebody "
        "is alone with theirs.",
        also=("smallest group",),
    ),
    "k_anonymity": Term(
        word="k-anonymity",
        meaning="Every released person looks like at least k - 1 others in the columns that others may know. It says "
        "nothing about what the other columns tell.",
    ),
    "l_diversity": Term(
        word="l-diversity",
        meaning="Among people who look alike there are at least l different secrets, so that finding the group does "
        "not tell the secret.",
    ),
    "leave_out_advantage": Term(
        word="Extra people of 100",
        meaning="How many more of 100 people an attacker gets right when their data were used than when they were not. "
        "This is the one unit of risk here.",
        also=("leave-out advantage", "risk"),
    ),
    "member": Term(
        word="Member",
        meaning="A person whose row was used in a run. In every run one random half of the people are members.",
    ),
    "person_id": Term(
        word="Person id",
        meaning="The column that says which rows belong to one person. All of them are then protected, attacked and "
        "counted together.",
    ),
    "quasi_identifier": Term(
        word="Known to others",
        meaning="A column that does not name anybody but that others may know of a person, such as age or town. "
        "Several together often fit one person only.",
        also=("quasi-identifier",),
    ),
    "recipe": Term(
        word="Recipe",
        meaning="One or several techniques applied one after the other. With one value for each of its dials it is a "
        "setting.",
        also=("setting", "stack"),
    ),
    "reference": Term(
        word="Reference",
        meaning="The number in brackets: what guessing, or a model that knows nothing, reaches. A number says little "
        "without it.",
    ),
    "release": Term(
        word="Release",
        meaning="Exactly what leaves the room: protected rows, a trained model, or both. Only this is attacked.",
    ),
    "replicate": Term(
        word="Random half",
        meaning="One run of a setting on a random half of the people; the other half are the controls. Numbers are "
        "averages over all runs.",
        also=("replicate", "run"),
    ),
    "requirement": Term(
        word="Requirement",
        meaning="A limit that somebody sets: accuracy at least, or a risk at most. It has an owner.",
        also=("limit",),
    ),
    "seed": Term(
        word="Seed",
        meaning="The number that fixes what is drawn at random. The same seed and table give the same numbers.",
    ),
    "sensitive": Term(
        word="Secret",
        meaning="A column whose value should not become known of a person, such as a diagnosis or an income.",
        also=("sensitive attribute",),
    ),
    "suppression": Term(
        word="Rows left out",
        meaning="Rows that a technique removes because the people in them stand out too much. They are nobody's risk "
        "and nobody's use.",
        also=("suppression",),
    ),
    "synthetic": Term(
        word="Invented rows",
        meaning="Rows drawn from what was learned of the table, so that none belongs to a person. They can still give "
        "away people who stand out.",
        also=("synthetic data",),
    ),
    "t_closeness": Term(
        word="t-closeness",
        meaning="Among people who look alike the secrets are spread nearly as in the whole table; t says how far they "
        "may be from it.",
    ),
    "target": Term(word="To predict", meaning="The column that the model learns to predict.", also=("target",)),
    "unproven": Term(
        word="Not proven",
        meaning="The interval reaches over the limit, so it is neither met nor missed. More runs may settle it.",
        also=("unproven",),
    ),
    "who_pays": Term(
        word="Who pays",
        meaning="The groups of people for whom a setting costs most accuracy or leaves most risk. An average can hide "
        "them.",
        also=("weakest group",),
    ),
}

GLOSSARY: dict[str, Term] = {
    **_OWN,
    **{
        key: Term(word=f"{words.title} risk", meaning=f"The attacker asks: {words.question} {words.interpretation}")
        for key, words in THREAT_WORDS.items()
    },
}
"""Key -> term. What a risk is called and how it is read comes from `core.attacks.words`."""


def told(key: str) -> str:
    """Return the meaning of a term, for the tooltip where a page uses it.

    Examples
    --------
    >>> told("k")
    'The fewest people who share one combination of the columns that others may know. With k = 1 somebody is alone with theirs.'
    """  # noqa: E501 - one line is what is told
    return GLOSSARY[key].meaning


def look_up(words: str = "") -> list[Term]:
    """Return the terms that hold every word, by the alphabet.

    Examples
    --------
    >>> [term.word for term in look_up("quasi-identifier")]
    ['Known to others']
    """
    return sorted((term for term in GLOSSARY.values() if term.about(words)), key=lambda term: term.word.casefold())
