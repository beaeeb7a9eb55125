from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "supervision.rules"
    label = "rules"
    verbose_name = "规则与日历"
