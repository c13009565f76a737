import pytest
from tests.portal import dialogues as made

pytestmark = pytest.mark.database


def test_try(client, region):
    one = made.dialogue(region)
    q = made.published(region, of=one)
    made.answered(region, "Une autre question sur les lycées de Lyon ?", of=one)
    made.over(region)
    made.cancelled(region, in_days=3)
    for path in (
        "/",
        "/dialogues",
        f"/dialogues/{one.ref}",
        f"/questions/{q.ref}",
        "/questions",
        "/dialogues.ics",
        f"/dialogues/{one.ref}.ics",
        "/questions.atom",
        "/questions/nouvelle",
        f"/dialogues/{one.ref}/question",
    ):
        a = client.get(path)
        print(path, a.status_code, a.text[:100] if a.status_code != 200 else "")
        assert a.status_code == 200, path
