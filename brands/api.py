"""Brands and the pictures of their logos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brands.access import find_brand
from brands.exemplars import add_exemplar
from brands.lists import checked_row, upsert_brands
from brands.models import Brand, Exemplar
from brands.pictures import MOST_BYTES
from mpr.api.input import StrictSerializer, parsed
from mpr.errors import BadInput
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role

_GONE = {204: OpenApiResponse(description="It is gone.")}


class ExemplarShape(serializers.ModelSerializer):
    address = serializers.SerializerMethodField(help_text="Where the picture is, PNG.")

    class Meta:
        model = Exemplar
        fields = ["id", "brand", "address", "sha256", "note", "created_at"]
        read_only_fields = fields

    def get_address(self, exemplar: Exemplar) -> str:
        return reverse("exemplar", args=[exemplar.pk])


class BrandShape(serializers.ModelSerializer):
    exemplars: Any = ExemplarShape(many=True, read_only=True)

    class Meta:
        model = Brand
        fields = ["id", "workspace", "canonical_name", "aliases", "source", "notes", "exemplars", "created_at"]
        read_only_fields = fields


class BrandsShape(serializers.Serializer):
    brands = BrandShape(many=True)


class BrandFilter(StrictSerializer):
    workspace = serializers.UUIDField(required=False)


class BrandInput(StrictSerializer):
    canonical_name = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField(), default=list)
    workspace = serializers.UUIDField(required=False, help_text="For members of several.")


class ExemplarInput(StrictSerializer):
    file = serializers.FileField(help_text="SVG, PNG or JPEG, with multipart/form-data.")
    note: Any = serializers.CharField(required=False, max_length=200)


def brand_for(request: Request, brand_id: UUID, role: Role) -> Brand:
    """As `find_brand`, for the person who asks."""
    return find_brand(request.user, brand_id, role)


class Brands(APIView):
    @extend_schema(operation_id="list_brands", tags=["brands"], parameters=[BrandFilter], responses=BrandsShape)
    def get(self, request: Request) -> Response:
        """The brands of a workspace and those that ship, with their exemplars."""
        given = parsed(BrandFilter, request, query=True)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.VIEWER)
        brands = Brand.objects.in_workspace(workspace).prefetch_related("exemplars")
        return Response({"brands": BrandShape(brands, many=True).data})

    @extend_schema(
        operation_id="add_brand", tags=["brands"], request=BrandInput, responses={201: BrandShape, 200: BrandShape}
    )
    def post(self, request: Request) -> Response:
        """Add a brand; aliases are added to one that is there."""
        given = parsed(BrandInput, request)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.CURATOR)
        row = checked_row(given["canonical_name"], given["aliases"], where="The brand")
        with transaction.atomic():
            known = Brand.objects.filter(workspace=workspace, canonical_name__iexact=row.canonical_name).exists()
            (brand,) = upsert_brands([row], workspace=workspace)
        return Response(BrandShape(brand).data, status=200 if known else 201)


class OneBrand(APIView):
    @extend_schema(operation_id="get_brand", tags=["brands"], responses=BrandShape)
    def get(self, request: Request, brand_id: UUID) -> Response:
        """A brand with its exemplars."""
        return Response(BrandShape(brand_for(request, brand_id, Role.VIEWER)).data)

    @extend_schema(operation_id="delete_brand", tags=["brands"], responses=_GONE)
    def delete(self, request: Request, brand_id: UUID) -> Response:
        """Delete a brand and its exemplars; what reports say of it stays."""
        brand_for(request, brand_id, Role.CURATOR).delete()
        return Response(status=204)


class Exemplars(APIView):
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(
        operation_id="add_exemplar",
        tags=["brands"],
        request={"multipart/form-data": ExemplarInput},
        responses={201: ExemplarShape, 200: ExemplarShape},
    )
    def post(self, request: Request, brand_id: UUID) -> Response:
        """Give a brand a picture of its logo. The same file again adds nothing, and is answered with 200."""
        brand = brand_for(request, brand_id, Role.CURATOR)
        given = parsed(ExemplarInput, request)
        file = given["file"]
        if file.size > MOST_BYTES:
            raise BadInput(f"This file is larger than {MOST_BYTES // 1_000_000} MB; a logo needs far less.")
        exemplar, is_new = add_exemplar(
            brand, file.read(), called=f"“{file.name}”", note=given.get("note", file.name or "")
        )
        return Response(ExemplarShape(exemplar).data, status=201 if is_new else 200)


class OneExemplar(APIView):
    @extend_schema(operation_id="delete_exemplar", tags=["brands"], responses=_GONE)
    def delete(self, request: Request, brand_id: UUID, exemplar_id: int) -> Response:
        """Delete an exemplar and its file."""
        brand = brand_for(request, brand_id, Role.CURATOR)
        exemplar = brand.exemplars.filter(pk=exemplar_id).first()
        if exemplar is None:
            raise Http404
        exemplar.delete()
        return Response(status=204)


urlpatterns = [
    path("brands", Brands.as_view(), name="api-brands"),
    path("brands/<uuid:brand_id>", OneBrand.as_view(), name="api-brand"),
    path("brands/<uuid:brand_id>/exemplars", Exemplars.as_view(), name="api-exemplars"),
    path("brands/<uuid:brand_id>/exemplars/<int:exemplar_id>", OneExemplar.as_view(), name="api-exemplar"),
]
