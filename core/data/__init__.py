"""Tables, schemas, hierarchies, reading files, splitting."""
