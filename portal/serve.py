"""What the server loads: the application, made once per process."""

from portal.app import create_app
from portal.core import journal

journal.set_up()
app = create_app()
