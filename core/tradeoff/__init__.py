"""Recipes, replicates, points, frontier and requirements."""
