"""A thread that works beside the storm until it is told that the storm is over."""

from __future__ import annotations

import threading


class Background:
    """`work` in a thread of its own, from `start` on. It ends soon after `_over` is set, all that it did undone.

    `failure` is what ended it before its time.
    """

    def __init__(self, name: str) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._guarded, name=name)
        self.failure: BaseException | None = None

    def work(self) -> None:
        """What it does."""
        raise NotImplementedError

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def stop(self) -> None:
        """Do no more; `is_over` once all is undone."""
        self._over.set()

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether nothing will be done any more, and all is undone."""
        return not self._thread.is_alive()

    def _guarded(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.failure = error
