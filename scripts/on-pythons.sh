#!/bin/sh
# on-pythons.sh MAKE TARGET   Make TARGET with the oldest and with the newest Python that movierec promises and that is
# there, each in an environment of its own: .venv if that has the same version, else .venv-3.X.
set -eu
MAKE=$1 TARGET=$2
FOUND=
PYENV=$(command -v pyenv || true) PYENV=${PYENV%/bin/pyenv}
for minor in 11 12 13 14; do
  # pyenv's stand-ins are on the path for every version, and run the chosen one only.
  for python in "python3.$minor" "$PYENV/versions/3.$minor".*/bin/python3; do
    if "$python" -c "import sys, venv; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
      FOUND="$FOUND 3.$minor=$python"
      break
    fi
  done
done
[ -n "$FOUND" ] || { echo "No Python from 3.11 to 3.14 is on the path." >&2; exit 1; }
echo "Pythons at hand:$FOUND" >&2
OLDEST=${FOUND# } OLDEST=${OLDEST%% *} NEWEST=${FOUND##* }
[ "$OLDEST" = "$NEWEST" ] && NEWEST=
for entry in $OLDEST $NEWEST; do
  version=${entry%%=*} python=${entry#*=} venv=.venv-${entry%%=*}
  if [ -x .venv/bin/python ] && .venv/bin/python --version | grep -q "^Python $version\."; then venv=.venv; fi
  "$MAKE" "$TARGET" VENV="$venv" PYTHON="$python"
done
