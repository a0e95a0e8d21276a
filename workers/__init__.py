"""The device drivers' side: Celery workers that claim jobs, run them on their device, and finish them."""
