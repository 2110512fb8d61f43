"""One thread everywhere: sums do not depend on the machine, and small fits do not fight over its processors."""

import gc
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

gc.disable()  # until the tests are collected: nothing of them is garbage

from hypothesis import settings  # noqa: E402 - the limits above come before anything that brings in numpy

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
# The same examples on every run, so that a red run is about the change at hand; `explore` looks for new ones.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_finish(session):
    """Keep what was collected out of every later garbage collection: it is 8,000 tests and stays to the end."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
