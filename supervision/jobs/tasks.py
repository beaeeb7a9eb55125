"""The Celery side of the room: one task runs every kind of job. Ids in, a service call, nothing else."""

from celery import shared_task

from . import services


@shared_task(name="supervision.jobs.tasks.run_job")
def run_job(job_id: int) -> None:
    """Run the JobRun with this id; a second delivery does nothing."""
    services.execute(job_id)


@shared_task(name="supervision.jobs.tasks.sweep")
def sweep() -> None:
    """Pick up interrupted and forgotten runs."""
    services.sweep()


@shared_task(name="supervision.jobs.tasks.start_scheduled")
def start_scheduled(kind: str) -> None:
    """Start today's run of a scheduled kind, once however many schedulers ask."""
    services.start_daily(kind)
