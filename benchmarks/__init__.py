"""What is measured, and against what. ``python -m benchmarks`` runs everything; ``python -m benchmarks training`` one of them.

Every benchmark is a module with a ``main()`` that prints its table: medians of alternating runs, on this machine, in this run.
"""
