"""What each risk is called and how it is said: one source for page, report and listings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Words:
    """One risk in plain words.

    Parameters
    ----------
    title : str
    question : str
        What the attacker wants to know.
    sentence : str
        The measurement as a sentence; `{members}` and `{controls}` are counts out of 1,000 people, `{extra}` is their
        difference in words, `{known}` what the attacker knows.
    description : str
        What is done to measure it.
    interpretation : str
        How to read a low and a high number.
    caveat : str
        What the number does not say.
    """

    title: str
    question: str
    sentence: str
    description: str
    interpretation: str
    caveat: str

    def to_json(self) -> dict[str, Any]:
        """Return the words as JSON."""
        return dict(vars(self))


THREAT_WORDS: dict[str, Words] = {
    "membership": Words(
        title="Membership",
        question="Was this person's row used to train the model?",
        sentence="Of 1,000 people whose rows trained the model, an attacker who asks it about each of them says so of "
        "{members}; of 1,000 people whose rows did not, of {controls}: {extra}.",
        description="Several attacks look at how sure the model is of each person; the strongest is chosen on one half "
        "of the people and judged on the other.",
        interpretation="0 means that the attacker does as well on people who were never in the data. 1,000 of 1,000 "
        "would mean that the model tells of everybody whether they were in.",
        caveat="An average: single people can stand out far more, see 'who pays'. A stronger attack may be found one "
        "day; what is proved holds against every attack.",
    ),
    "presence": Words(
        title="Presence",
        question="Is this person among the released rows?",
        sentence="Of 1,000 people in the data, an attacker who knows their whole row finds {members} in the released "
        "rows; of 1,000 who are not, they believe so of {controls}: {extra}.",
        description="Each person's row is compared with the released rows and with a sample of the population: nearer "
        "or denser among the released ones speaks for being in.",
        interpretation="0 means that released rows look no more like the people in them than like anybody else.",
        caveat="The attacker is given the whole row. Closeness to rows of the population is taken out; closeness alone "
        "would be no attack.",
    ),
    "singling_out": Words(
        title="Singling out",
        question="Which description fits exactly one person?",
        sentence="Of 1,000 descriptions made from the released rows, {members} fit exactly one person in the data, and "
        "{controls} exactly one in an equally large group outside it: {extra}.",
        description="Descriptions by one column and by several, over what the attacker knows, are built from the "
        "released rows alone and then tried on people who were in the data and on as many who were not.",
        interpretation="0 means that descriptions single out people outside the data just as often: any narrow enough "
        "description fits one person somewhere.",
        caveat="No proved bound covers it: a description that fits one person in the data says nothing wrong about "
        "chance, only this difference does.",
    ),
    "linkability": Words(
        title="Linkability",
        question="Do these two pieces belong to one person?",
        sentence="Of 1,000 people in the data, an attacker who holds {known} in two separate lists links {members} "
        "through the released rows; of 1,000 who are not in it, {controls}: {extra}.",
        description="The released rows nearest to each half of a person's columns are looked up; the halves are linked "
        "when both lists share a row.",
        interpretation="0 means that the release helps to join two lists no more for the people in it than for others.",
        caveat="Depends on which columns each list has; change them where the attacker is described.",
    ),
    "attribute_inference": Words(
        title="Attribute inference",
        question="What is this person's sensitive value?",
        sentence="Of 1,000 people in the data, an attacker who knows {known} guesses the hidden value of {members} "
        "right; of 1,000 who are not in it, of {controls}: {extra}.",
        description="The hidden value is guessed from what is known: from the nearest released rows and by a model "
        "trained on them. Every sensitive column is tried, and rare values are also counted apart.",
        interpretation="0 means that the guess works as well for people who are not in the data: it follows from what "
        "is true of everybody, not from their row.",
        caveat="What can be concluded about everybody alike is no risk of taking part, and is not counted here; it may "
        "still harm people. The reference says how far a guess without the release gets.",
    ),
    "reidentification": Words(
        title="Re-identification",
        question="Which released row is this person's?",
        sentence="Of 1,000 people in the data, an attacker who knows {known} and picks one of the rows that fit picks "
        "the right one for {members}.",
        description="The released rows that fit what is known of a person form a crowd; of a crowd of f people the "
        "right one is picked 1 time in f. People whose rows were left out are never found.",
        interpretation="0 would be nobody; k-anonymity keeps it at or below 1 in k. People who are not in the data "
        "cannot be found, so there is no control.",
        caveat="Holds for exactly these known columns and for one release. Whoever knows more finds more.",
    ),
}


def say(threat: str, risk: dict[str, Any], known: tuple[str, ...]) -> str | None:
    """Return a measured risk as a sentence of counts out of 1,000; None when there is no number.

    >>> say("singling_out", {"status": "measured", "value": .012, "success_members": .02, "success_controls": .008},
    ...     ())[:64]
    'Of 1,000 descriptions made from the released rows, 20 fit exactl'
    """
    members, controls = risk.get("success_members"), risk.get("success_controls")
    if threat not in THREAT_WORDS or risk.get("status") != "measured" or members is None:
        return None
    inside, outside = round(1000 * members), round(1000 * (controls or 0.0))
    # The difference of the two counts shown, so that the reader's own subtraction agrees.
    extra = inside - outside
    if extra > 0:
        more = f"{extra} more because their data were used"
    else:
        more = f"{-extra} fewer, so nothing was gained" if extra else "no more, so nothing was gained"
    names = ", ".join(known[:-1]) + (" and " if len(known) > 1 else "") + known[-1] if known else "nothing"
    return THREAT_WORDS[threat].sentence.format(members=f"{inside:,}", controls=f"{outside:,}", extra=more, known=names)
