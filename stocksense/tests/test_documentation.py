"""What the documentation says of the code is true."""

from stocksense.core.management.commands import document_tables


def test_the_tables_section_shows_the_models_as_they_are():
    text = document_tables.page().read_text()
    written = text.split(document_tables.START)[1].split(document_tables.END)[0]
    assert written == "\n".join(document_tables.section()) + "\n", "run manage.py document_tables"
