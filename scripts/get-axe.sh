#!/usr/bin/env bash
# Puts axe-core, which the browser tests look for barriers with, into bin/. One version
# is pinned with its hash; nothing of it is committed, or part of the binary. With npm
# from the registry that npm is set to, otherwise with curl or wget from npm's own.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.14.1
sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5
file=axe-core-$version.tgz
address=https://registry.npmjs.org/axe-core/-/$file

there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
if command -v npm >/dev/null; then
  (cd "$there" && npm pack --silent "axe-core@$version" >/dev/null)
elif command -v curl >/dev/null; then
  curl -fsSL --retry 3 --max-time 120 -o "$there/$file" "$address"
elif command -v wget >/dev/null; then
  wget -q --tries 3 --timeout 60 -O "$there/$file" "$address"
else
  echo "none of npm, curl and wget is there to get axe-core with" >&2
  exit 1
fi
echo "$sha512  $there/$file" | sha512sum --check --status || {
  echo "axe-core $version is not what it was: its hash differs" >&2
  exit 1
}
tar -xzf "$there/$file" -C "$there" package/axe.min.js
mkdir -p bin
touch "$there/package/axe.min.js" # its own time is of 1985
mv "$there/package/axe.min.js" bin/axe.min.js
