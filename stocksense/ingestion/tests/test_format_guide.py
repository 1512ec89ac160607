import io

import pytest
from django.core.management import CommandError, call_command

from stocksense.ingestion import exporters, format_tables, importers
from stocksense.ingestion.management.commands.document_formats import GUIDE


def test_the_guide_holds_the_tables_of_the_specifications():
    page = GUIDE.read_text(encoding="utf-8")
    assert format_tables.with_tables(page) == page


def test_every_kind_and_every_column_is_documented():
    page = GUIDE.read_text(encoding="utf-8")
    for kind in (*importers.all_importers(), *exporters.run_exporters()):
        section = page.split(f"\n### {kind.kind}\n")[1].split("\n### ")[0]
        assert [column.name for column in kind.columns if f"| `{column.name}` |" not in section] == []


def test_a_row_says_what_is_needed_of_which_type_and_what_it_means():
    tables = format_tables.import_tables()
    assert "| `order_multiple` |  | number, 3 decimals, > 0 | Order units. |" in tables.split("### supplier_items")[1]
    assert "| `lot` | key | code, up to 64 | Blank: the default lot. |" in tables
    assert "| `rate` | required | number, 8 decimals, > 0 | Company currency per unit. |" in tables
    assert "| `closed` |  | 1 or 0 | 1 unless given. |" in tables


def test_the_command_writes_and_checks_a_page(tmp_path):
    page = tmp_path / "page.md"
    empty = "# Mine\n{}between\n{}end\n".format(
        *(f"<!-- begin {part} -->\n<!-- end {part} -->\n" for part in ("import files", "results"))
    )
    page.write_text(empty)
    with pytest.raises(CommandError, match=r"is out of date; run: manage\.py document_formats"):
        call_command("document_formats", "--page", str(page), "--check")
    assert page.read_text() == empty
    call_command("document_formats", "--page", str(page), stdout=io.StringIO())
    assert page.read_text().startswith("# Mine\n")
    assert page.read_text().endswith("\nend\n")
    assert "\nbetween\n" in page.read_text()
    said = io.StringIO()
    call_command("document_formats", "--page", str(page), "--check", stdout=said)
    assert said.getvalue() == "page.md is up to date.\n"
    page.write_text("nothing to fill")
    with pytest.raises(CommandError, match="lacks <!-- begin import files -->"):
        call_command("document_formats", "--page", str(page))
