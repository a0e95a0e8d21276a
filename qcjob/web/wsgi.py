"""What a WSGI server is given: `granian --interface wsgi qcjob.web.wsgi:app`."""

from __future__ import annotations

import gc
import sys

from qcjob.logs import configure
from qcjob.security.customers import CUSTOMERS_CHANGED
from qcjob.security.keys import KEYS_CHANGED
from qcjob.settings import read_settings
from qcjob.web.app import create_app
from qcjob.web.front import front_of

# One thread that reads a long program must not hold up the others: they get their turn after half a millisecond instead
# of 5, and the collector seldom walks over the hundred thousand places of such a program.
sys.setswitchinterval(0.0005)
gc.set_threshold(700, 10, 100)

_settings = read_settings()
configure(service="web", level=_settings.log_level, form=_settings.log_format)
app = create_app(_settings)
_front = front_of(app)
_front.changes.listen(KEYS_CHANGED, _front.keys.forget)
_front.changes.listen(CUSTOMERS_CHANGED, _front.service.customers.forget)
gc.freeze()  # what is there now stays
