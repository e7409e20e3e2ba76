#!/bin/sh
# install.sh PYTHON REQUIREMENTS   Install a lock into PYTHON's environment: pinned and hashed. A PyTorch that is there
# already, such as its build without CUDA, is kept, and what only the build with CUDA needs is left out.
set -eu
PYTHON=$1 REQUIREMENTS=$2
WITHOUT='^$'
if TORCH=$("$PYTHON" -c 'from importlib.metadata import version; print(version("torch"))' 2>/dev/null) &&
  ! grep -q "^torch==$TORCH " "$REQUIREMENTS"; then
  echo "Keeping PyTorch $TORCH, which is installed already." >&2
  WITHOUT='^(torch|triton|nvidia-|cuda-)'
fi
# What is published as source only is built by what the lock has, which is installed first.
SOURCES='^pyspark=='
LOCK=$(mktemp)
trap 'rm -f "$LOCK"' EXIT
# An entry is a line and the indented ones after it, its hashes. The lock is complete, so nothing is resolved; then
# nothing can be pulled in that is not in it.
install() {
  [ ! -s "$LOCK" ] ||
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes "$@" -r "$LOCK"
}
awk -v without="$WITHOUT|$SOURCES" '/^[^ ]/ { keep = $0 !~ without } keep' "$REQUIREMENTS" > "$LOCK"
install
awk -v only="$SOURCES" '/^[^ ]/ { keep = $0 ~ only } keep' "$REQUIREMENTS" > "$LOCK"
install --no-build-isolation
