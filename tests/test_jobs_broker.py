"""The queue in a folder: a message is there whole, or not at all."""

from __future__ import annotations

from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection
from kombu.exceptions import ChannelError

from supervision.jobs import broker

URL = "files://"


@pytest.fixture
def channel(tmp_path):
    folders = {name: str(tmp_path / name) for name in ("in", "processed", "control")}
    for folder in folders.values():
        (tmp_path / folder).mkdir()
    options = {
        "data_folder_in": folders["in"],
        "data_folder_out": folders["in"],
        "processed_folder": folders["processed"],
        "control_folder": folders["control"],
    }
    with Connection(URL, transport_options=options) as connection:
        yield connection.channel()


def files(channel) -> list[str]:
    return [path.name for path in broker.Path(channel.data_folder_in).iterdir()]


def test_it_is_the_queue_of_a_portal_without_redis():
    assert settings.REDIS_URL or settings.CELERY_BROKER_URL == URL


def test_what_is_being_written_is_not_there_yet(channel, monkeypatch):
    write, seen = broker.Path.write_text, []

    def slowly(path, text, **options):
        write(path, text[:5], **options)
        with pytest.raises(Empty):
            channel._get("celery")
        seen.append(path)
        return write(path, text, **options)

    monkeypatch.setattr(broker.Path, "write_text", slowly)
    channel._put("celery", {"body": "一"})
    assert seen and channel._get("celery") == {"body": "一"} and files(channel) == []


def test_what_cannot_be_written_leaves_nothing(channel, monkeypatch):
    def full(path, text, **options):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(broker.Path, "write_text", full)
    with pytest.raises(ChannelError):
        channel._put("celery", {"body": "一"})
    assert files(channel) == []


def test_a_torn_message_does_not_end_the_worker(channel):
    (broker.Path(channel.data_folder_in) / "1_torn.celery.msg").touch()
    channel._put("celery", {"body": "后一条"})
    assert channel._get("celery") == {"body": "后一条"}
    with pytest.raises(Empty):
        channel._get("celery")


def test_queues_are_apart(channel):
    channel._put("celery", {"body": "一"})
    with pytest.raises(Empty):
        channel._get("other")
    assert channel._get("celery") == {"body": "一"}
