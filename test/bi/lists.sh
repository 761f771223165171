#!/usr/bin/env bash
# The lists of the dashboard: a part of web.sh of its own.
set -euo pipefail
BI_PARTS=lists exec bash "$(dirname "$0")/web.sh"
