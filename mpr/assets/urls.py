from django.urls import path

from mpr.assets import video_views

urlpatterns = [
    path("assets/<uuid:asset_id>/video", video_views.asset_video, name="asset-video"),
    path("assets/<uuid:asset_id>/proxy/<int:number>.mp4", video_views.asset_proxy, name="asset-proxy"),
    path("assets/<uuid:asset_id>/player", video_views.asset_player, name="asset-player"),
]
