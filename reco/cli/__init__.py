"""The `reco` command.

Whatever computes does so in workers of its own (`reco.models.als_crew`): BLAS must not start threads beside them. It
reads this when numpy is first imported.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
