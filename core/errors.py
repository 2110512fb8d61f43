"""The one kind of error that a person caused and can mend."""

from __future__ import annotations


class UserError(Exception):
    """A problem in what somebody gave us: says what, what was got, what to do.

    Anything else that is raised is a bug of ours and stays loud.

    Parameters
    ----------
    what : str
        The rule that was broken, one clause.
    got : str
        What was found instead. Never a cell of the table: column names, counts and line numbers only.
    do : str
        What the reader can do about it.

    Examples
    --------
    >>> str(UserError("k must be at least 2 records", got="1", do="Raise k, or choose 'No protection'."))
    "k must be at least 2 records, got 1. Raise k, or choose 'No protection'."
    """

    def __init__(self, what: str, *, got: str, do: str) -> None:
        self.what, self.got, self.do = what, got, do
        super().__init__(f"{what}, got {got}. {do}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip back from a worker process (keyword arguments do not by default)."""
        return (_rebuild, (self.what, self.got, self.do))


def _rebuild(what: str, got: str, do: str) -> UserError:
    return UserError(what, got=got, do=do)
