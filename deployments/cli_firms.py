"""``boostez firm``: the firms of the programme.

Belongs here: these commands. Does not: what happened to a firm (connectors/region/journeys.py) or its words (connectors/journeys).
"""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.journeys.wording import lines
from connectors.region import journeys
from connectors.region.database import region
from core import sirets
from deployments.command import Json, connected, guarded, print_json, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Firms that the programme accompanies.")


@app.command("journey")
@guarded
def journey(
    siret: Annotated[str, typer.Argument(help="The firm's SIRET; spaces do no harm.")], as_json: Json = False
) -> None:
    """Show a firm's way through the programme, the oldest event first, in French and in the time of Paris."""
    number = sirets.read(siret)
    if number is None:
        raise Misconfigured(f"{siret} is no SIRET: 14 digits are wanted.")
    with connected():
        found = journeys.journey(region(), number)
    if as_json:
        print_json(found)
        return
    say(f"{found.name}, {found.city or found.siret}")
    for line in lines(found, named=True):
        say(f"{line.when}  {line.said}")
