"""Re-audit: a recorded decision measured again on new rows, and whether it still holds."""
