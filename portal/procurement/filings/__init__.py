"""申請 applications of companies, as far as they touch what bodies know: what a form begins with, and what an approval changes.

The form, the case and its pages are those of `applications`. Doors: `service`. No tables.
"""
