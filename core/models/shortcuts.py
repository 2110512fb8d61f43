"""What shortcuts share: which members were trained on as the attacker knows them."""

from __future__ import annotations

import numpy as np

from core.data.table import Labels


def trained_as_known(features: Labels, target: Labels, trained: Labels, codes: Labels, place: Labels) -> Labels:
    """Return for each row whether its training row, if it has one, says the same; shape (rows,), boolean.

    A step that writes members otherwise than it recodes people from outside leaves rows whose leaving-out cannot be
    computed from what is known of the person.

    Parameters
    ----------
    features, target : arrays, shape (rows, columns) and (rows,)
        The rows as the attacker knows them.
    trained, codes : arrays, shape (training rows, columns) and (training rows,)
    place : integer array, shape (rows,)
        Position in training, -1 for other rows.

    Examples
    --------
    >>> known, trained = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [9.0]])
    >>> trained_as_known(known, np.zeros(3), trained, np.zeros(2), np.array([-1, 0, 1])).tolist()
    [True, True, False]
    """
    # One sum per row instead of every cell; two different rows with one sum would need weights made for them.
    weights = np.cos(np.arange(1.0, features.shape[1] + 1))
    known, written = features @ weights, trained @ weights
    found = np.ones(len(place), np.bool_)
    inside = np.flatnonzero(place >= 0)
    spots = place[inside]
    close = np.abs(known[inside] - written[spots]) <= 1e-9 * (1 + np.abs(known[inside]))
    found[inside] = close & (target[inside] == codes[spots])
    return found
