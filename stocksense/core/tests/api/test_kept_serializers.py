"""Serializers of bodies are used again by later requests, and remember nothing of earlier ones."""

import pytest
from rest_framework import serializers

from stocksense.core.api import bodies


class Body(serializers.Serializer):
    name = serializers.CharField()
    number = serializers.IntegerField(required=False)
    said = serializers.SerializerMethodField()

    def validate_name(self, value: str) -> str:
        return f"{value} for {self.context['who']}"


def check(data, who: str = "Ada", **options) -> dict:
    return bodies.checked(Body, data, context={"who": who}, **options)


@pytest.fixture(autouse=True)
def nothing_waits():
    bodies._waiting.cache_clear()


def test_each_request_has_its_own_values_errors_and_context():
    assert check({"name": "tea", "number": 1}) == {"name": "tea for Ada", "number": 1}
    with pytest.raises(serializers.ValidationError) as refused:
        check({"number": "x", "colour": "red"})
    assert set(refused.value.detail) == {"name", "number", "colour"}
    assert check({"name": "tea"}, who="Bob") == {"name": "tea for Bob"}
    with pytest.raises(serializers.ValidationError):
        check({})
    assert check({}, partial=True) == {}


def test_what_waits_holds_nothing_of_a_request():
    check({"name": "tea"})
    with pytest.raises(serializers.ValidationError):
        check({"name": ""})
    (waiting,) = bodies._waiting(Body, False)
    assert vars(waiting).keys().isdisjoint({"initial_data", "_context", "_validated_data", "_errors"})


def test_two_requests_at_once_have_two_serializers():
    with bodies._bound(Body, {"name": "a"}, partial=False, context={}) as first:
        with bodies._bound(Body, {"name": "b"}, partial=False, context={}) as second:
            assert first is not second
        assert first.initial_data == {"name": "a"}
    assert len(bodies._waiting(Body, False)) == 2


def test_one_that_failed_by_a_fault_waits_clean_as_well():
    with pytest.raises(KeyError):
        bodies.checked(Body, {"name": "tea"}, context={})
    assert check({"name": "tea"}) == {"name": "tea for Ada"}
