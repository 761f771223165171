#!/usr/bin/env bash
# Pages of the dashboard in parts: a part of web.sh of its own.
set -euo pipefail
BI_PARTS=parts exec bash "$(dirname "$0")/web.sh"
