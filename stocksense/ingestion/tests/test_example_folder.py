"""The example folder of the documentation imports whole, and a second time changes nothing."""

from pathlib import Path

import pytest

from stocksense.ingestion import services
from stocksense.ingestion.models import DataFeed, ImportBatch, ImportState

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "small-company"

pytestmark = pytest.mark.django_db


def test_the_example_imports_and_again_changes_nothing():
    first = services.import_folder(folder=EXAMPLE, actor=None)
    assert not first.refused, first.reason
    assert [(file.kind, file.rejected) for file in first.files if file.rejected] == []
    assert {file.kind: file.new for file in first.files if file.kind != "company"} == {
        file.kind: file.rows for file in first.files if file.kind != "company"
    }
    second = services.import_folder(folder=EXAMPLE, actor=None)
    assert {file.kind: (file.new, file.changed, file.gone, file.rejected) for file in second.files} == {
        file.kind: (0, 0, 0, 0) for file in second.files
    }
    assert {file.kind: file.same for file in second.files} == {file.kind: file.rows for file in second.files}
    assert ImportBatch.objects.filter(state=ImportState.IMPORTED).count() == 2
    assert DataFeed.objects.count() == 14
