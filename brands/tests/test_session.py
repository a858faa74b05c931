from __future__ import annotations

import pytest

from brands.models import Brand
from brands.session import session_brands
from mpr.errors import BadInput
from mpr.workspaces.models import Workspace


@pytest.fixture
def brands(workspace: Workspace) -> dict[str, Brand]:
    theirs = Workspace.objects.create(name="Theirs")
    made = [(workspace, "Sony"), (None, "Nike"), (None, "SONY"), (theirs, "Puma")]
    return {name: Brand.objects.create(workspace=owner, canonical_name=name) for owner, name in made}


def test_no_names_means_all_that_the_workspace_sees(workspace: Workspace, brands: dict[str, Brand]) -> None:
    assert session_brands(workspace, []) == [brands["Nike"], brands["Sony"]]


def test_names_in_any_case_and_order(workspace: Workspace, brands: dict[str, Brand]) -> None:
    assert session_brands(workspace, ["sony", " NIKE ", "Sony"]) == [brands["Nike"], brands["Sony"]]
    assert session_brands(workspace, ["nike"]) == [brands["Nike"]]


@pytest.mark.parametrize(("name", "hint"), [("Sonny", "Did you mean “Sony”?"), ("Puma", "Known: Nike, Sony.")])
def test_unknown_name_is_told(workspace: Workspace, brands: dict[str, Brand], name: str, hint: str) -> None:
    with pytest.raises(BadInput) as error:
        session_brands(workspace, ["Nike", name])
    assert error.value.message == f"There is no brand “{name}”. {hint}"


def test_a_workspace_without_brands(workspace: Workspace) -> None:
    assert session_brands(workspace, []) == []
