"""The ready tables in `sample_data/`: where they are, what they are, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from core.data.schema import Kind, Schema
from core.data.table import Table
from core.errors import UserError

SAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
"""The folder of the ready tables, wherever the program is started from."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One ready table with everything that belongs to it.

    Parameters
    ----------
    key : str
        Stable name, for URLs and the command line.
    title : str
        Name for people.
    sentence : str
        What the table is, in one sentence, for somebody who sees it for the first time.
    table, schema, study : Path
        The rows (CSV), the schema (JSON) and the full study (TOML).
    quick_study : Path, optional
        A smaller study of the same table that answers in seconds.
    """

    key: str
    title: str
    sentence: str
    table: Path
    schema: Path
    study: Path
    quick_study: Path | None = None


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "adult": Sample(
            key="adult",
            title="Adult census income",
            sentence="45,222 adults from the 1994 United States census survey: does somebody earn more than $50,000?",
            table=SAMPLE_FOLDER / "adult.csv",
            schema=SAMPLE_FOLDER / "adult.schema.json",
            study=SAMPLE_FOLDER / "adult.toml",
            quick_study=SAMPLE_FOLDER / "adult-quick.toml",
        ),
        "clinic": Sample(
            key="clinic",
            title="Clinic",
            sentence="6,000 invented patients of five hospitals: is somebody admitted again within 90 days?",
            table=SAMPLE_FOLDER / "clinic.csv",
            schema=SAMPLE_FOLDER / "clinic.schema.json",
            study=SAMPLE_FOLDER / "clinic.toml",
        ),
    }
)
"""Key -> sample, in the order in which they are offered."""


def load_sample(key: str) -> Table:
    """Return a ready table.

    Only empty cells are missing, and codes stay text, so zip codes keep their leading zeros.

    Parameters
    ----------
    key : str
        A key of `SAMPLES`.

    Raises
    ------
    UserError
        When there is no sample of this key; the message lists those that exist.

    Examples
    --------
    >>> clinic = load_sample("clinic")
    >>> clinic.people
    6000
    >>> clinic.frame["zip"].cat.categories[0]
    '00101'
    """
    if key not in SAMPLES:
        raise UserError(f"the sample must be one of {', '.join(SAMPLES)}", got=repr(key), do="Choose one of these.")
    sample = SAMPLES[key]
    schema = Schema.load(sample.schema)
    kinds = {column.name: "float64" if column.kind is Kind.NUMERIC else "object" for column in schema.columns}
    raw = pd.read_csv(sample.table, dtype=kinds, keep_default_na=False, na_values=[""])
    return Table.build(raw, schema)
