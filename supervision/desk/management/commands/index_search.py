from django.core.management.base import BaseCommand

from supervision.desk.search.index import catch_up_all


class Command(BaseCommand):
    help = "Bring the search box's entries in step with the records, as the night does."

    def handle(self, *args, **options):
        def tell(done: int, total: int, what: str) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{done}/{total} {what}")

        found = catch_up_all(tell)
        self.stdout.write(f"{found['written']} entries written, {found['dropped']} dropped")
