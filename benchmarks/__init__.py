"""Commands that measure; `python -m benchmarks --help`. Nothing here is a test and no test is timed."""
