#!/bin/sh
# Runs one role of the image: web, ws, worker, beat or migrate.
# --print shows the command instead of running it.
set -eu

usage() {
    echo "usage: entrypoint.sh [--print] web|ws|worker|beat|migrate [arguments]" >&2
    exit 64
}

show=no
if [ "${1:-}" = "--print" ]; then
    show=yes
    shift
fi
[ $# -ge 1 ] || usage
role="$1"
shift

case "$role" in
    web)
        # Backpressure is of open connections, idle ones too: beyond it a client that connects is not heard at all.
        set -- granian --interface wsgi --host 0.0.0.0 --port "${PORT:-8000}" \
            --backlog 2048 --backpressure "${WEB_CONNECTIONS:-2048}" \
            --workers "${WEB_WORKERS:-2}" --blocking-threads "${WEB_THREADS:-4}" --no-ws --log-config deploy/granian-logging.json "$@" \
            stocksense.wsgi:application
        ;;
    ws)
        set -- daphne --verbosity 0 --bind 0.0.0.0 --port "${PORT:-8000}" "$@" stocksense.asgi:application
        ;;
    worker)
        set -- celery -A stocksense --quiet worker --pool prefork --concurrency "${WORKER_CONCURRENCY:-2}" \
            --queues "${WORKER_QUEUES:-default,imports,planning}" --loglevel INFO "$@"
        ;;
    beat)
        set -- celery -A stocksense --quiet beat --loglevel INFO "$@"
        ;;
    migrate)
        set -- python manage.py migrate --noinput "$@"
        ;;
    *)
        usage
        ;;
esac

if [ "$show" = yes ]; then
    echo "$@"
    exit 0
fi

mkdir -p "$STOCKSENSE_DATA"
if [ "$role" = web ]; then
    # The workers' metrics meet in files, of which those of an earlier start say nothing any more.
    PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/stocksense-metrics-$$}"
    export PROMETHEUS_MULTIPROC_DIR
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    rm -f "$PROMETHEUS_MULTIPROC_DIR"/*.db
fi
echo "$role" > /tmp/stocksense-role
exec "$@"
