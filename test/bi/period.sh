#!/usr/bin/env bash
# The period of the dashboard, what follows, and every page at all widths: a part
# of web.sh of its own, as it takes some minutes.
set -euo pipefail
BI_PARTS=period exec bash "$(dirname "$0")/web.sh"
