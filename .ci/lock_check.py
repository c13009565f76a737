"""Whether the lock files hold what pyproject.toml asks for, with hashes and without addresses. Needs no network."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    everywhere = project["dependencies"] + extras["build"] + extras["otlp"]
    wrong = check("requirements.txt", everywhere)
    wrong += check("requirements-dev.txt", everywhere + extras["dev"])
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    if wrong:
        sys.stderr.write("Run `make lock`.\n")
    return 1 if wrong else 0


def check(file: str, wanted: list[str]) -> list[str]:
    """What is wrong with one lock file."""
    text = Path(file).read_text("utf-8")
    pins = {canonicalize_name(name): version for name, version in PIN.findall(text)}
    wrong = [
        f"{file} holds an address: {line.strip()}"
        for line in text.splitlines()
        if "://" in line or "--index" in line
    ]
    if text.count("--hash=sha256:") < len(pins):
        wrong.append(f"{file} has pins without hashes")
    environment = {key: str(value) for key, value in default_environment().items()}
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        version = pins.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version):
            wrong.append(f"{file} pins {requirement.name} {version}, pyproject.toml asks for {requirement}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
