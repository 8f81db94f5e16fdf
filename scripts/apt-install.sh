#!/usr/bin/env bash
# Installs Debian packages without starting the daemons that come with some of them:
# the tests start what they need by themselves, on ports of their own. As root.
#
#   scripts/apt-install.sh redis-server prometheus
set -euo pipefail

# Asked by the packages before they start anything; 101 means no. Where somebody has
# said something about that already, it stays.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

# A fresh image has no package lists.
apt-get update -qq </dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
