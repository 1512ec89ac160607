"""A training kept as bytes forecasts what it did before; other bytes are refused."""

import io
import zipfile

import numpy as np
import pytest

from forecasting import engine
from forecasting.tests.engine.test_training import HORIZON, small_panel


@pytest.fixture(scope="module")
def stored():
    panel = small_panel()
    trained = engine.train(panel, horizon=HORIZON, seed=3, trees=0.1)
    return panel, trained, engine.to_bytes(trained)


def test_a_stored_training_forecasts_the_same(stored):
    panel, trained, content = stored
    assert trained.members.model is not None
    before, after = engine.forecast(trained, panel), engine.forecast_stored(content, panel)
    assert np.array_equal(before.mean, after.mean)
    assert np.array_equal(before.quantiles, after.quantiles)
    assert np.array_equal(before.cumulative_dense, after.cumulative_dense)
    assert engine.from_bytes(content).evidence == trained.evidence


def test_what_holds_no_training_is_refused(stored):
    content = stored[2]
    for other in (b"", b"PK nothing", content[: len(content) // 2]):
        with pytest.raises(engine.UnreadableTraining):
            engine.from_bytes(other)


@pytest.mark.parametrize(
    "document", [b"[]", b'{"format": 99}', b'{"format": 1, "trained": {"is": "Popen", "fields": {}}}']
)
def test_a_document_of_something_else_is_refused(document):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("document.json", document)
    with pytest.raises(engine.UnreadableTraining):
        engine.from_bytes(memory.getvalue())
