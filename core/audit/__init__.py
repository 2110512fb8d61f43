"""Audits: does the code deliver the privacy that it claims? Runs mechanisms on neighbours and bets against them."""
