#!/usr/bin/env bash
# Print a Python between two minor versions, both included. PYTHON names a certain one.
set -euo pipefail

oldest="$1"
newest="$2"

suits() {
    "$1" - "$oldest" "$newest" <<'PYTHON' 2>/dev/null
import sys
oldest, newest = (tuple(map(int, text.split("."))) for text in sys.argv[1:])
sys.exit(not oldest <= sys.version_info[:2] <= newest)
PYTHON
}

for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    if command -v "$candidate" >/dev/null && suits "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
done

found="$(${PYTHON:-python3} --version 2>/dev/null || echo none)"
echo "StockSense needs Python $oldest to $newest (found: $found)." >&2
echo "Install one and run the command again, or name it: make setup PYTHON=/path/to/python3.13" >&2
exit 1
