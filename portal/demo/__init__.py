"""The cast and the city of the demo: fictitious people (架空) for demo, tests, pictures and docs."""
