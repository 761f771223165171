#!/usr/bin/env bash
# What axe-core finds in every page, width and theme of the dashboard: a part of
# web.sh of its own, as it takes some minutes.
set -euo pipefail
BI_PARTS=axe exec bash "$(dirname "$0")/web.sh"
