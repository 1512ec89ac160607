#!/bin/sh
# Make the package stocksense_client from docs/openapi.yaml, here or in the folder given.
# Needs openapi-python-client (pip install openapi-python-client), as make setup installs it.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
exec "${GENERATOR:-openapi-python-client}" generate --path "$here/../../openapi.yaml" --config "$here/generator.yaml" \
    --meta none --overwrite --output-path "${1:-$here}/stocksense_client"
