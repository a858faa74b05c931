from django.urls import path

from detection.brand_pages import lists, views

urlpatterns = [
    path("brands", views.brands, name="brands"),
    path("brands/add", views.add, name="brand-add"),
    path("brands/import", lists.bring, name="brand-import"),
    path("brands/export.<slug:kind>", lists.export, name="brand-export"),
    path("brands/<uuid:brand_id>", views.brand, name="brand"),
    path("brands/<uuid:brand_id>/change", views.change, name="brand-change"),
]
