from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "supervision.flows"
    label = "flows"
    verbose_name = "流转与历史"
