"""The Celery application: which broker, and what runs at which hour."""

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")

TRANSPORT_ALIASES["files"] = "supervision.jobs.broker:Transport"

app = Celery("supervision")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Hours are Asia/Shanghai. The schedule is code: what runs when is reviewed like anything else.
app.conf.beat_schedule = {
    # Expires with the next one, so that sweeps do not pile up behind long jobs.
    "requeue-stale-jobs": {
        "task": "supervision.jobs.tasks.sweep",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    # The clocks of incident reports run in minutes.
    "watch-clocks": {
        "task": "safety.tasks.watch_clocks",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    **{
        f"daily-{kind}": {
            "task": "supervision.jobs.tasks.start_scheduled",
            "schedule": crontab(hour=hour, minute=minute),
            "args": (kind,),
        }
        for kind, hour, minute in (
            ("seal_history", 0, 20),
            ("assessments", 0, 40),
            ("owed_documents", 0, 50),
            ("compliance", 1, 10),
            ("roll_up_divisions", 1, 40),
            ("close_fee_months", 2, 0),
            ("check_fees", 2, 30),
            ("integrity_controls", 2, 45),
            ("sweep_files", 3, 0),
            ("search_index", 3, 30),
            ("clear_sessions", 3, 20),
            ("examine_tests", 1, 40),
            ("remind_calibrations", 6, 10),
            ("remind_integrity_checks", 6, 15),
            ("reassess_hazards", 6, 20),
            ("watch_certificates", 6, 25),
            ("escalate_dangers", 6, 30),
            ("evaluate_incidents", 6, 40),
            ("duty_dues", 6, 45),
            ("credit_proposals", 6, 50),
            ("task_reports", 6, 55),
            ("daily_digest", 7, 30),
        )
    },
}
