#!/bin/sh
# Resolves the dependencies of pyproject.toml anew and writes requirements/*.txt: pinned and hashed, for every
# platform, without any registry's address. Needs uv (pip install uv). Run it from the repository root.
set -eu
lock() {
  uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-package movierec --extra "$1" -o "requirements/$2.txt" pyproject.toml requirements/build.in $3
}
lock all run ""
lock dev dev "-c requirements/run.txt"
uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  -o requirements/peers.txt requirements/peers.in requirements/build.in
