from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "mpr.workspaces"
    label = "workspaces"
    verbose_name = "Workspaces"
    default_auto_field = "django.db.models.BigAutoField"
