"""`manage.py load_demo`: an invented portal to look around in."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone

from projects.loading import demo
from projects.loading.demo.assessed import Assessed
from projects.loading.demo.cast import Cast, logins
from projects.loading.demo.stories import Stories
from projects.loading.demo.works import Works
from projects.models import Candidacy
from supervision.flows import history
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.models import User

LOGINS = "demo-logins.txt"


@contextmanager
def quietly() -> Iterator[None]:
    """Announce nothing: hundreds of acts of past years are no news to anybody."""
    kept, history.announced = history.announced, Signal()
    try:
        yield
    finally:
        history.announced = kept


def tell_news() -> None:
    """Announce the last act on every candidacy that still travels."""
    waiting = Candidacy.objects.filter(status__in=Candidacy.flow.open_states).values("pk")
    acts = Event.objects.filter(batch=demo.BATCH, model=label_of(Candidacy), verb="transition")
    last = acts.filter(object_id__in=waiting).values("object_id").annotate(last=Max("pk")).values("last")
    history.announced.send(sender=Candidacy, events=list(Event.objects.filter(pk__in=last).order_by("pk")))


def days_to_compute(today: date) -> list[tuple[int, date]]:
    """(year, day) pairs that give the targets page its past years and this year's trend: the year ends since
    the plan began, the ends of this year's quarters so far, and today."""
    ends = [(year, date(year, 12, 31)) for year in range(2024, today.year)]
    quarters = [date(today.year, 3, 31), date(today.year, 6, 30), date(today.year, 9, 30)]
    return ends + [(today.year, day) for day in quarters if day < today] + [(today.year, today)]


class Command(BaseCommand):
    help = "载入演示数据（全部虚构并有标记）。可重复运行；已有真实用户的平台须加 --force。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--force", action="store_true", help="已有真实用户时仍然载入；会在方案所列项目上填写虚构内容"
        )

    def handle(self, *, verbosity=1, force=False, **options):
        if os.environ.get("PORTAL_DEMO") == "0":
            raise CommandError("本平台不允许载入演示数据（PORTAL_DEMO=0）。")
        if not force and User.objects.filter(is_demo=False).exists():
            raise CommandError("平台已有真实用户，未载入演示数据。确需载入请加 --force。")
        self.verbosity, began = verbosity, time.monotonic()
        call_command("load_plan", verbosity=verbosity, stdout=self.stdout)
        call_command("load_standards", verbosity=verbosity, stdout=self.stdout)
        data = demo.read_demo()
        if Event.objects.filter(batch=demo.BATCH).exists():
            self.say("演示数据已在库中，未改动。")
        else:
            try:
                with quietly(), transaction.atomic():
                    self.load(data)
            except (ValidationError, LookupError, FlowError) as error:
                told = "；".join(getattr(error, "messages", [str(error)]))
                raise CommandError(f"演示数据与库中数据不合，未载入：{told}") from error
            tell_news()
            self.say("目标完成情况……")
            for year, day in days_to_compute(timezone.localdate()):
                call_command("compliance", as_of=day.isoformat(), year=year, json=True, stdout=StringIO())
            self.say(f"演示数据已载入，用时{time.monotonic() - began:.0f}秒。")
        path = Path(settings.VAR) / LOGINS
        path.write_text(logins(data), encoding="utf-8")
        self.say(f"演示账号见 {path}")

    def load(self, data: dict) -> None:
        actor = Actor.of(None, "command").in_batch(demo.BATCH)
        self.say("单位与人员……")
        cast = Cast(data, actor).load()
        self.say("项目、标段与参建单位……")
        works = Works(data, cast, actor).load()
        Stories(data, cast, works).load(self.say)
        self.say("自评与考核……")
        Assessed(cast, works).load()

    def say(self, text: str) -> None:
        if self.verbosity:
            self.stdout.write(text)
            self.stdout.flush()
