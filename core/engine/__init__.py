"""Where the work runs: local worker processes, with fair turns between sweeps."""
