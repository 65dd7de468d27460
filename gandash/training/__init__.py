"""Training: the two-player step (loop), what a run can be resumed from (state), and the process that plays (``__main__``)."""
