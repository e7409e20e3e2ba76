#!/bin/sh
# smoke.sh MOVIEREC   From the ratings to a recommendation as a user goes it, with the program MOVIEREC.
set -eu
MOVIEREC=$1
FOLDER=$(mktemp -d)
unset NEO4J_URI
export MOVIEREC_HOME="$FOLDER/home"
trap '"$MOVIEREC" server stop; rm -rf "$FOLDER"' EXIT
"$(dirname "$MOVIEREC")/python" --version
set -x
"$MOVIEREC" load data/ml-latest-small
"$MOVIEREC" derive --preset keras
"$MOVIEREC" train --preset keras
"$MOVIEREC" doctor
"$MOVIEREC" similar "Matrix, The (1999)" -k 3
"$MOVIEREC" recommend --user 1 -k 3
