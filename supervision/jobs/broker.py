"""The queue of a portal without Redis: messages as files in a folder, as Kombu keeps them, each of them whole.

Kombu opens a message's file under its final name and writes into it afterwards. A worker that looks between the two
takes an empty message: it cannot read it, ends, and the message is gone. Here a message comes under another name
and gets its own once it is complete.
"""

from __future__ import annotations

import logging
import os
import uuid
from pathlib import Path
from time import monotonic

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Kombu's channel over folders, without half-written messages."""

    def _put(self, queue: str, payload: dict, **kwargs) -> None:
        """Put a message on a queue. Raises ChannelError when it cannot be written; nothing is left behind then."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}"
        folder = Path(self.data_folder_out)
        coming = folder / f"{name}.coming"
        try:
            coming.write_text(dumps(payload), encoding="utf-8")
            os.replace(coming, folder / f"{name}.{queue}.msg")
        except OSError as error:
            coming.unlink(missing_ok=True)
            raise ChannelError(f"cannot put a message into {folder}") from error

    def _get(self, queue: str) -> dict:
        """The next message of a queue; Empty when there is none. One that a power failure left torn is dropped:
        whatever it was about stands in the database, and the sweep sends it again."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("a message of %s was torn and is dropped", queue)


class Transport(filesystem.Transport):
    Channel = Channel
