"""Names of people and dates of birth, told by the cells alone where a column's name says nothing.

Both are likely, never certain: a name from a country that the list below does not know is not found.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from core.data.prepare import full
from core.data.table import Labels

_NAME_WORD = r"[^\W\d_][^\W\d_'’.\-]*(?:['’\-][^\W\d_]+)*\.?"
NAME = rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{0,4}}"
"""The shape of a person's name, for columns whose name says that they hold names."""

_CAPITAL = r"(?:[^\W\d_a-zß-ÿ][^\W\d_]*(?:['’\-][^\W\d_]+)*|[^\W\d_a-zß-ÿ]\.)"
_SMALL = r"(?:de|da|di|do|dos|van|von|der|den|la|le|el|al|bin|y|e|zu|del|du)"
_TITLES = r"^(?:(?:Dr|Prof|Mr|Mrs|Ms|Miss|Sir|Herr|Frau|Mme|Mlle|Sr|Sra|Srta|Sig)\.? )+"
_FULL_NAME = rf"{_CAPITAL}(?:,? (?:{_SMALL} ){{0,2}}{_CAPITAL}){{1,3}}"

KNOWN = 0.2
"""Least share of the shaped cells whose first name is in the list below, for a column to be names."""

SPREAD = 30.0
"""Years between the 5th and the 95th percentile from which dates may be dates of birth."""

DISTINCT = 20
"""Fewest different cells for names or birth dates to be told by the cells."""

_NAMES = """
james michael robert john david william richard joseph thomas christopher charles daniel matthew anthony mark donald
steven andrew paul joshua kenneth kevin brian timothy ronald jason george edward jeffrey ryan jacob nicholas gary eric
jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick frank raymond jack dennis jerry
tyler aaron jose adam nathan henry zachary douglas peter kyle noah ethan jeremy christian walter keith austin roger
terry sean gerald carl dylan harold jordan jesse bryan lawrence arthur gabriel bruce logan billy joe alan juan elijah
willie albert wayne randy mason vincent liam roy bobby caleb bradley russell lucas
mary patricia jennifer linda elizabeth barbara susan jessica karen sarah lisa nancy sandra ashley emily kimberly betty
margaret donna michelle carol amanda melissa deborah stephanie rebecca sharon laura cynthia amy kathleen angela dorothy
shirley emma brenda nicole pamela samantha anna katherine christine debra rachel olivia carolyn maria janet heather
diane catherine julie victoria helen joyce lauren kelly christina joan judith ruth hannah evelyn andrea virginia megan
cheryl jacqueline madison sophia abigail teresa isabella sara janice martha gloria kathryn ann charlotte judy amber
julia grace denise danielle natalie alice marilyn diana beverly jean brittany theresa frances kayla alexis tiffany
lori kathy jane
hans klaus wolfgang jurgen andreas stefan markus uwe bernd dieter horst gunter heinz werner manfred jens sven ingrid
monika petra sabine ursula renate helga claudia susanne katrin anja heike birgit lukas leon felix maximilian
pierre michel philippe alain bernard andre jacques christophe nicolas francois louis henri marie nathalie isabelle
sylvie monique francoise martine camille manon chloe lea jeanne
antonio manuel francisco javier carlos jesus miguel angel rafael pedro luis jorge fernando sergio pablo carmen josefa
isabel ana dolores pilar mercedes rosa lucia marta elena cristina raquel
giuseppe giovanni luigi mario franco angelo marco luca alessandro francesco giulia chiara francesca giovanna paola
jan piotr krzysztof andrzej tomasz pawel agnieszka katarzyna malgorzata joanna lars erik anders johan per nils karin
johannes pieter willem joao paulo
mohammed muhammad mohamed ahmed ali hassan hussein omar ibrahim mustafa fatima aisha mehmet ayse emre
amit rahul raj sanjay vijay anil sunil rajesh priya anita sunita pooja deepak wei ming li hiroshi takashi yuki
ivan sergey dmitry alexey olga natalia tatiana svetlana anastasia
"""
FIRST_NAMES = frozenset(_NAMES.split())
"""First names, accents folded: the 200 of the US Social Security Administration's list of the last hundred years
("Top names over the last 100 years", ssa.gov, a work of the US government), then common ones of other countries,
picked by hand."""

_FOLD = str.maketrans("áàâäãåéèêëíìîïóòôöõøúùûüñçýß", "aaaaaaeeeeiiiioooooouuuuncys")


def full_names(texts: pd.Series[Any]) -> tuple[Labels, Labels]:
    """Say which texts are two to four words as a person's name has them, and in which of these the first is known.

    A comma turns the order around ("Lovelace, Ada").

    >>> shaped, known = full_names(pd.Series(["Ann Lee", "Lovelace, John", "Garden Chair", "ann lee"]))
    >>> shaped.tolist(), known.tolist()
    ([True, True, True, False], [True, True, False, False])
    """
    bare = texts.str.replace(_TITLES, "", regex=True)
    shaped = full(bare, _FULL_NAME)
    known = np.zeros(len(texts), dtype=bool)
    for place in np.flatnonzero(shaped):
        family, _, first = str(bare.iloc[place]).partition(", ")
        known[place] = _known(first or family)
    return shaped, known


def first_names(texts: pd.Series[Any]) -> Labels:
    """Say which texts are one word that is a known first name.

    >>> first_names(pd.Series(["Emily", "JOSÉ", "Table", "Emily Smith"])).tolist()
    [True, True, False, False]
    """
    return np.fromiter((" " not in text and _known(text) for text in texts), dtype=bool, count=len(texts))


def _known(text: str) -> bool:
    return re.split(r"[ '’\-]", text, maxsplit=1)[0].lower().translate(_FOLD) in FIRST_NAMES


def years_spread(moments: Labels, weights: Labels) -> float:
    """Return the years between the 5th and the 95th percentile of dates of a day; 0 when they cannot be births.

    They cannot be when they carry times of day, all fall on the first of a month, or lie outside 1900 to 2100.

    Parameters
    ----------
    moments : datetime64 array
        Different values, none missing.
    weights : integer array
        In how many cells each stands.
    """
    seconds = moments.astype("datetime64[s]")
    days = seconds.astype("datetime64[D]")
    if len(days) < DISTINCT or np.any(seconds != days):
        return 0.0
    first = days == days.astype("datetime64[M]").astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    if first.all() or years.min() < 1900 or years.max() > 2100:
        return 0.0
    order = np.argsort(days)
    share = np.cumsum(weights[order]) / weights.sum()
    ends = days[order][np.searchsorted(share, (0.05, 0.95))].astype(np.int64)
    return float(ends[1] - ends[0]) / 365.25
