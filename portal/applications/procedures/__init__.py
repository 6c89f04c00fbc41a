"""The catalogue of procedures: JSON files a city edits, checked when loaded, one version a file (README.md).

To change a procedure, copy its file to `<name>.v<old version>.json`, edit the original and raise its
`version`: cases already begun keep the form they began with.
"""
