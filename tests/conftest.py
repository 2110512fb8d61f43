"""One thread everywhere: sums do not depend on the machine, and small fits do not fight over its processors."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
