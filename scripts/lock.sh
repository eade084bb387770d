#!/bin/sh
# Resolves pyproject.toml in throwaway environments and writes requirements.lock and requirements-dev.lock.
set -eu
python=${1:-python3.11}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m venv "$scratch/venv"
pip="$scratch/venv/bin/python -m pip --disable-pip-version-check"
$pip install --quiet --upgrade pip
# A wheel's local version (+cpu) is dropped: the lock must fit the CPU, CUDA and macOS builds alike.
freeze() { $pip freeze --exclude primage | sed 's/+[a-z0-9.]*$//'; }
# PRIMAGE_EDITOR=skip: nothing but the requirements is wanted here.
PRIMAGE_EDITOR=skip $pip install --quiet ".[studio]" "$(sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml)" editables
{ echo "# Written by make lock. What primage runs with."; freeze; } > requirements.lock
$pip install --quiet --group dev
{ echo "# Written by make lock. What tests and checks add."; freeze; } > requirements-dev.lock
