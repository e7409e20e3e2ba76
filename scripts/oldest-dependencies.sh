#!/bin/sh
# oldest-dependencies.sh PYTHON [PYTEST ARGUMENTS]   The tests with the lowest version of every direct dependency that
# pyproject.toml allows, once before a release: what fails there corrects a bound. Needs uv.
set -eu
PYTHON=$1
shift
VENV=.venv-oldest
command -v uv >/dev/null || { echo "This needs uv: pip install uv" >&2; exit 1; }
"$PYTHON" -m venv --clear "$VENV"
uv pip compile -q --resolution lowest-direct --python "$VENV/bin/python" --no-header --no-annotate \
  --no-emit-package movierec --extra dev -o "$VENV/requirements.txt" pyproject.toml requirements/build.in
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r "$VENV/requirements.txt"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# PyTorch before 2.10 cannot keep the books of a GPU without a driver; the training itself runs on it.
"$VENV/bin/python" -m pytest tests --ignore tests/containers --ignore tests/browser \
  --deselect tests/embedding/test_skipgram.py::test_step_on_a_gpu_mixes_no_devices \
  -n "${WORKERS:-2}" --dist loadgroup --no-loadscope-reorder "$@"
