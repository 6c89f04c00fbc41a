"""The floor every room stands on: no flask, no room, no setting is imported here."""
