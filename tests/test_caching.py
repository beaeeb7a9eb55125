"""Redis away: pages open, acts stand and are announced; what may be used once only is used once."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from supervision.desk.models import Notice
from supervision.people.visitors import proof
from supervision.people.visitors.limits import spend
from tests.assessing import FULL, Crew, version
from tests.factories import user

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(settings, tmp_path):
    settings.CACHES = {
        "default": {
            "BACKEND": "supervision.caching.PatientRedisCache",
            "LOCATION": f"unix://{tmp_path}/nobody.sock",
        }
    }


def test_nothing_is_found_and_nothing_kept(away):
    cache.set("a", 1)
    cache.set_many({"a": 1})
    assert cache.get("a", "otherwise") == "otherwise" and cache.get_many(["a"]) == {}
    assert not cache.has_key("a") and not cache.touch("a") and not cache.delete("a")
    assert cache.add("a", 1) is False
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    cache.delete_many(["a"])


def test_pages_open_acts_stand_and_people_are_told(away, client, django_capture_on_commit_callbacks):
    crew = Crew()
    sheet = crew.sheet(version())
    crew.mark(sheet, "contractor", **FULL)
    crew.act(sheet, "contractor", "submit_self")
    client.force_login(crew.people["supervisor"])
    assert client.get(reverse("workbench")).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        crew.act(sheet, "supervisor", "return_self")
    assert Notice.objects.filter(user=crew.people["contractor"], object_id=sheet.pk).exists()
    client.force_login(user())
    assert client.get("/api/projects/").status_code == 200


def test_a_proof_of_work_is_taken_once_and_limits_hold(away):
    text = proof.challenge()
    answer = next(str(number) for number in range(10**9) if proof.solves(text, str(number)))
    assert proof.take(text, answer) and not proof.take(text, answer)
    assert [spend("x", "10.0.0.1", 2, 60) for _ in range(3)] == [True, True, False]
    assert spend("x", "10.0.0.2", 2, 60)
