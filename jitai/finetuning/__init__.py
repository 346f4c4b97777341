"""Training a judge of our own; needs requirements-train.txt, and is needed by nothing else."""
