"""The hall between the rooms and the outside: sessions, access, languages, errors, look."""
