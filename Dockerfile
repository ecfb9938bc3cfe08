# The service alone; its database is another container (docker-compose.yml) or GRIDCIRCLE_DATABASE_URL.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    GRIDCIRCLE_HOME=/var/lib/gridcircle \
    GRIDCIRCLE_HOST=0.0.0.0

# printed plans are set in it
RUN apt-get update && apt-get install -y --no-install-recommends fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home gridcircle \
    && install -d -o gridcircle -g gridcircle /var/lib/gridcircle
WORKDIR /srv/gridcircle

COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock

COPY . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable .

USER gridcircle
RUN gridcircle assets && gridcircle warm

EXPOSE 8000
CMD ["gridcircle", "up"]
