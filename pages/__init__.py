"""The dashboard's pages: thin scripts, one question each."""
