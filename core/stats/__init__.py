"""Intervals, ranks and power; numpy and scipy.special only, so that the page's process stays light."""
