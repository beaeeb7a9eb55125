"""`manage.py api_token`: a person's token for the API."""

from django.core.management.base import BaseCommand, CommandError

from supervision.desk.credentials import issue_token, revoke_token
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import User


class Command(BaseCommand):
    help = "打印用户的接口令牌，没有则签发一个；--revoke 撤销。"

    def add_arguments(self, parser):
        parser.add_argument("username", metavar="登录名")
        parser.add_argument("--revoke", action="store_true", help="撤销令牌")

    def handle(self, *, username, revoke=False, **options):
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有登录名为“{username}”的用户。")
        actor = Actor.of(None, "command")
        if revoke:
            self.stdout.write("令牌已撤销。" if revoke_token(user, actor) else "该用户没有令牌。")
            return
        try:
            self.stdout.write(issue_token(user, actor))
        except NotAllowed as refusal:
            raise CommandError(refusal.message) from refusal
