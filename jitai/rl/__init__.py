"""Training policies by reinforcement learning on simulated participants; torch is loaded on use only."""
