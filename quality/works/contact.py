"""The contact sheet of a section: every image small, with place, time, side and hash, on paper."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from projects.models import Section
from supervision.papers import services as papers
from supervision.papers.documents.pdf import print_html
from supervision.people.models import User

from ..models import SiteImage

# Images of one volume: as many as the press sets within its memory.
VOLUME = 240


def volumes(
    section: Section, user: User, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[tuple[int, int, bytes]]:
    """The sheet in volumes of at most VOLUME images, as (number, of how many, PDF). An empty section gives one.

    Works of a section in their order, images in the order they were given; voided ones are left out. Raises
    PrintFailed. `progress` is told images done and in all.
    """
    rows = (
        SiteImage.objects.visible_to(user)
        .filter(section=section, attachment__void_at__isnull=True)
        .select_related("attachment", "work")
        .order_by("work_id", "pk")
    )
    total = rows.count()
    number_of = max(1, -(-total // VOLUME))
    last: tuple[int, int] | None = None
    for number in range(1, number_of + 1):
        # By key, not by offset: what is added meanwhile neither repeats nor drops a row.
        page = rows if last is None else rows.filter(after(*last))
        images = list(page[:VOLUME])
        if images:
            last = images[-1].work_id, images[-1].pk
        yield number, number_of, print_html(page_of(section, images, number, number_of, total))
        progress(min(number * VOLUME, total), total)


def after(work: int, pk: int) -> Q:
    """Rows that come after this one."""
    return Q(work_id__gt=work) | Q(work_id=work, pk__gt=pk)


def page_of(section: Section, images: list[SiteImage], number: int, of: int, total: int) -> str:
    """The HTML of one volume."""
    works: list[dict] = []
    for image in images:
        if not works or works[-1]["work"].pk != image.work_id:
            works.append({"work": image.work, "images": []})
        works[-1]["images"].append({"image": image, "address": address_of(image)})
    return render_to_string(
        "quality/print/contact_sheet.html",
        {
            "section": section,
            "works": works,
            "number": number,
            "of": of,
            "total": total,
            "today": timezone.localdate(),
        },
    )


def address_of(image: SiteImage) -> str:
    """The small picture as a data address; "" when its file is missing or damaged, which the paper then says."""
    content = papers.drawn(image.attachment, "thumb")
    return "data:image/jpeg;base64," + base64.b64encode(content).decode() if content else ""
