from __future__ import annotations

from pathlib import Path

import pytest

from detection.inference import used
from detection.inference.used import brand_evidence, brand_weights, digests, logo_weights, weights_used


def test_what_says_whose_logo_it_is_has_digests_and_the_rule_is_of_it() -> None:
    found = digests(brand_evidence())
    assert set(found) == {"logos.onnx", "pairs.onnx", "others.npy", "rule.json"}
    assert "rule.json" not in digests(logo_weights())


def test_another_rule_has_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(used, "LOGO_WEIGHTS", tmp_path)
    (tmp_path / "rule.json").write_text("{}")
    before = digests(brand_evidence())
    (tmp_path / "rule.json").write_text('{"rule": {}}')
    assert digests(brand_evidence()) != before


def test_logo_stages_name_their_networks() -> None:
    assert weights_used("embed_regions", {}) == logo_weights()
    assert weights_used("match_logos", {}) == brand_weights()
