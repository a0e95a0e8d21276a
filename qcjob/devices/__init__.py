"""Devices: the driver interface, and which devices there are. Drivers themselves live in `workers/drivers/`."""
