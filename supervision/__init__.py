"""The supervision portal. Importing the Celery app here makes @shared_task find it."""

from .celery import app as celery_app

__all__ = ["celery_app"]
