"""Tables of the literature with known k, l and t, and a short way to write such tables down."""

from __future__ import annotations

import pandas as pd

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table

ROLES = {"q": Role.QUASI_IDENTIFIER, "s": Role.SENSITIVE, "f": Role.FEATURE}


def build(
    data: dict,
    roles: str,
    person: str | None = None,
    dates: tuple[str, ...] = (),
    hierarchies: dict[str, Hierarchy] | None = None,
) -> Table:
    """Build a table: one letter of `roles` per column; numbers are numeric, everything else categorical."""
    frame, columns = pd.DataFrame(data), []
    for name, letter in zip(frame.columns, roles, strict=True):
        kind = Kind.NUMERIC if frame[name].dtype.kind in "if" else Kind.DATE if name in dates else Kind.CATEGORICAL
        found = (hierarchies or {}).get(name)
        columns.append(Column(name=name, kind=kind, role=ROLES[letter], hierarchy=found))
    return Table.build(frame, Schema(tuple(columns), person))


# Sweeney 2002, figure 2.
SWEENEY = build(
    {
        "race": ["Black"] * 6 + ["White"] * 5,
        "birth": [1965] * 4 + [1964] * 5 + [1967] * 2,
        "sex": list("mmffff") + ["m"] * 5,
        "zip": ["0214*"] * 2 + ["0213*"] * 9,
        "problem": [
            *("short breath", "chest pain", "hypertension", "hypertension", "obesity", "chest pain"),
            *("chest pain", "obesity", "short breath", "chest pain", "chest pain"),
        ],
    },
    "qqqqs",
)
CONDITIONS = ["heart", "heart", "viral", "viral", "cancer", "heart", "viral", "viral"] + ["cancer"] * 4
# Machanavajjhala et al. 2007: the inpatient table, 4-anonymous and 3-diverse.
FOUR_ANONYMOUS = build(
    {
        "zip": ["130**"] * 4 + ["1485*"] * 4 + ["130**"] * 4,
        "age": ["<30"] * 4 + [">=40"] * 4 + ["3*"] * 4,
        "condition": CONDITIONS,
    },
    "qqs",
)
THREE_DIVERSE = build(
    {
        "zip": ["1305*", "1306*", "1306*", "1305*"] + ["1485*"] * 4 + ["1305*", "1305*", "1306*", "1306*"],
        "age": ["<=40"] * 4 + [">40"] * 4 + ["<=40"] * 4,
        "condition": CONDITIONS,
    },
    "qqs",
)
# Li, Li, Venkatasubramanian 2007: salary and disease.
SALARY = [3.0, 4, 5, 6, 11, 8, 7, 9, 10]
DISEASE = [
    *("gastric ulcer", "gastritis", "stomach cancer", "gastritis", "flu", "bronchitis"),
    *("bronchitis", "pneumonia", "stomach cancer"),
]
ILLNESSES = Hierarchy(  # figure 2 of the paper
    kind="levels",
    rows=(
        ("flu", "respiratory infection", "respiratory"),
        ("pneumonia", "respiratory infection", "respiratory"),
        ("bronchitis", "respiratory infection", "respiratory"),
        ("gastric ulcer", "stomach disease", "digestive"),
        ("stomach cancer", "stomach disease", "digestive"),
        ("gastritis", "stomach disease", "digestive"),
    ),
)
BY_AGE = build(
    {"zip": ["476**"] * 3 + ["4790*"] * 3 + ["476**"] * 3, "age": ["2*"] * 3 + [">=40"] * 3 + ["3*"] * 3}
    | {"salary": SALARY, "disease": DISEASE},
    "qqss",
    hierarchies={"disease": ILLNESSES},
)
BY_ZIP = build(
    {"zip": ["4767*", "4760*", "4767*", "4790*", "4790*", "4790*", "4760*", "4767*", "4760*"]}
    | {"salary": SALARY, "disease": DISEASE},
    "qss",
    hierarchies={"disease": ILLNESSES},
)

# The same inpatients before anything was done (nationality, which every published table suppresses, left out).
INPATIENTS = build(
    {
        "zip": [
            "13053",
            "13068",
            "13068",
            "13053",
            "14853",
            "14853",
            "14850",
            "14850",
            "13053",
            "13053",
            "13068",
            "13068",
        ],
        "age": [28, 29, 21, 23, 50, 55, 47, 49, 31, 37, 36, 35],
        "condition": CONDITIONS,
    },
    "qqs",
    hierarchies={"zip": Hierarchy(kind="prefix")},
)
SALARIES = build(
    {
        "zip": ["47677", "47602", "47678", "47905", "47909", "47906", "47605", "47673", "47607"],
        "age": [29, 22, 27, 43, 52, 47, 30, 36, 32],
        "salary": SALARY,
        "disease": DISEASE,
    },
    "qqss",
    hierarchies={"zip": Hierarchy(kind="prefix"), "disease": ILLNESSES},
)
