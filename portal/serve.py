"""What the server loads: the application, made once per process."""

import gc

from portal.app import create_app
from portal.core import journal

journal.set_up()
app = create_app()
# What was loaded stays: the collector looking it through again held up whoever asked just then by 0.2 s.
gc.collect()
gc.freeze()
