from __future__ import annotations

from pathlib import Path

import pytest

from brands.lists import BrandRow, read_brand_list, upsert_brands
from brands.models import Brand
from mpr.errors import BadInput
from mpr.workspaces.models import Workspace


def rows_of(folder: Path, data: bytes) -> list[BrandRow]:
    path = folder / "brands.csv"
    path.write_bytes(data)
    return read_brand_list(path)


@pytest.mark.parametrize(
    "data",
    [
        b"canonical_name,aliases\nCoca-Cola,Coke; Coca  Cola ;coke;\nSony,\n",
        b"\xef\xbb\xbfcanonical_name,aliases\r\nCoca-Cola,Coke;Coca Cola\r\n\r\nSony\r\n",
        b'"Canonical_Name", Aliases \n"Coca-Cola","Coke;Coca Cola;COCA-COLA"\n ,\nSony,',
    ],
    ids=["plain", "byte-order-mark", "quoted"],
)
def test_rows(tmp_path: Path, data: bytes) -> None:
    assert rows_of(tmp_path, data) == [
        BrandRow(canonical_name="Coca-Cola", aliases=("Coke", "Coca Cola")),
        BrandRow(canonical_name="Sony", aliases=()),
    ]


def test_other_scripts_and_quoted_commas(tmp_path: Path) -> None:
    data = 'canonical_name,aliases\n索尼,Sony\n"Dolce, Gabbana",D&G\n'.encode()
    assert [row.canonical_name for row in rows_of(tmp_path, data)] == ["索尼", "Dolce, Gabbana"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty; its first line must be canonical_name,aliases."),
        (b" \n\n", "is empty; its first line must be"),
        (b"name,alias\nSony,\n", "begins with “name,alias”; its first line must be canonical_name,aliases."),
        (b"Sony,\nNike,\n", "begins with “Sony,”; its first line must be"),
        (b"canonical_name;aliases\nSony;\n", "begins with “canonical_name;aliases”; its first line must be"),
        (b"canonical_name,aliases\n\n", "has no brands below its header; add a line per brand."),
        (b"canonical_name,aliases\nSony,\n,Coke\n", "line 3 has no name; write it in the first column."),
        (b"canonical_name,aliases\nSony,\nNike,\nSONY,\n", "names “SONY” in line 2 and again in line 4; keep one."),
        (b"canonical_name,aliases\nSony,a,b\n", "line 2 has 3 columns; write the name, a comma and the aliases"),
        (b"canonical_name,aliases\n%s,\n" % (b"x" * 121), "is longer than 120 characters; shorten it."),
        (b"canonical_name,aliases\nSony,--\n", "“--” has neither letters nor digits"),
        (b"canonical_name,aliases\nSo\x07ny,\n", "line 2 holds characters that cannot be printed"),
        (b'canonical_name,aliases\n"Sony,\n', "line 2: unexpected end of data; check the quotes."),
        ("canonical_name,aliases\nCitroën,\n".encode("latin-1"), "is not UTF-8 text; save it as CSV in UTF-8."),
        ("canonical_name,aliases\nSony,\n".encode("utf-16"), "is not UTF-8 text; save it as CSV in UTF-8."),
        (b"\x00\x01\x02", "begins with “???”; its first line must be"),
    ],
    ids=["empty", "blank", "header", "no-header", "semicolons", "no-rows", "no-name", "twice", "columns", "long",
         "signs", "control", "quotes", "latin-1", "utf-16", "binary"],
)  # fmt: skip
def test_bad_lists_are_told(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        rows_of(tmp_path, data)
    assert sentence in error.value.message
    assert str(tmp_path / "brands.csv") in error.value.message


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no brands file .*none\.csv; check the name\."):
        read_brand_list(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="is a folder; give the CSV file with the brands"):
        read_brand_list(tmp_path)
    with pytest.raises(BadInput, match=r"cannot be read: "):
        read_brand_list(tmp_path / "no\0such")


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    with path.open("wb") as file:
        file.truncate(6_000_000)
    with pytest.raises(BadInput, match="is larger than 5 MB"):
        read_brand_list(path)


# --- into the workspace -----------------------------------------------------------------------------------------------


def row(name: str, *aliases: str) -> BrandRow:
    return BrandRow(canonical_name=name, aliases=aliases)


def stored() -> list[tuple[str, list[str]]]:
    return [(brand.canonical_name, brand.aliases) for brand in Brand.objects.all()]


def test_new_brands_are_made_in_the_rows_order(workspace: Workspace) -> None:
    brands = upsert_brands([row("Sony"), row("Coca-Cola", "Coke")], workspace=workspace)
    assert [brand.canonical_name for brand in brands] == ["Sony", "Coca-Cola"]
    assert stored() == [("Coca-Cola", ["Coke"]), ("Sony", [])]
    assert {brand.source for brand in brands} == {"manual"}


def test_twice_changes_nothing(workspace: Workspace) -> None:
    rows = [row("Sony", "Sony Corp"), row("Coca-Cola", "Coke")]
    first = upsert_brands(rows, workspace=workspace)
    before = stored()
    assert upsert_brands(rows, workspace=workspace) == first
    assert stored() == before


def test_aliases_are_added_and_the_name_stays(workspace: Workspace) -> None:
    upsert_brands([row("Coca-Cola", "Coke")], workspace=workspace)
    (brand,) = upsert_brands([row("COCA-COLA", "coke", "Coca Cola", "coca-cola")], workspace=workspace)
    assert (brand.canonical_name, brand.aliases) == ("Coca-Cola", ["Coke", "Coca Cola"])
    assert stored() == [("Coca-Cola", ["Coke", "Coca Cola"])]


def test_other_workspaces_and_shipped_brands_are_left_alone(workspace: Workspace) -> None:
    Brand.objects.create(workspace=None, canonical_name="Sony")
    Brand.objects.create(workspace=Workspace.objects.create(name="Theirs"), canonical_name="Sony")
    (brand,) = upsert_brands([row("Sony", "Sony Corp")], workspace=workspace)
    assert brand.workspace == workspace
    assert sorted(aliases for _, aliases in stored()) == [[], [], ["Sony Corp"]]


def test_a_failure_leaves_nothing_behind(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("django.db.models.query.QuerySet.bulk_update", fail)
    with pytest.raises(RuntimeError):
        upsert_brands([row("Sony", "Sony Corp")], workspace=workspace)
    assert stored() == []
