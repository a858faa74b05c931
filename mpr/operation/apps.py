from django.apps import AppConfig


class OperationConfig(AppConfig):
    name = "mpr.operation"
    label = "operation"
