"""Official documents on records: drafted, issued by a person, sent out, received; and who sees them when."""

import hashlib
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from docx import Document as Docx

from supervision.flows import history, perform, records
from supervision.flows.errors import IllegalTransition, LostRace, NotAllowed
from supervision.flows.models import Event
from supervision.jobs import services as jobs
from supervision.jobs.models import JobRun
from supervision.papers import services as papers
from supervision.papers.documents import contents, issuing, numbers, registry, services, templates
from supervision.papers.documents.models import PDF, WORD, Document, NumberCounter
from supervision.papers.models import Attachment
from supervision.people.models import Role

from .documents import LISTING, NOTICE, REPLY, SLIP, acting, bureau, declare_once, text_of_pdf, text_of_word
from .factories import COMMAND, organization, participation, section, user

declare_once()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


class Cast:
    """A bureau with an office, a section with its contractor, and their people."""

    def __init__(self):
        self.bureau = bureau(listing="宿交安督", notice="宿交质整", slip="宿交督", letter="宿交督函")
        self.office = organization("office", name="宿迁市交通运输局建管处", parent=self.bureau)
        self.contractor = organization("contractor", name="甲施工公司")
        self.stranger = organization("contractor", name="乙施工公司")
        self.section = section(code="SG-01")
        participation(self.section, self.contractor)
        self.clerk = user(Role.BUREAU_STAFF, self.office, name="陈职员")
        self.leader = user(Role.BUREAU_LEADER, self.bureau, name="王局长")
        self.builder = user(Role.CONTRACTOR, self.contractor, name="赵经理")
        self.other_builder = user(Role.CONTRACTOR, self.stranger)
        self.reader = user(Role.DISCIPLINE, self.bureau)
        self.admin = user(Role.SYSTEM_ADMIN, self.bureau)

    def draft(self, code=LISTING, by=None, **how):
        how.setdefault("recipients", [self.contractor])
        return services.draft(self.section, code, acting(by or self.clerk), **how)

    def issued(self, code=LISTING, by=None):
        return services.issue(self.draft(code), acting(by or self.leader))

    def delivered(self, code=LISTING):
        return services.deliver(self.issued(code), [], acting(self.clerk))


@pytest.fixture
def cast():
    return Cast()


def seen_by(person):
    return list(Document.objects.visible_to(type(person).objects.get(pk=person.pk)))


def labels(document):
    rows = Event.objects.filter(model="papers.document", object_id=document.pk).order_by("seq")
    return list(rows.values_list("label", flat=True))


# ------------------------------------------------------------------------------------------------- drafting


def test_a_draft_says_what_the_record_says_in_the_name_of_the_bureau(cast):
    made = cast.draft()
    assert made.contents["project"] == cast.section.project.name
    assert made.contents["office"] == "宿迁市交通运输局"
    assert made.contents["head"] == "宿迁市交通运输局文件"
    assert made.contents["to"] == "甲施工公司"
    assert (made.status, made.number, made.issued_on) == ("draft", "", None)
    assert [d.name for d in made.deliveries.all()] == ["甲施工公司"]


def test_drafting_again_comes_back_to_the_open_draft(cast):
    first = cast.draft()
    assert cast.draft(by=cast.clerk, recipients=[]) == first
    assert Document.objects.count() == 1
    services.issue(first, acting(cast.leader))
    assert cast.draft() != first


def test_who_may_draft_is_asked_by_role_and_record(cast):
    with pytest.raises(NotAllowed):
        cast.draft(by=cast.builder)
    with pytest.raises(NotAllowed):
        services.draft(section(), REPLY, acting(cast.builder))
    with pytest.raises(NotAllowed):
        services.draft(cast.section, NOTICE, acting(cast.clerk), organization=organization("county"))
    with pytest.raises(NotAllowed):
        services.draft(cast.contractor, LISTING, acting(cast.clerk))
    with pytest.raises(LookupError):
        services.draft(cast.section, "nothing", acting(cast.clerk))


