"""The team: who may do what in a workspace, what they said and decided, kept as events that nobody can edit."""
