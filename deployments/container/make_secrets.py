"""Every password that the parts of compose.yaml have among themselves, drawn by chance: `python3 make_secrets.py`.

Belongs here: those passwords, and the addresses that carry them. Does not: what others gave (tokens, the relay's password):
empty files wait for them, and a part whose file is empty refuses to start.

Needs nothing but Python. What is there already stays as it is, so it may be run again.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

GIVEN = (  # by others; "boostez worker" names those that are missing
    "boostez_contractor_client_id",
    "boostez_contractor_client_secret",
    "boostez_facebook_token",
    "boostez_facebook_app_secret",
    "boostez_smtp_url",
    "boostez_alert_urls",
    "boostez_oidc_client_secret",
)


def drawn() -> dict[str, str]:
    """What each file holds; a password and the address that carries it agree."""
    region, prefect, redis, owner, door, seal = (secrets.token_hex(24) for _ in range(6))
    return {
        "postgres_password": owner,
        "region_password": region,
        "prefect_database_password": prefect,
        "redis.conf": f"requirepass {redis}\n",
        "boostez_database_url": f"postgresql+psycopg://boostez:{region}@postgres/boostez",
        "boostez_prefect_database_url": f"postgresql://prefect:{prefect}@postgres/prefect",
        "boostez_redis_url": f"redis://:{redis}@redis:6379/0",
        "boostez_prefect_password": door,
        "boostez_portal_secret": seal,
        **dict.fromkeys(GIVEN, ""),
    }


def main(folder: Path) -> int:
    """Write what is missing; 1 when only a part of our own passwords is there, since those must agree."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = drawn()
    ours = [name for name in wanted if name not in GIVEN]
    there = [name for name in ours if (folder / name).exists()]
    if there and len(there) < len(ours):
        missing = ", ".join(sorted(set(ours) - set(there)))
        sys.stderr.write(
            f"{folder} lacks {missing}: restore them, or remove the others of ours and begin anew.\n"
        )
        return 1
    for name, value in wanted.items():
        if not (folder / name).exists():
            # Readable by the containers' accounts, to which single files are lent; the folder is its owner's alone.
            (folder / name).write_text(value, "utf-8")
            (folder / name).chmod(0o444)
    for name in GIVEN:
        if not (folder / name).read_text("utf-8").strip():
            sys.stdout.write(f"To be filled: {folder / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("secrets")))
