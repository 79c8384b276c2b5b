"""The whole stack in one process, on moto.

One thread for each product of matrices, as in the runtime's sandbox: handlers share this process's two cores with
everything else, and threads that wait for each other spin. The library reads this when numpy is first imported.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
