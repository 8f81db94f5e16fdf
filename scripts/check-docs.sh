#!/usr/bin/env bash
# Fails when the generated documents are not what `make docs` makes of the source.
# It compares with a copy instead of asking git, so that it also sees new files,
# works in an unpacked archive, and judges the tree as it is, committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R docs "$before/docs"

make --no-print-directory docs
if ! diff -ru "$before/docs" docs; then
  echo "docs/ is out of date: run make docs and commit what it changes" >&2
  exit 1
fi
