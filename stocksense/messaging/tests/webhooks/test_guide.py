"""The guide for receivers: its code takes what we send, and its tables name what there is."""

import re
from pathlib import Path

import pytest

from stocksense.messaging.models import News
from stocksense.messaging.webhooks import deliveries, dispatch, news
from stocksense.settings import webhooks as settings

pytestmark = pytest.mark.django_db
GUIDE = (Path(__file__).resolve().parents[4] / "docs" / "guides" / "webhooks.md").read_text()


def test_the_guides_receiver_takes_a_message_once_and_refuses_a_forged_one(made, receiver, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    room: dict = {}
    exec(code, room)  # noqa: S102 (our own guide)
    news.hand_to_endpoints(news.message(News.PLAN_PUBLISHED, {"run": 41}))
    dispatch.deliver_due()
    ((_, sent, body),) = receiver.requests
    headers = {name.lower(): value for name, value in sent.items()}
    assert room["receive"](headers, body.replace(b"41", b"42"), made.secret) == 401
    assert room["receive"](headers, body, made.secret) == 204
    assert room["receive"](headers, body, made.secret) == 204
    assert capsys.readouterr().out == "plan.published {'run': 41}\n"


def test_the_guide_names_every_topic_and_setting():
    assert set(re.findall(r"^\| `([a-z_]+\.[a-z]+)`", GUIDE, flags=re.MULTILINE)) == set(News.values)
    assert set(re.findall(r"^\| `(WEBHOOK_[A-Z_]+)`", GUIDE, flags=re.MULTILINE)) == {
        name for name in vars(settings) if name.startswith("WEBHOOK_")
    }
    assert (deliveries.MOST_ATTEMPTS, deliveries.PAUSED_AFTER.days) == (12, 2)
