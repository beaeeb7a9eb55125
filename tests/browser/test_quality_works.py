"""A first article through to its batch, and a concealed work photographed on a phone, by their real persons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf
from tests.quality_pictures import picture

from .person import PHONE
from .test_dangers import act, works
from .test_journey import status, upload


@pytest.fixture
def file_of(tmp_path):
    """kind → a real file of that kind."""

    def made(kind: str):
        path = tmp_path / f"{kind}.pdf"
        path.write_bytes(demo_pdf(kind))
        return path

    return made


def save(someone, address: str, **fields: str) -> str:
    """Fill in a new record's form by labels; the address of the record."""
    someone.open(address)
    form = someone.page.locator("#content form")
    for name, value in fields.items():
        field = form.get_by_label(name, exact=False).first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    someone.press("保存")
    someone.says("已保存")
    return someone.path


def test_a_first_article_and_the_batch_after_it(person, portal, file_of):
    contractor, supervisor = person("contractor"), person("supervisor")
    section = works(contractor, supervisor)
    today = timezone.localdate()
    article = save(
        contractor,
        f"/first-articles/new/?section={section['id']}",
        分项工程="浏览预制空心板",
        实施首件的原因="分项工程首次施工",
        首件部位="1号板",
        计划实施日期=today.isoformat(),
    )
    pk = article.strip("/").rpartition("/")[2]
    save(
        contractor,
        f"/first-article-checks/new/?article={pk}",
        检测项目="板厚",
        类别="尺寸",
        下限="200",
        上限="210",
    )
    batch = save(
        contractor,
        f"/work-batches/new/?section={section['id']}&article={pk}",
        批量施工部位="2至30号板",
        计划开工日期=today.isoformat(),
    )
    expect(contractor.page.locator("[data-lacking]")).to_contain_text("首件尚未合格")
    expect(contractor.page.locator(".page-head").get_by_role("link", name="批量开工")).to_have_count(0)
    for kind in ("首件施工方案", "检测记录"):
        contractor.open(article)
        upload(contractor, kind, file_of(kind))
    act(contractor, article, "提交首件方案", "方案待审批")
    act(supervisor, article, "批准首件方案", "待实施")
    act(contractor, article, "首件完成，开始检测", "检测中")
    check = contractor.page.context.request.get(f"{portal.url}/api/first-article-checks/?article={pk}").json()
    item = check["results"][0]["id"]
    save(contractor, f"/first-article-results/new/?check_item={item}", 实测值="203、205、209.5")
    act(contractor, article, "提交检测结果", "待评定")
    act(supervisor, article, "评定合格", "首件合格，待总结")
    act(contractor, batch, "批量开工", "施工中")


def test_a_concealed_work_on_a_phone(person, portal, file_of, tmp_path):
    contractor, supervisor = (person(name, viewport=PHONE) for name in ("contractor", "supervisor"))
    section = works(contractor, supervisor)
    when = timezone.localtime() + timedelta(days=2)
    work = save(
        contractor,
        f"/concealed-works/new/?section={section['id']}",
        隐蔽部位="浏览5号墩承台",
        隐蔽内容="钢筋安装",
        拟隐蔽时间=f"{when:%Y-%m-%dT%H:%M}",
    )
    act(contractor, work, "通知监理、建设单位和主管部门", "待验收")
    for shade, someone in enumerate((contractor, supervisor)):
        photo = tmp_path / f"{shade}.jpg"
        photo.write_bytes(picture((40 * shade, 90, 90), size=(900, 700), taken="2026:03:04 10:00:00"))
        someone.open(work)
        someone.press("上传影像")
        someone.page.get_by_label("拍摄部位").fill("底层钢筋")
        someone.page.locator("input[type=file]").set_input_files(photo)
        someone.press("上传")
        someone.says("已收 1 张影像")
        assert someone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    grid = supervisor.page.locator(".image-grid li")
    expect(grid).to_have_count(2)
    expect(grid.first).to_contain_text("2026-03-04 10:00（相机）")
    grid.first.locator("img").scroll_into_view_if_needed()
    expect(grid.first.locator("img")).to_have_js_property("naturalWidth", 320)
    supervisor.open(work)
    upload(supervisor, "隐蔽工程验收记录", file_of("隐蔽工程验收记录"))
    act(supervisor, work, "隐蔽验收合格", "验收合格，待隐蔽")
    act(contractor, work, "登记隐蔽", "已隐蔽")
    expect(contractor.page.get_by_role("link", name="上传影像")).to_have_count(0)
    assert status(contractor) == "已隐蔽"
