"""Notices as Word documents, made by code: automatic numbers, heading styles, tables with merged cells."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

LEVELS = (("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3．"))


def numbered() -> Document:
    """An empty document whose list 7 numbers 一、（一）1． by itself."""
    made = Document()
    numbering = made.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (style, text) in enumerate(LEVELS)
    )
    abstract = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>')
    numbering.insert(0, abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    return made


def line(made: Document, text: str, depth: int | None = None, style: str | None = None):
    """A paragraph, numbered by Word at this depth; a line break in the text is a soft one."""
    paragraph = made.add_paragraph(style=style)
    for place, part in enumerate(text.split("\n")):
        run = paragraph.add_run(part)
        if place + 1 < len(text.split("\n")):
            run.add_break()
    if depth is not None:
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>')
        )
    return paragraph


def table(made: Document, rows: list[list[str]], merged: list[tuple[int, int, int]] = ()) -> None:
    """A table; `merged` are (column, first row, last row) of cells made one."""
    grid = made.add_table(len(rows), len(rows[0]))
    for at, row in enumerate(rows):
        for place, text in enumerate(row):
            grid.cell(at, place).text = text
    for column, first, last in merged:
        grid.cell(first, column).merge(grid.cell(last, column))


def automatic() -> Document:
    """The notice “automatic” of answers.yaml."""
    made = numbered()
    line(made, "江屏市智慧工地建设行动方案", style="Title")
    line(made, "江屏交〔2026〕5号")
    line(made, "各县（区）交通运输局：")
    line(made, "")
    line(made, "总体要求", 0)
    line(made, "坚持需求牵引、实用管用。")
    line(made, "行动目标", 0)
    line(
        made,
        "到2027年底，新开工项目智慧工地覆盖率达到100%，在建项目不低于80%，建成省级智慧工地示范项目3～5个。",
    )
    line(made, "主要任务", 0)
    line(made, "建好平台", 1)
    line(made, "开发统一数据接口。2026年接入项目不少于25个。\n责任单位：局科技处、市交通信息中心", 2)
    line(made, "强化数据质量核验，数据上传及时率95%以上。（责任单位：市质监站）", 2)
    line(made, "用好数据", 1)
    line(made, "推行远程巡查。（责任单位：各县（区）交通运输局，\n市公路中心）", 2)
    line(made, "组织领导", 0)
    line(made, "加强统筹，压实责任。")
    line(made, "江屏市交通运输局")
    line(made, "2026年2月3日")
    return made


def tabled() -> Document:
    """The notice “tabled” of answers.yaml: tasks and projects stand in tables."""
    made = Document()
    made.add_paragraph("溪川市交通工程质量安全攻坚年活动方案")
    made.add_heading("总体目标", 1)
    made.add_paragraph("2026年，交工验收工程质量抽检合格率≥97%，较大事故为零。")
    made.add_heading("任务分解表", 1)
    table(
        made,
        [
            ["序号", "工作任务", "具体措施", "牵头单位", "配合单位", "完成时限"],
            ["1", "实体质量攻坚", "开展混凝土强度专项检测", "市质监站", "市公路中心、港航中心", "6月底"],
            ["2", "", "整治预应力施工通病", "局建管处", "各县（区）交通运输局", "9月底"],
            ["3", "本质安全攻坚", "更新老旧架桥机", "局安监处", "各施工单位", "12月底"],
        ],
        merged=[(1, 1, 2)],
    )
    made.add_heading("重点项目清单（共4个）", 1)
    table(
        made,
        [
            ["序号", "项目名称", "建设单位"],
            ["1", "溪川大桥", "市公路中心"],
            ["2", "三溪航道整治工程", "市港航中心"],
            ["3", "环城东路", "东区"],
        ],
    )
    made.add_paragraph("- 2 -")
    return made


DOCUMENTS = {"automatic": automatic, "tabled": tabled}


def content(made: Document) -> bytes:
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def written(name: str, folder: Path) -> Path:
    file = folder / f"{name}.docx"
    file.write_bytes(content(DOCUMENTS[name]()))
    return file


__all__ = ["DOCUMENTS", "content", "line", "numbered", "table", "written"]
