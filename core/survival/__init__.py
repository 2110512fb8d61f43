"""Survival: whether a choice stays first when what people might argue about is varied."""
