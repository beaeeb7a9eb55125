"""`manage.py make_user`: the first persons of a real installation, above all its three administrators."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import Membership, Organization, Role, User
from supervision.people.passwords import random_password
from supervision.rules.names import name_key


class Command(BaseCommand):
    help = "新建一名用户及其任职；首次登录须改密码。不给出密码时生成一个并打印。"

    def add_arguments(self, parser):
        parser.add_argument("username", metavar="登录名")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--organization", required=True, help="单位名称、简称或别名")
        parser.add_argument("--role", required=True, choices=Role.values, metavar="角色", help=_roles())
        parser.add_argument("--password", help="首次登录的密码，须符合密码规则")

    def handle(self, *, username, name, organization, role, password=None, **options):
        actor = Actor.of(None, "command")
        office = self.office(organization)
        chosen = password or random_password()
        user = User(
            username=User.normalize_username(username),
            name=name,
            must_change_password=True,
            password_changed_at=timezone.now(),
        )
        try:
            validate_password(chosen, user)
            user.set_password(chosen)
            with transaction.atomic():
                records.create(user, actor)
                records.create(Membership(user=user, organization=office, role=role), actor)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(f"已新建用户 {user.username}（{office} {Role(role).label}）。")
        if not password:
            self.stdout.write(f"首次登录密码：{chosen}")

    def office(self, given: str) -> Organization:
        """The one enabled organisation of that name, short name, alias or former name."""
        found = Organization.objects.filter(search_key__contains=f"|{name_key(given)}|", is_active=True)
        if len(found) != 1:
            raise CommandError(f"没有名为“{given}”的单位。" if not found else f"“{given}”对应多个单位。")
        return found[0]


def _roles() -> str:
    return "，".join(f"{value} {label}" for value, label in Role.choices)
