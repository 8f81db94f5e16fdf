#!/usr/bin/env bash
# Fails when what `make docs` generates is not what it makes of the source now. It
# compares with a copy instead of asking git, so that it also sees new files, works
# in an unpacked archive, and judges the tree as it is, committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R docs README.md internal/dashboard/dist "$before"

make --no-print-directory docs
if ! { diff -ru "$before/docs" docs && diff -ru "$before/dist" internal/dashboard/dist && diff -u "$before/README.md" README.md; }; then
  echo "what is generated is out of date: run make docs and commit what it changes" >&2
  exit 1
fi
