"""The only Celery configuration. Each value that differs from Celery's default has its reason beside it."""

from kombu import Exchange, Queue

from qcjob.devices.config import load_devices
from qcjob.settings import read_settings

_settings = read_settings()
_devices = load_devices(_settings.devices)

broker_url = _settings.celery_broker_url
result_backend = _settings.celery_result_backend
# A lost wake-up is replaced, so nothing is noted or acknowledged: two round trips fewer for each job.
task_queues = tuple(Queue(name, Exchange(""), routing_key=name, no_ack=True) for name in _devices.all)
task_default_queue = task_default_routing_key = _devices.default
task_default_exchange = ""
task_create_missing_queues = False  # `-Q` with a name that is no device is an error, not a new queue

# A wake-up stays in the queue until a slot is free: rank is decided when the job is claimed, not before.
worker_prefetch_multiplier = 1
worker_disable_prefetch = True
worker_enable_prefetch_count_reduction = False
worker_cancel_long_running_tasks_on_connection_loss = False  # a job outlives an outage of Redis
task_acks_late = False
task_track_started = False  # the task writes RUNNING itself, with the device's handle
task_ignore_result = False
result_expires = None  # the ledger has its own retention
result_backend_always_retry = True
result_cache_max = -1  # a job changes; never answer from memory

task_serializer = result_serializer = "json"
accept_content = ["json"]
worker_hijack_root_logger = False  # logs are qcjob.logs'
worker_redirect_stdouts = False
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # Redis may be away for hours

# kombu's and Celery's own clients fail soon and are checked, so that a half-open connection is found.
_client = {"socket_timeout": 5.0, "socket_connect_timeout": 1.0, "health_check_interval": 10}
# A worker waits for wake-ups on one connection, and tells its events on another, in the same thread: one that leads
# nowhere is given up soon, or the worker would be deaf for as long (20 s with Celery's usual values). kombu looks once
# in a health_check_interval whether an answer is overdue, which it is that long after the second it may take.
_broker = {"socket_timeout": 1.8, "health_check_interval": 1, "socket_keepalive": not _settings.redis_is_local}
broker_transport_options = {**_client, **_broker}
redis_socket_timeout = _client["socket_timeout"]
redis_socket_connect_timeout = _client["socket_connect_timeout"]
redis_backend_health_check_interval = _client["health_check_interval"]
redis_socket_keepalive = not _settings.redis_is_local
