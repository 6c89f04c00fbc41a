"""One class per card application, each on top of any `Connection`."""
