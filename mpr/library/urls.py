from django.urls import path

from mpr.library import views

urlpatterns = [
    path("", views.library, name="library"),
    path("library/list", views.library_list, name="library-list"),
    path("library/incoming", views.incoming, name="library-incoming"),
    path("library/found", views.found_files, name="library-found"),
    path("assets/<uuid:asset_id>/poster.jpg", views.asset_poster, name="asset-poster"),
    path("assets/<uuid:asset_id>/jobs", views.asset_jobs, name="asset-jobs"),
    path("assets/<uuid:asset_id>/tags", views.asset_tags, name="asset-tags"),
    path("assets/<uuid:asset_id>/delete", views.asset_delete, name="asset-delete"),
    path("assets/<uuid:asset_id>/restore", views.asset_restore, name="asset-restore"),
    path("assets/<uuid:asset_id>/retry", views.asset_retry, name="asset-retry"),
]