def test_the_portal_drafts_for_an_office_it_must_name(cast):
    with pytest.raises(ValidationError):
        services.draft(cast.section, NOTICE, history.SYSTEM)
    made = services.draft(cast.section, NOTICE, history.SYSTEM, organization=cast.office)
    assert seen_by(cast.clerk) == [made]


def test_a_draft_can_be_changed_by_its_office_until_it_is_issued(cast):
    made = services.revise(
        cast.draft(), {"deadline": "2025年12月1日", "title": "关于\n某事的通知"}, acting(cast.clerk)
    )
    assert made.contents["deadline"] == "2025年12月1日"
    assert made.title == "关于 某事的通知"
    with pytest.raises(ValidationError) as error:
        services.revise(made, {"nonsense": "x"}, acting(cast.clerk))
    assert "nonsense" in error.value.message_dict
    for value in ("一条", [{"x": 1}], 7):
        with pytest.raises(ValidationError):
            services.revise(made, {"findings": value}, acting(cast.clerk))
    with pytest.raises(NotAllowed):
        services.revise(made, {"deadline": "无"}, acting(cast.builder))
    with pytest.raises(LostRace):
        services.revise(made, {"deadline": "无"}, acting(cast.clerk), version=1)
    issued = services.issue(Document.objects.get(pk=made.pk), acting(cast.leader))
    with pytest.raises(IllegalTransition):
        services.revise(issued, {"deadline": "无"}, acting(cast.clerk))


def test_rows_are_changed_whole_and_checked(cast):
    made = cast.draft(NOTICE)
    row = {
        "place": "K1+0",
        "what": "护栏缺失",
        "clause": "",
        "grade": "一般",
        "demand": "补齐",
        "deadline": "",
    }
    made = services.revise(made, {"findings": [row]}, acting(cast.clerk))
    assert made.contents["findings"] == [row]
    with pytest.raises(ValidationError):
        services.revise(made, {"findings": [row | {"unknown": "x"}]}, acting(cast.clerk))


def test_a_draft_can_be_made_anew_from_its_record(cast):
    made = services.revise(cast.draft(), {"section": "手改"}, acting(cast.clerk))
    made = services.renew(made, acting(cast.clerk))
    assert made.contents["section"] == "SG-01"
    assert made.contents["office"] == "宿迁市交通运输局"


# -------------------------------------------------------------------------------------------------- issuing


