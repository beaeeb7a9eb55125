from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "supervision.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, Role

        from . import context, documents, jobs, ledgers, notices
        from .search import index

        notices.listen()
        index.listen()
        reporters = AUTHORITY_ROLES | PARTY_ROLES | {Role.INSPECTOR}
        context.PAGES += [
            ("工作台", "工作台", "workbench", None),
            ("工作台", "领导看板", "leader", frozenset({Role.BUREAU_LEADER, Role.BUREAU_STAFF})),
            ("计划与目标", "目标完成情况", "targets_page", READER_ROLES - {Role.ENTERPRISE}),
            ("计划与目标", "统计指标", "figures", READER_ROLES - {Role.ENTERPRISE}),
            ("计划与目标", "任务进度", "tasks_board", READER_ROLES),
            ("计划与目标", "我的任务", "my_tasks", AUTHORITY_ROLES | PARTY_ROLES | {Role.INSPECTOR}),
            ("计划与目标", "本单位履职", "duty_mine", reporters | {Role.BUREAU_LEADER}),
        ]
        context.PAGES_BELOW += [
            ("隐患治理", "随手报隐患", "quick_report", reporters),
            ("隐患治理", "隐患统计", "danger_statistics", READER_ROLES),
            ("质量管理", "抽检合格率", "test_rates", READER_ROLES - {Role.ENTERPRISE}),
            ("质量管理", "耐久性指标控制图", "durability_chart", READER_ROLES - {Role.ENTERPRISE}),
            ("隐患治理", "月度统计表", "danger_monthly", READER_ROLES - {Role.ENTERPRISE}),
        ]
        # Imported for what they register.
        del documents, jobs, ledgers
