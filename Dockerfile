# One image, several roles: docker run IMAGE web | ws | worker | beat | migrate

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/production.txt /tmp/production.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/production.txt \
    && /opt/venv/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=stocksense.settings.production \
    STOCKSENSE_DATA=/var/lib/stocksense \
    PORT=8000
RUN useradd --system --uid 10001 --home-dir /var/lib/stocksense --create-home --shell /usr/sbin/nologin stocksense
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py pyproject.toml LICENSE ./
COPY stocksense stocksense
COPY inventory inventory
COPY vendors vendors
COPY forecasting forecasting
COPY policies policies
COPY planning planning
COPY analytics analytics
COPY templates templates
COPY static static
COPY deploy deploy
# The values below only let the settings load while files are collected; a container needs its own.
RUN SECRET_KEY=build-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
    ALLOWED_HOSTS=localhost DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput

USER stocksense
VOLUME /var/lib/stocksense
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
ENTRYPOINT ["deploy/entrypoint.sh"]
CMD ["web"]
