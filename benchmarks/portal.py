"""How fast the portal answers: p50 and p95 of each kind of page in milliseconds, whole pages in kB, and requests a second.

    make run                               # in one terminal: 49,000 offers
    .venv/bin/python benchmarks/portal.py

One reader at a time, kinds interleaved, for the times; then ``--readers`` at once on pages that were just read, for the rate.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import re
import statistics
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

WORDS = [
    "boulanger",
    "vente",
    "aide",
    "soignante",
    "comptable",
    "soudeur",
    "formation",
    "infirmier",
    "maçon",
    "anglais",
    "cuisine",
]
PLACES = ["Aurillac", "Lyon", "Grenoble", "Moulins", "Annecy", "Valence", "Saint-Étienne"]
KINDS = {
    "home": ["/"],
    "all": ["/offres"],
    "text": [f"/offres?q={quote(word)}" for word in WORDS],
    "filters": [
        f"/offres?type=emploi&departement={code:02}&contrat=cdi" for code in (1, 3, 7, 15, 26, 38, 42, 69)
    ],
    "fine filters": [f"/offres?type=formation&cpf=oui&niveau={level}&domaine=J" for level in (3, 4, 5, 6)],
    "around a place": [f"/offres?pres={quote(place)}&rayon={km}" for place in PLACES for km in (10, 50)],
    "text and place": [f"/offres?q={quote(word)}&pres=Lyon" for word in WORDS],
    "one letter wrong": ["/offres?q=boulagner", "/offres?q=soudeurr", "/offres?q=comptabel"],
    "second page": ["/offres?q=vente&page=2"],
}


class Reader:
    """A connection that is kept."""

    def __init__(self, address: str) -> None:
        self._to = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)

    def get(self, path: str) -> bytes:
        """The body of a page; anything but a 200 is an error."""
        self._to.request("GET", path, headers={"Accept-Encoding": "identity"})
        answer = self._to.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: HTTP {answer.status}")
        return body


def offers_of(reader: Reader) -> list[str]:
    """The addresses of the offers on the first page."""
    return re.findall(r'href="(/offres/[0-9a-z]+)"', reader.get("/offres").decode())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--readers", type=int, default=8)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--portal", default="http://127.0.0.1:4480")
    chosen = arguments.parse_args()
    reader = Reader(chosen.portal)
    kinds = {**KINDS, "one offer": offers_of(reader)}
    times: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    for _ in range(chosen.rounds):
        for name, paths in kinds.items():
            for path in paths:
                begun = time.perf_counter()
                body = reader.get(path)
                times[name].append(time.perf_counter() - begun)
                sizes[name] = max(sizes[name], len(body))
    print(f"{'kind':<18}{'p50 ms':>8}{'p95 ms':>8}{'kB':>7}")
    for name, seen in times.items():
        p95 = statistics.quantiles(seen, n=20)[-1]
        print(f"{name:<18}{statistics.median(seen) * 1000:8.1f}{p95 * 1000:8.1f}{sizes[name] / 1000:7.1f}")

    def read_on(number: int) -> int:
        mine, read, end = Reader(chosen.portal), 0, time.monotonic() + chosen.seconds
        for path in itertools.cycle(["/", "/offres", *kinds["text"], *kinds["one offer"]][number:]):
            if time.monotonic() > end:
                return read
            mine.get(path)
            read += 1
        return read

    with ThreadPoolExecutor(chosen.readers) as pool:
        total = sum(pool.map(read_on, range(chosen.readers)))
    print(f"{total / chosen.seconds:.0f} requests a second, {chosen.readers} readers at once")


if __name__ == "__main__":
    main()
