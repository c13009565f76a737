"""When the largest thing of a page is painted, in Chromium on a throttled line: p50 in milliseconds, and what was loaded in kB.

    make run                               # in one terminal: 49,000 offers
    .venv/bin/python benchmarks/portal_paint.py

A phone's screen, nothing kept from another page, processor four times slower, kinds interleaved. The lines are those of Chromium's own
developer tools; the slow one is also Lighthouse's for phones.
"""

from __future__ import annotations

import argparse
import re
import statistics
import urllib.request
from collections import defaultdict
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

LINES: Final = {  # milliseconds before each answer, bytes a second down and up
    "4G": (165.0, 9_000_000 * 0.9 / 8, 1_500_000 * 0.9 / 8),
    "slow 4G": (562.5, 1_474_560 / 8, 675_000 / 8),
}
KINDS: Final = {
    "home": "/",
    "all": "/offres",
    "text and place": "/offres?q=vente&pres=Aurillac&rayon=50",
    "form": "/deposer",
    "transparency": "/transparence",
}
PAINTED: Final = """() => new Promise(told => new PerformanceObserver(
    list => told(list.getEntries().at(-1).startTime)).observe({type: 'largest-contentful-paint', buffered: true}))"""


def painted(browser: Browser, address: str, line: str) -> tuple[float, float]:
    """When the largest paint was, in milliseconds after the click, and what came over the line, in kB."""
    latency, down, up = LINES[line]
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=3)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    loaded: list[float] = []
    tools.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": down, "uploadThroughput": up},
    )
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    if answer.status != 200:
        raise SystemExit(f"{address}: HTTP {answer.status}")
    told: Any = page.evaluate(PAINTED)
    context.close()
    return float(told), sum(loaded) / 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--portal", default="http://127.0.0.1:4480")
    arguments.add_argument("--chromium", default="/usr/bin/chromium")
    chosen = arguments.parse_args()
    with urllib.request.urlopen(f"{chosen.portal}/offres") as answer:
        offer = re.search(r'href="(/offres/[0-9a-z]+)"', answer.read().decode())
    if offer is None:
        raise SystemExit("The portal has no offer: let a sync end first.")
    kinds = {**KINDS, "one offer": offer[1]}
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    sizes: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chosen.chromium, args=["--no-sandbox"])
        for _ in range(chosen.rounds):
            for name, path in kinds.items():
                for line in LINES:
                    when, sizes[name] = painted(browser, chosen.portal + path, line)
                    times[name, line].append(when)
        browser.close()
    print(f"{'kind':<18}" + "".join(f"{line + ' ms':>12}" for line in LINES) + f"{'kB':>8}")
    for name in kinds:
        p50 = "".join(f"{statistics.median(times[name, line]):12.0f}" for line in LINES)
        print(f"{name:<18}{p50}{sizes[name]:8.1f}")


if __name__ == "__main__":
    main()