def test_issued_by_a_leader_it_has_number_date_signer_and_word_file(cast):
    made = cast.issued()
    year = timezone.localdate().year
    assert made.number == f"宿交安督〔{year}〕1号"
    assert made.issued_on == timezone.localdate()
    assert (made.signed_by, made.contents["signer"]) == (cast.leader, "王局长")
    words = text_of_word(papers.file_of(services.file_of(made, WORD)).read_bytes())
    day = timezone.localdate()
    for expected in (
        made.number,
        "宿迁市交通运输局文件",
        cast.section.project.name,
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert expected in words
    assert "{{" not in words and "{%" not in words
    assert labels(made) == ["拟稿", "上传附件", "签发"] or labels(made) == ["拟稿", "签发", "上传附件"]


def test_a_clerk_does_not_sign_for_the_leader_nor_anybody_twice(cast):
    made = cast.draft()
    with pytest.raises(IllegalTransition):
        services.issue(made, acting(cast.clerk))
    services.issue(made, acting(cast.leader))
    with pytest.raises((IllegalTransition, LostRace)):
        services.issue(made, acting(cast.leader))
    assert NumberCounter.objects.get(pool__code="listing").last == 1


def test_what_fails_on_the_way_gives_the_number_back(cast, monkeypatch):
    made = cast.draft()
    with monkeypatch.context() as broken:
        broken.setattr(issuing, "word_of", lambda document: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.issue(made, acting(cast.leader))
    made.refresh_from_db()
    assert (made.status, made.number) == ("draft", "")
    assert services.issue(made, acting(cast.leader)).number.endswith("〕1号")


def test_what_is_missing_is_said_before_a_number_is_taken(cast):
    made = services.revise(cast.draft(), {"deadline": "", "to": ""}, acting(cast.clerk))
    assert services.issuing.missing_for_issue(made) == ["尚未填写：主送单位", "尚未填写：整改期限"]
    with pytest.raises(ValidationError, match="整改期限"):
        services.issue(made, acting(cast.leader))
    assert not NumberCounter.objects.filter(last__gt=0).exists()


def test_without_a_pool_it_cannot_be_issued_and_says_so(cast):
    county = organization("county", name="泗洪县交通运输局")
    made = services.draft(cast.section, NOTICE, COMMAND, organization=county, recipients=["某单位"])
    assert "泗洪县交通运输局" in "".join(issuing.missing_for_issue(made))
    with pytest.raises(numbers.NoPool):
        numbers.pools_for(["notice"], county)


def test_two_numbers_on_one_paper(cast):
    year = timezone.localdate().year
    made = cast.issued(SLIP, by=cast.clerk)
    assert (made.number, made.second_number) == (f"宿交督〔{year}〕1号", f"宿交督函〔{year}〕1号")
    assert made.contents["second_number"] == made.second_number


def test_a_county_clerk_enters_what_their_leader_decided(cast):
    made = services.draft(cast.section, LISTING, COMMAND, organization=organization("county"))
    assert made.signature == registry.Signature.STAFF


def test_a_unit_signs_its_own_reply_and_nobody_elses(cast):
    made = cast.draft(REPLY, by=cast.builder, recipients=[cast.bureau])
    assert made.contents["office"] == "甲施工公司"
    assert seen_by(cast.other_builder) == []
    with pytest.raises(NotAllowed):
        services.issue(made, acting(cast.other_builder))
    with pytest.raises((NotAllowed, IllegalTransition)):
        services.issue(made, acting(cast.clerk))
    made = services.issue(made, acting(cast.builder))
    assert (made.status, made.number) == ("issued", "")


def test_buttons_are_those_that_work(cast):
    made = cast.draft()
    names = lambda person: [t.name for t in perform.available(made, acting(person).user)]  # noqa: E731
    assert names(cast.leader) == ["issue", "void"]
    assert names(cast.clerk) == ["void"]
    assert names(cast.reader) == []
    made = services.issue(made, acting(cast.leader))
    assert names(cast.clerk) == ["deliver", "void"]


def test_a_void_paper_keeps_its_number(cast):
    made = services.void(cast.issued(), acting(cast.leader), "对象有误")
    assert made.status == "void"
    assert made.number.endswith("〕1号")
    assert cast.issued().number.endswith("〕2号")


# ---------------------------------------------------------------------------------------------------- scope


def test_who_sees_it_when(cast):
    office = [cast.clerk, cast.leader, cast.reader]
    made = cast.draft()
    assert [len(seen_by(p)) for p in office] == [1, 0 + 1, 1]
    outside = [cast.builder, cast.other_builder, cast.admin, user(None), user(Role.OWNER)]
    county = user(Role.COUNTY_STAFF)
    assert [len(seen_by(p)) for p in [*outside, county]] == [0] * 6
    made = services.issue(made, acting(cast.leader))
    assert [len(seen_by(p)) for p in [*outside, county]] == [0] * 6
    services.deliver(made, [], acting(cast.clerk))
    assert [len(seen_by(p)) for p in [*office, *outside, county]] == [1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_files_and_history_follow_the_document(cast):
    made = cast.issued()
    word = services.file_of(made, WORD)

    def visible(row_model, person, **which):
        return row_model.objects.visible_to(acting(person).user).filter(**which).exists()

    events = {"model": "papers.document", "object_id": made.pk}
    assert not visible(Attachment, cast.builder, pk=word.pk)
    assert not visible(Event, cast.builder, **events)
    services.deliver(made, [], acting(cast.clerk))
    assert visible(Attachment, cast.builder, pk=word.pk)
    assert visible(Event, cast.builder, **events)
    assert not visible(Attachment, cast.other_builder, pk=word.pk)


# ------------------------------------------------------------------------------------- delivery and receipt


def test_a_document_needs_recipients_to_be_delivered(cast):
    made = services.issue(
        services.draft(cast.section, LISTING, acting(cast.clerk), values={"to": "有关单位"}),
        acting(cast.leader),
    )
    with pytest.raises(ValidationError, match="送达单位"):
        services.deliver(made, [], acting(cast.clerk))
    made = services.deliver(made, [cast.contractor, "张某某", cast.contractor], acting(cast.clerk))
    assert [(d.name, d.method, d.sent_at == made.delivered_at) for d in made.deliveries.all()] == [
        ("甲施工公司", "portal", True),
        ("张某某", "hand", True),
    ]
    with pytest.raises(IllegalTransition):
        services.address(made, ["又一个"], acting(cast.clerk))


def test_opened_signed_for_and_closed_by_the_last_recipient(cast):
    made = cast.issued()
    services.deliver(made, ["建设单位"], acting(cast.clerk))
    made.refresh_from_db()
    services.see(made, acting(cast.clerk))
    services.see(made, acting(cast.builder))
    first, second = made.deliveries.order_by("pk")
    assert (first.seen_by, second.seen_at) == (cast.builder, None)
    when = first.seen_at
    made = services.acknowledge(made, acting(cast.builder))
    first.refresh_from_db()
    assert (first.seen_at, first.receiver, made.state_label) == (when, "赵经理", "已送达")
    with pytest.raises(IllegalTransition):
        services.acknowledge(made, acting(cast.builder))
    with pytest.raises(NotAllowed):
        services.record_receipt(second, acting(cast.builder), "钱某")
    with pytest.raises(ValidationError):
        services.record_receipt(second, acting(cast.clerk), "")
    made = services.record_receipt(second, acting(cast.clerk), "钱某", method="post")
    assert made.state_label == "已签收"
    assert made.acknowledged_at is not None


def test_only_a_recipient_signs_for_it(cast):
    made = cast.delivered()
    for person in (cast.clerk, cast.other_builder, cast.admin):
        with pytest.raises(NotAllowed):
            services.acknowledge(made, acting(person))


def test_the_receipt_says_what_happened(cast):
    made = services.acknowledge(cast.delivered(), acting(cast.builder))
    words = text_of_word(services.receipt_of(made.deliveries.get()))
    for expected in (made.number, "甲施工公司", "赵经理", "陈职员", "平台送达"):
        assert expected in words


def test_the_history_of_all_of_it_verifies(cast):
    made = services.acknowledge(cast.delivered(), acting(cast.builder))
    services.print_pdf(made, history.SYSTEM)
    assert [str(b) for b in [*history.verify_chains(), *papers.verify_files()]] == []


# ---------------------------------------------------------------------------------------------------- files


def test_the_worker_prints_one_pdf_however_often_it_is_asked(cast, django_capture_on_commit_callbacks):
    made = cast.issued()
    run = JobRun.objects.get(kind=issuing.PRINT_JOB)
    assert run.params == {"document": made.pk}
    for _ in range(2):
        jobs.run_now(issuing.PRINT_JOB, {"document": made.pk})
    pdfs = papers.of(made).filter(kind=PDF)
    assert pdfs.count() == 1
    content = papers.file_of(pdfs.get()).read_bytes()
    assert made.number in text_of_pdf(content).replace(" ", "")


def test_a_press_that_fails_says_so_and_the_document_stands(cast, monkeypatch, tmp_path):
    made = cast.issued()
    broken = tmp_path / "press.py"
    broken.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(services.pdf, "PRESS", broken)
    with pytest.raises(jobs.JobError, match="PDF 生成失败"):
        jobs.run_now(issuing.PRINT_JOB, {"document": made.pk})
    assert services.file_of(made, PDF) is None
    JobRun.objects.all().delete()
    services.print_again(made, acting(cast.clerk))
    assert JobRun.objects.filter(kind=issuing.PRINT_JOB, state="queued").exists()


def test_a_document_can_be_made_again_byte_by_byte(cast):
    made = cast.issued()
    services.print_pdf(made, history.SYSTEM)
    made = Document.objects.get(pk=made.pk)
    for kind in (WORD, PDF):
        assert hashlib.sha256(services.remake(made, kind)).hexdigest() == services.file_of(made, kind).sha256


# ------------------------------------------------------------------------------------------------ templates


def changed(content: bytes, before: str, after: str) -> bytes:
    document = Docx(io.BytesIO(content))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace(before, after)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def uploaded(content: bytes, name: str = "模板.docx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_bureau_prints_with_its_own_template_and_old_papers_keep_theirs(cast):
    old = cast.issued()
    own = changed(templates.blank("listing_notice"), "四、解除程序", "四、如何解除")
    kept = templates.upload("listing_notice", uploaded(own), cast.bureau, acting(cast.clerk), "改标题")
    assert (kept.number, kept.organization) == (1, cast.bureau)
    new = cast.issued()
    assert "四、如何解除" in text_of_word(services.remake(new, WORD))
    assert "四、解除程序" in text_of_word(services.remake(old, WORD))
    again = templates.upload(
        "listing_notice",
        uploaded(changed(own, "一、隐患情况", "一、基本情况")),
        cast.bureau,
        acting(cast.clerk),
    )
    assert again.number == 2
    assert "一、基本情况" in text_of_word(services.preview(cast.draft()))
    records.update(again, {"is_active": False}, COMMAND)
    assert "一、隐患情况" in text_of_word(services.preview(Document.objects.get(status="draft")))


@pytest.mark.parametrize(
    ("put", "says"),
    [
        ("{{ nothing }}", "没有的内容"),
        ("{{ title", "占位符"),
        ("{% for x in %}", "占位符"),
        ("{{ title.__class__.__mro__ }}", "模板"),
        ("{{ ''.__class__.__base__.__subclasses__() }}", "模板"),
        ("{{ lipsum.__globals__ }}", "模板"),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "模板"),
    ],
)
def test_a_template_that_would_not_do_is_refused_with_a_sentence(cast, put, says):
    faulty = changed(templates.blank("listing_notice"), "四、解除程序", put)
    with pytest.raises(ValidationError, match=says):
        templates.upload("listing_notice", uploaded(faulty), cast.bureau, acting(cast.clerk))


def test_a_template_the_pdf_could_not_show_is_refused(cast):
    document = Docx(io.BytesIO(templates.blank("listing_notice")))
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.add_section()
    target = io.BytesIO()
    document.save(target)
    with pytest.raises(ValidationError, match="多个分节、页眉文字"):
        templates.upload("listing_notice", uploaded(target.getvalue()), cast.bureau, acting(cast.clerk))
    with pytest.raises(ValidationError, match="无法打开"):
        templates.upload("listing_notice", uploaded(b"PK no"), cast.bureau, acting(cast.clerk))


def test_templates_are_kept_by_their_own_office(cast):
    content = templates.blank("listing_notice")
    for person in (cast.builder, cast.reader, user(Role.COUNTY_STAFF)):
        with pytest.raises(NotAllowed):
            templates.upload("listing_notice", uploaded(content), cast.bureau, acting(person))


def test_the_contract_of_every_paper_is_described():
    for paper in registry.all_papers():
        described = contents.described(paper.contents)
        assert all(label and label != name for name, label, _ in described), paper.code
