"""申請 applications of companies, where they touch what bodies know: what a form begins with, what an approval changes.

The form, the case and its pages are those of `applications`. Doors: `service`. No tables.
"""
