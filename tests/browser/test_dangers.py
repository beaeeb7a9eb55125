"""The whole way of hidden dangers by their real persons, and nobody's page with a button that fails."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf

from .person import PHONE
from .test_journey import status, upload

FIVE = {"责任人": "赵某", "整改措施": "更换支垫并锚固。", "整改资金（万元）": "2", "应急预案": "停机撤人。"}
CRANE = "架桥机与起重机械"


@pytest.fixture
def file_of(tmp_path):
    """kind → a real file of that kind."""

    def made(kind: str):
        path = tmp_path / f"{kind}.pdf"
        path.write_bytes(demo_pdf(kind))
        return path

    return made


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "整改后.jpg"
    Image.new("RGB", (1200, 900), (90, 120, 150)).save(path, "JPEG")
    return path


def act(someone, record: str, label: str, then: str, **fields: str) -> None:
    """Open the record, take the step called `label` with its fields by label, and see the state it leads to."""
    someone.open(record)
    someone.press(label)
    for name, value in fields.items():
        someone.page.locator("#content form").get_by_label(name).fill(value)
    someone.press(label)
    someone.says(f"已办理“{label}”")
    assert status(someone) == then


def fetch(someone, address: str):
    """Ask beside the page. A line that the server closed as idle in this very moment is opened again."""
    return someone.page.context.request.get(address, max_retries=3)


def works(*people) -> dict:
    """A section that all of these see, still being built."""
    seen = []
    for someone in people:
        answer = fetch(someone, f"{someone.url}/api/sections/?page_size=100")
        seen.append({row["id"]: row for row in answer.json()["results"]})
    common = [row for pk, row in seen[0].items() if all(pk in other for other in seen)]
    return next(row for row in common if row["end_on"] is None)


def report(someone, section: dict, part: str, description: str) -> str:
    """Report a danger by its three facts; the address of its record."""
    someone.open(f"/hidden-dangers/new/?project={section['project']}&section={section['id']}")
    someone.page.get_by_label("部位").fill(part)
    someone.page.get_by_label("隐患描述").fill(description)
    someone.press("保存")
    someone.says("已保存")
    return someone.path


def judge(someone, record: str, category: str, yes: str = "") -> None:
    """Go through the grading questions: everything no, but the one given."""
    someone.open(record)
    someone.press("重大隐患判定向导")
    someone.page.get_by_label("隐患类别").select_option(category)
    someone.page.locator("#content form button").last.click()
    page = someone.page
    page.wait_for_selector("input[type=radio]")
    for radio in page.locator("input[type=radio][value=no]").all():
        radio.check()
    if yes:
        page.locator(f"input[name='{yes}'][value=yes]").check()
    page.locator("#content form[method=post] button").last.click()
    page.wait_for_url(f"**{record}")


def verify(someone, record: str, label: str) -> None:
    someone.open(record)
    someone.press(label)
    expect(someone.page.get_by_label("责任单位")).not_to_have_value("")
    someone.press(label)
    someone.says(f"已办理“{label}”")


def paper(someone, record: str, name: str) -> str:
    """Open the danger's document called `name`; its address."""
    someone.open(record)
    someone.page.locator("#panel-papers").get_by_role("link", name=name, exact=True).first.click()
    return someone.path


