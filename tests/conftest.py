"""One thread everywhere: sums do not depend on the machine, and small fits do not fight over its processors."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from hypothesis import settings  # noqa: E402 - the limits above come before anything that brings in numpy

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
# The same examples on every run, so that a red run is about the change at hand; `explore` looks for new ones.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
