"""Utility: the metrics table. One line per metric."""