def test_a_major_danger_from_its_report_to_its_lifting(person, portal, file_of):
    contractor, supervisor, owner = person("contractor"), person("supervisor"), person("owner")
    inspector, staff, leader = person("inspector"), person("staff"), person("leader")
    section = works(contractor, supervisor, owner)
    record = report(contractor, section, "2号架桥机", "支垫不平，未锚固。")
    assert status(contractor) == "待核查"

    judge(inspector, record, CRANE, yes="MH-09-2.2")
    verify(inspector, record, "核查定为重大")
    assert status(inspector) == "整改中"

    # Listed: the notice is drafted, the leader signs, the office sends it out, the unit signs for it.
    staff.open(record)
    staff.press("挂牌督办")
    staff.page.get_by_label("督办来源").select_option("patrol")
    staff.page.get_by_label("督办级别").select_option("city")
    staff.page.get_by_label("整改要求").fill("限期整改。")
    staff.press("挂牌督办")
    staff.says("已办理“挂牌督办”")
    notice = paper(staff, record, "挂牌督办通知书")
    expect(staff.page.locator(".page-head").get_by_role("link", name="签发")).to_have_count(0)
    leader.open("/")
    expect(leader.page.locator("tbody")).to_contain_text("挂牌督办")
    act(leader, notice, "签发", "已签发")
    act(staff, notice, "送达", "已送达")
    contractor.open(record)
    expect(contractor.page.locator(".record-head")).to_contain_text("挂牌督办")
    expect(contractor.page.locator("#facts")).to_contain_text(re.compile(r"安督〔20\d\d〕\d+号"))
    paper(contractor, record, "挂牌督办通知书")
    contractor.press("签收")
    contractor.says("已签收")
    staff.open(notice)
    rows = staff.page.locator("section[aria-labelledby=deliveries-head] tbody tr")
    assert rows.filter(has_text="演示施工单位").locator("td").nth(4).inner_text().strip() not in ("", "—")

    act(contractor, record, "落实五到位", "整改中", **FIVE)
    later = timezone.localdate() + timedelta(days=90)
    act(contractor, record, "申请延期", "延期待批", 申请延期至=later.isoformat(), 延期理由="材料未到。")
    act(staff, record, "同意延期", "整改中")

    # Handed in, returned, handed in again.
    for kind in ("整改照片", "自验记录"):
        contractor.open(record)
        upload(contractor, kind, file_of(kind))
    act(contractor, record, "提交整改", "待施工自验", 整改情况="已更换支垫。")
    act(contractor, record, "施工自验合格", "待监理验收", 自验人="钱某", 意见="合格。")
    act(supervisor, record, "退回整改", "整改中", 不合格之处="锚固未做。")
    act(contractor, record, "提交整改", "待施工自验", 整改情况="已锚固。")
    act(contractor, record, "施工自验合格", "待监理验收", 自验人="钱某", 意见="合格。")
    act(supervisor, record, "监理复核合格", "待建设单位验收", 意见="合格。")
    owner.open(record)
    upload(owner, "验收记录", file_of("验收记录"))
    act(owner, record, "建设单位验收合格", "待主管部门复查", 意见="合格。")
    inspector.open(record)
    upload(inspector, "现场复查记录", file_of("现场复查记录"))
    act(inspector, record, "现场复查合格，销号", "已销号", 意见="合格。")

    today = timezone.localdate().isoformat()
    act(staff, record, "解除挂牌督办", "已销号", 解除前现场复查日期=today, 现场复查情况="隐患已消除。")
    expect(staff.page.locator(".record-head")).not_to_contain_text("挂牌督办")
    act(leader, paper(leader, record, "解除挂牌督办通知书"), "作废", "已作废", 作废原因="另行发文。")


def test_the_site_replies_by_its_code_on_a_phone(person, portal, photo):
    contractor, supervisor, inspector = person("contractor"), person("supervisor"), person("inspector")
    section = works(contractor, supervisor)
    record = report(contractor, section, "钢筋加工场配电箱", "未上锁，一闸多机。")
    judge(inspector, record, "临时用电")
    verify(inspector, record, "核查定为一般")
    inspector.press("现场回复链接")
    link = inspector.page.locator("#content .small a").get_attribute("href")

    phone = person("", viewport=PHONE)
    phone.open(urljoin(portal.url, link))
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.page.get_by_label("整改情况").fill("已上锁，分路接线。")
    phone.page.locator("input[type=file]").set_input_files(photo)
    phone.page.get_by_label("回复人姓名").fill("孙某")
    phone.press("提交回复")
    expect(phone.page.locator("body")).to_contain_text("已")

    supervisor.open(record)
    expect(supervisor.page.locator(".record-head")).to_contain_text("现场已回复")
    expect(supervisor.page.locator(".timeline")).to_contain_text("孙某（凭链接）")
    act(supervisor, record, "按现场回复验收合格", "已销号")

    # The link ended with the danger.
    phone.expects.add(410)
    phone.open(urljoin(portal.url, link))
    expect(phone.page.locator("body")).to_contain_text("不需要现场回复")


PEOPLE = ("contractor", "supervisor", "owner", "designer", "inspector", "staff", "leader", "centre")


@pytest.fixture(scope="module")
def dangers(portal):
    """Dangers at every point of their way, with their papers and the ladder's measures."""
    portal.run("manage.py", "load_demo_safety")


@pytest.mark.parametrize("username", PEOPLE)
def test_no_button_fails(person, portal, dangers, username):
    """Every act that a page of dangers, measures, sister checks, reports and documents offers opens its form."""
    someone = person(username)
    opened = 0
    for slug in ("hidden-dangers", "supervision-steps", "sister-checks", "public-reports", "documents"):
        answer = fetch(someone, f"{portal.url}/api/{slug}/?page_size=100")
        if answer.status == 403:
            continue
        # One of each state: the same buttons stand on all of them.
        for row in {row["status"]: row for row in answer.json()["results"]}.values():
            address = f"/{slug}/{row['id']}/"
            someone.open(address)
            links = someone.page.locator(".page-head .actions a, #content section[aria-label^='办理'] a")
            hrefs = [urljoin(someone.page.url, link.get_attribute("href")) for link in links.all()]
            offered = {href for href in hrefs if href.startswith(portal.url)}
            whole = fetch(someone, f"{portal.url}/api/{slug}/{row['id']}/").json()
            open_now = {a["name"] for a in whole["actions"] if not a["missing"]}
            shown = {m[1] for href in offered if (m := re.search(r"/do/([a-z_]+)/", href))}
            assert shown == open_now, address
            for href in offered:
                assert fetch(someone, href).status < 400, href
                opened += 1
    assert opened
