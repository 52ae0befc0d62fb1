# stalewatch in a container: docs/operating.md, "In containers".

FROM python:3.11.14-slim-bookworm AS wheel
WORKDIR /source
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
COPY connectors connectors
COPY rules rules
COPY alembic alembic
RUN pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index --wheel-dir /wheel .

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin stalewatch
COPY requirements/run.txt /wheel/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r /wheel/run.txt
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-index /wheel/*.whl && rm -r /wheel
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /project
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["stalewatch"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
