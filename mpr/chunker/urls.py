from django.urls import path

from mpr.chunker import views

urlpatterns = [
    path("assets/<uuid:asset_id>/", views.asset, name="asset"),
    path("assets/<uuid:asset_id>/chunks", views.asset_chunks, name="asset-chunks"),
    path("assets/<uuid:asset_id>/timelines", views.asset_timelines, name="asset-timelines"),
    path("assets/<uuid:asset_id>/filmstrip/<int:number>.jpg", views.asset_filmstrip, name="asset-filmstrip"),
]
