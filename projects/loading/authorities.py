"""Districts, and the authorities and groups that the plan names."""

from __future__ import annotations

from pathlib import Path

import yaml
from django.apps import apps

from supervision.people.models import District, Organization
from supervision.plan.loading import Once
from supervision.rules.names import name_key

DISTRICTS = Path(apps.get_app_config("people").path) / "data" / "districts.yaml"
ORGANIZATIONS = Path(__file__).parent.parent / "data" / "organizations.yaml"
OWN_REASON = "本系统设定：方案未列明该功能区的主管部门，名称可改。"


def load_districts() -> int:
    """Enter the districts that are not there yet, by code or name. Returns how many were added."""
    added = 0
    for order, row in enumerate(yaml.safe_load(DISTRICTS.read_text(encoding="utf-8")), start=1):
        known = District.objects.filter(name=row["name"])
        if code := row.get("code"):
            known = known | District.objects.filter(code=code)
        if not known.exists():
            District.objects.create(order=order, **row)
            added += 1
    return added


def organization_named(text: str) -> Organization | None:
    """The organisation of that name, short name, alias or former name; None without one."""
    key = name_key(text)
    return Organization.objects.filter(search_key__contains=f"|{key}|").first() if key else None


def load_organizations(once: Once) -> None:
    """Enter the organisations of the data file; those there by whatever name stay as they are."""
    districts = {district.name: district for district in District.objects.all()}
    known: dict[str, Organization | None] = {}
    for row in yaml.safe_load(ORGANIZATIONS.read_text(encoding="utf-8")):
        facts = dict(row)
        own = facts.pop("own", False)
        parent = known[facts.pop("parent")] if "parent" in facts else None
        district = districts.get(facts.pop("district", None))
        known[row["name"]] = once.create(
            Organization(parent=parent, district=district, **facts),
            ("name",),
            twin=organization_named(row["name"]),
            reason=OWN_REASON if own else "",
        )
