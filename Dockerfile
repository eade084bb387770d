# The command line and the studio in one image, without a compiler, as a user without privileges.
#
#   docker build -t primage .
#   docker run --rm -it -p 127.0.0.1:8765:8765 -v primage:/data -e PRIMAGE_TOKEN=$(openssl rand -hex 16) primage
#
# Then open the address that it prints. Other commands:
#   docker run --rm -it -v "$PWD:/data" --user "$(id -u)" primage primage train photo.jpg -o run
#
# For a much smaller image on x86-64 without a GPU, let pip see PyTorch's CPU index (the lock file has its hash):
#   docker build --build-arg PIP_EXTRA_INDEX_URL=… -t primage .

FROM node:20-slim AS editor
WORKDIR /editor
COPY editor/package.json editor/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY editor/ ./
RUN npm run build

FROM python:3.11-slim
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Before the source, so that this layer lasts until the lock files change.
COPY requirements.lock requirements-cuda.lock requirements-ray.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock \
 && if pip check | grep '^torch .* is not installed' > /dev/null; then \
      pip install --no-deps --require-hashes -r requirements-cuda.lock; fi
COPY pyproject.toml README.md LICENSE ./
COPY scripts/editor_hook.py scripts/lock.py scripts/sbom.py scripts/
COPY editor/package-lock.json editor/
COPY src/ src/
COPY --from=editor /editor/dist editor/dist
COPY --from=editor /editor/web/dist editor/web/dist
RUN pip install --no-deps --no-build-isolation . && rm -rf /build

RUN useradd --create-home primage && install -d -o primage -g primage /data
USER primage
WORKDIR /data
VOLUME /data
ENV PRIMAGE_WEIGHTS=/data/weights
EXPOSE 8765
# Beyond its own machine (here: beyond the container) the studio insists on a token.
CMD ["sh", "-c", "exec primage studio --host 0.0.0.0 --no-browser --projects /data/projects \
  --token \"${PRIMAGE_TOKEN:?set PRIMAGE_TOKEN to 16 or more random characters}\""]
