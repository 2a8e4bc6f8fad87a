"""Speed, side by side with the official package, in one run on one machine: ``python -m tests.benchmarks``."""
