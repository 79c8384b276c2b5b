"""One thread for each product of matrices: a sandbox has one processor, and threads that wait for each other spin.

Set here because the library reads it when numpy is first imported, which the handler does.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
