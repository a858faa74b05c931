"""Forms made from schemas: for every stage that ships, and what is typed into them."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from mpr.pipeline.config import defaults, schema
from profiles.families import registry
from profiles.fields import fields_of, key_of, read_fields, words

STAGES = sorted(registry().stages)


def form(stage, values=None, profile=None, **given):
    usual = defaults(stage.config)
    return {field.name: field for field in fields_of(stage, values or usual, profile or usual, **given)}


def sent(stage, values=None, **typed):
    """What a browser sends of the form."""
    data = QueryDict(mutable=True)
    for field in form(stage, values).values():
        if field.kind == "choices":
            data.setlist(field.key, list(field.chosen))
        elif field.kind != "boolean" or field.text:
            data[field.key] = field.text
    for name, text in typed.items():
        if isinstance(text, list):
            data.setlist(key_of(name), text)
        elif text is None:
            data.pop(key_of(name), None)
        else:
            data[key_of(name)] = text
    return data


@pytest.mark.parametrize("name", STAGES)
def test_a_form_that_is_sent_back_untouched_changes_nothing(name):
    stage = registry().stage(name)
    assert read_fields(stage, sent(stage)) == (defaults(stage.config), {})


@pytest.mark.parametrize("name", STAGES)
def test_every_setting_has_a_field_with_a_help_and_reach_for_its_value(name):
    stage = registry().stage(name)
    properties = schema(stage.config)["properties"]
    fields = form(stage)
    assert list(fields) == list(properties)
    for field in fields.values():
        assert field.help
        assert not field.differs
        assert field.kind in ("number", "integer", "boolean", "choice", "choices", "list", "pairs", "text")
        if field.slider is not None:
            assert float(field.slider.low) <= float(field.text) <= float(field.slider.high), field
            assert float(field.slider.step) > 0


@pytest.mark.parametrize(
    ("stage", "setting", "kind", "label", "unit", "bounds"),
    [
        ("field_segmentation", "hue_low_deg", "number", "Hue low", "°", "0 to 360"),
        ("field_segmentation", "gap_px", "integer", "Gap", "px", "0 to 100"),
        ("extract_frames", "fps", "number", "FPS", "", "above 0 up to 240"),
        ("match_brands", "support_s", "number", "Support", "s", "from 0"),
        ("detect_objects", "detectors", "choices", "Detectors", "", ""),
        ("filter_scenes", "find_replays", "boolean", "Find replays", "", ""),
        ("compile_report", "audience_curve", "pairs", "Audience curve", "", ""),
        ("run_ocr", "languages", "list", "Languages", "", ""),
        ("run_ocr", "backend", "choice", "Backend", "", ""),
        ("escalate_cloud", "model", "text", "Model", "", ""),
    ],
)
def test_a_field_is_what_its_schema_says(stage, setting, kind, label, unit, bounds):
    field = form(registry().stage(stage))[setting]
    assert (field.kind, field.label, field.unit, field.bounds) == (kind, label, unit, bounds)


def test_a_slider_leaves_out_what_nobody_aims_at():
    share = form(registry().stage("compile_report"))["min_area_share"].slider
    assert (share.low, float(share.high) < 0.01) == ("0", True)
    assert form(registry().stage("field_segmentation"))["hue_low_deg"].slider.high == "360"
    assert form(registry().stage("field_segmentation"))["hue_spread_deg"].slider.low != "0"


def test_what_differs_from_the_profile_is_marked():
    stage = registry().stage("field_segmentation")
    fields = form(stage, {**defaults(stage.config), "gap_px": 4})
    assert [name for name, field in fields.items() if field.differs] == ["gap_px"]
    assert (fields["gap_px"].text, fields["gap_px"].profile_words) == ("4", "9")


@pytest.mark.parametrize(
    ("stage", "typed", "value"),
    [
        ("field_segmentation", {"hue_low_deg": " 42.5 "}, 42.5),
        ("field_segmentation", {"gap_px": "12.0"}, 12),
        ("filter_scenes", {"find_replays": None}, False),
        ("detect_objects", {"detectors": ["text", "yolo"]}, ["text", "yolo"]),
        ("match_brands", {"brands": "Nordwind\n\n Öl AG \n"}, ["Nordwind", "Öl AG"]),
        ("compile_report", {"audience_curve": "0 1000\n60: 2500.5"}, [[0.0, 1000.0], [60.0, 2500.5]]),
    ],
)
def test_what_is_typed_is_read_as_its_kind(stage, typed, value):
    stage = registry().stage(stage)
    values, errors = read_fields(stage, sent(stage, **typed))
    assert errors == {}
    assert values[next(iter(typed))] == value


@pytest.mark.parametrize(
    ("stage", "typed", "sentence"),
    [
        ("field_segmentation", {"hue_low_deg": "green"}, "“hue_low_deg” takes a number; “green” is none."),
        ("field_segmentation", {"gap_px": "1.5"}, "“gap_px” takes a whole number; 1.5 is none."),
        ("field_segmentation", {"gap_px": ""}, "“gap_px” takes a whole number."),
        ("field_segmentation", {"hue_low_deg": "nan"}, "infinity and NaN cannot be set."),
        ("field_segmentation", {"gap_px": "inf"}, "“gap_px” takes a whole number; inf is none."),
        ("field_segmentation", {"min_share": "1.5"}, "field_segmentation: “min_share” is not right: expected"),
        ("detect_objects", {"detectors": []}, "“detectors” is not right"),
        ("run_ocr", {"backend": "tesseract"}, "“backend” is not right"),
        ("compile_report", {"audience_curve": "0 1 2"}, "is not right"),
        ("compile_report", {"currency": "euro"}, "“currency” is not right"),
    ],
)
def test_each_mistake_is_told_by_its_setting_and_the_others_are_read(stage, typed, sentence):
    stage = registry().stage(stage)
    values, errors = read_fields(stage, sent(stage, **typed))
    (setting,) = typed
    assert list(errors) == [setting]
    assert sentence in errors[setting]
    assert set(values) == set(defaults(stage.config)) - {setting}
    field = form(stage, typed=sent(stage, **typed), errors=errors)[setting]
    assert field.error == errors[setting]
    if field.kind != "choices":
        assert field.text == typed[setting]


def test_values_in_words():
    assert words(True) == "on"
    assert words([]) == words("") == "none"
    assert words(0.30000) == "0.3"
    assert words(["a", "b", "c", "d", "e"]) == "a, b, c, d, … (5 in all)"
    assert words([[0.0, 1000.0]]) == "0:1000"
