import os, datetime as dt
import pytest
from pydantic import SecretStr
from connectors.region import officers, dialogue_holding, dialogue_life, sessions
from connectors.region.dialogue_life import Placement
from connectors.seals import Seals
from connectors.settings import Settings
from tests.portal import dialogues as made
from tests.portal.dialogues import NOW, hub
from tests.portal.test_pages_in_a_browser import listening
from tests.hands import sql

pytestmark = pytest.mark.database
OUT = "/tmp/p5shots"


def test_shots(browser, region, tmp_path):
    os.makedirs(OUT, exist_ok=True)
    settings = Settings(
        home=tmp_path,
        portal_url=made.SITE,
        contact_email="offres@region.example",
        smtp_url=SecretStr("smtp://127.0.0.1:1"),
    )
    one = made.dialogue(region)
    room = made.dialogue(
        region,
        in_days=21,
        seats=80,
        theme="schools",
        title="Le lycée de demain",
        department=None,
        official="Claire Dubois",
    )
    dialogue_life.move(
        region,
        hub(),
        room.ref,
        "C",
        None,
        NOW,
        where=Placement(
            official_id=room.official_id,
            moderator_id=room.moderator_id,
            venue_id=room.venue_id,
            starts_wall=room.starts_wall + dt.timedelta(days=2),
        ),
    )
    back = made.dialogue(
        region, in_days=5, theme="health", title="Des médecins près de chez nous", department="43"
    )
    dialogue_life.fall_back(
        region, hub(), back.ref, "C", "la connexion de la salle est trop faible pour la vidéo.", NOW
    )
    air = made.dialogue(
        region, in_days=-0.01, theme="jobs", title="Trouver un emploi après 50 ans", department="69"
    )
    dialogue_holding.go_on_air(region, hub(), air.ref, "C", NOW)
    sql(
        region,
        "UPDATE effect SET remote_id='123456', live_hash='x' WHERE channel='facebook_live' AND subject=:r",
        r=air.ref,
    )
    off = made.cancelled(region, in_days=9, theme="culture", title="Festivals d’été")
    over = made.over(region, theme="digital", title="La fibre partout, quand ?")
    q = made.published(region, of=one, days_ago=18)
    made.published(
        region,
        "Y aura-t-il des places de vélo dans tous les trains régionaux, y compris ceux du matin vers Clermont-Ferrand, et faut-il réserver ?",
        of=one,
        author=None,
        days_ago=3,
    )
    a = made.answered(
        region, "Le tarif réduit des moins de 26 ans sera-t-il maintenu l’an prochain ?", of=one
    )
    w = made.waiting(
        region, "Le car du soir Aurillac Saint-Flour sera-t-il rétabli ? Écrivez-moi : ada@example.fr", of=one
    )
    made.waiting(region, "Quand aurons-nous un distributeur de billets en gare de Murat ?")
    r = made.refused(region, "Quand réparez-vous la route de mon village ?")
    m = made.by_mail(region, "Combien coûte une carte de transport pour un apprenti de Moulins ?")
    officer = (
        Seals(settings)
        .link("officer", str(officers.give(region, "Camille Durand", NOW).id), NOW)
        .removeprefix(made.SITE)
    )
    s = Seals(settings)
    sql(
        region,
        "INSERT INTO vote (question_id, voter, at) SELECT :q, decode(lpad(to_hex(n),32,'0'),'hex'), now() FROM generate_series(1,14) n",
        q=q.id,
    )
    import connectors.region.asks as asks

    sess = sessions.named(region, one.session_id)
    ask = asks.follow(region, sess.ref, "b@x.example", "Bob", b"o", "w", NOW)
    pages = {
        "home": "/",
        "list": "/dialogues",
        "list-empty": "/dialogues?departement=15&theme=digital",
        "one": f"/dialogues/{one.ref}",
        "room": f"/dialogues/{room.ref}",
        "back": f"/dialogues/{back.ref}",
        "air": f"/dialogues/{air.ref}",
        "off": f"/dialogues/{off.ref}",
        "over": f"/dialogues/{over.ref}",
        "questions": "/questions",
        "question": f"/questions/{q.ref}",
        "answered": f"/questions/{a.ref}",
        "refused": f"/questions/{r.ref}",
        "waiting": f"/questions/{w.ref}",
        "form": "/questions/nouvelle",
        "form-d": f"/dialogues/{one.ref}/question",
        "follow": f"/dialogues/{room.ref}/suivre",
        "watch": f"/questions/{q.ref}/suivre",
        "own": s.link("question", r.ref, NOW).removeprefix(made.SITE),
        "own-w": s.link("question", w.ref, NOW).removeprefix(made.SITE) + "?garder",
        "confirm": s.link("ask", ask.ref, NOW).removeprefix(made.SITE),
        "queue": officer + "/questions",
        "mod-w": f"{officer}/questions/{w.ref}",
        "mod-p": f"{officer}/questions/{q.ref}",
        "parity": "/parite",
    }
    only = os.environ.get("SHOTS", "").split(",") if os.environ.get("SHOTS") else list(pages)
    with listening(region, settings) as base:
        for width, scheme in ((360, "light"), (1280, "light")):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            for name in only:
                page.goto(base + pages[name])
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                print(name, width, page.title(), wide)
                page.screenshot(path=f"{OUT}/{name}-{width}.png", full_page=True)
            page.close()
