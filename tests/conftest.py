"""What every test stands on: a database that other processes can open too, quick passwords, no shared folders."""

import gc
import os
import re

import pytest
from django.conf import settings
from django.test import SimpleTestCase, override_settings

from supervision import celery_app
from supervision.rules import calendar

from .processes import Processes

QUICK_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


def pytest_configure(config):
    config.addinivalue_line("markers", "real_hasher: hashes passwords as in production (Argon2)")


def pytest_collection_modifyitems(config, items):
    """Leave to the other back end what it takes over (TEST_HALF=0 or 1, set by tests.run): of what is `divided` its
    half; of the families' own tests every other; what is to run `once` goes to the second, the stricter database;
    what needs none to the first."""
    half = os.environ.get("TEST_HALF")
    if not half:
        return
    turns: dict = {}

    def turn(of) -> bool:
        return turns.setdefault(of, len(turns) % 2) != int(half)

    def elsewhere(item) -> bool:
        if item.get_closest_marker("once"):
            return half != "1"
        if item.get_closest_marker("divided"):
            params = item.callspec.params
            subject = params.get("ledger") or params.get("model") or params["label"]
            return turn(getattr(subject, "model", subject))
        if not needs_database(item):
            return half != "0"
        return not on_both(item) and turn((item.path, getattr(item, "originalname", item.name)))

    left = [item for item in items if elsewhere(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = [item for item in items if item not in gone]


# Tests of what speaks to the database in ways of its own: claims, locks, queues, search, sums, sheets. Each runs on both
# back ends, as does all of tests/contract that is not `divided`.
KERNEL = re.compile(
    r"contract/|test_(backup|compliance|facts|figures|flow|jobs|ledger|merge|migrations|papers|plan|processes|rules"
    r"|search|sheets)|_processes"
)


def on_both(item) -> bool:
    return bool(KERNEL.search(item.path.relative_to(item.config.rootpath).as_posix()))


def needs_database(item) -> bool:
    """Whether a test may look into a database: by its marker, its class or one of its fixtures."""
    return bool(
        item.get_closest_marker("django_db")
        or {"db", "transactional_db", "django_db_setup"} & set(item.fixturenames)
        or issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    )


def pytest_collection_finish(session):
    """What was loaded stays for the whole run: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def pytest_report_header(config):
    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
    return f"back end: {engine}, broker: {'redis' if settings.REDIS_URL else 'filesystem'}"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    # -q drops the header, and which back end these figures are about must stay on the page.
    terminalreporter.write_line(pytest_report_header(None))


def pytest_sessionfinish(session, exitstatus):
    # Where everything is required, a test that skipped itself is a test that did not run.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        os.environ.get("REQUIRE_ALL") == "1"
        and reporter
        and reporter.stats.get("skipped")
        and exitstatus == 0
    ):
        reporter.write_line("REQUIRE_ALL=1: skipped tests count as failed", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory, request):
    """A file for SQLite's test database, so that the processes some tests start can open it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folder = tmp_path_factory.mktemp("database")
        database.setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory):
    """No test writes into the developer's own portal. Static files are not looked for either: every test client
    would read all of them anew, and the tests that need them start a portal of their own."""
    folders = {name: tmp_path_factory.mktemp(name.lower()) for name in ("MEDIA_ROOT", "STATIC_ROOT")}
    with override_settings(**folders, WHITENOISE_USE_FINDERS=False):
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_broker():
    """What a test enqueues goes nowhere: no worker of the developer's portal may find it."""
    celery_app.conf.update(broker_url="memory://", broker_transport_options={})


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    with override_settings(PASSWORD_HASHERS=[QUICK_HASHER, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(autouse=True)
def _real_passwords(request):
    if request.node.get_closest_marker("real_hasher"):
        slow = [hasher for hasher in settings.PASSWORD_HASHERS if hasher != QUICK_HASHER]
        with override_settings(PASSWORD_HASHERS=slow):
            yield
    else:
        yield


@pytest.fixture(autouse=True)
def _no_holidays_of_another_test():
    """The calendar is kept in the process for a while; what one test entered is rolled back under it."""
    calendar._years.clear()


@pytest.fixture
def processes(transactional_db, tmp_path):
    """Real processes on the test database (see tests/processes.py), ended before it is emptied."""
    if settings.REDIS_URL:
        import redis

        redis.Redis.from_url(settings.REDIS_URL).flushdb()
    started = Processes(tmp_path)
    yield started
    started.end()
