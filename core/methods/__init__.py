"""What stands behind the numbers, in words: methods out of their docstrings, a glossary, the table of attackers."""
