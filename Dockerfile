# syntax=docker/dockerfile:1
# One image for every process of the centre; docker-compose.yml says which command each service runs.

FROM python:3.12-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/venv
WORKDIR /app
COPY bootstrap.py requirements.lock ./
# uv itself comes from the lock, too, by its hash.
RUN python -c "import bootstrap; print(bootstrap.pinned('uv'))" > /tmp/uv.txt \
 && python -m venv /opt/uv \
 && /opt/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r /tmp/uv.txt \
 && python -m venv --without-pip /opt/venv
COPY . .
# The lock holds more than an image needs (linters, tests): as a constraint it gives the versions and hashes of the rest.
RUN --mount=type=cache,target=/root/.cache/uv \
    /opt/uv/bin/uv pip install --quiet --verify-hashes --only-binary :all: --no-binary centralcloud \
      --no-binary centralcloud-client --no-binary centralcloud-patterns \
      --constraints requirements.lock --build-constraints requirements.lock \
      -e packages/patterns -e packages/client -e . \
 && python -m compileall -q /app

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=2
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent centralcloud
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
CMD ["python", "-m", "gateway"]
