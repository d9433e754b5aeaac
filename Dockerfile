# The sample application. The base image is an argument, so that a mirror or a local image serves as well:
#   docker build --build-arg BASE_IMAGE=registry.example/python:3.12-slim -t sample-app .
ARG BASE_IMAGE=python:3.12-slim
FROM ${BASE_IMAGE}

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH
WORKDIR /srv

# Dependencies first: they change less often than the code, and the layer is kept.
COPY sample_app/requirements.txt .
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt

COPY alembic.ini .
COPY alembic alembic
COPY sample_app sample_app

USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=5 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]

# exec: uvicorn takes the shell's place and gets the signals that stop the container.
CMD ["sh", "-c", "alembic upgrade head && exec uvicorn sample_app.main:app --host 0.0.0.0"]
