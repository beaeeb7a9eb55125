FROM python:3.11-slim

# What draws the PDFs (their fonts are the portal's own); curl and the like stay out.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home portal \
    && mkdir -p /data && chown portal:portal /data

WORKDIR /portal
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
# The build needs a settings module that loads, not a secret: this one is gone with the command.
RUN PORTAL_SECRET=build-only PORTAL_VAR=/tmp/build python manage.py collectstatic --noinput \
    && rm -rf /tmp/build

USER portal
ENV PORTAL_VAR=/data PYTHONUNBUFFERED=1 LANG=C.UTF-8
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "supervision.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
