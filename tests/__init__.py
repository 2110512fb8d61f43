"""The tests; helpers for them are in tables.py and result_example.py."""
