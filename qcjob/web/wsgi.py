"""What a WSGI server is given: `granian --interface wsgi qcjob.web.wsgi:app`."""

from __future__ import annotations

from qcjob.logs import configure
from qcjob.security.keys import KEYS_CHANGED
from qcjob.settings import read_settings
from qcjob.web.app import create_app
from qcjob.web.front import front_of

_settings = read_settings()
configure(service="web", level=_settings.log_level, form=_settings.log_format)
app = create_app(_settings)
_front = front_of(app)
_front.changes.listen(KEYS_CHANGED, _front.keys.forget)
