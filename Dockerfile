# One image per app: docker build --target tenant-worker -t adx/tenant-worker .
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS base
WORKDIR /adx

# The bundles of all apps. Without install scripts, as everywhere: see tools/dev-stack/bootstrap/install-packages.mjs.
FROM base AS build
COPY . .
RUN npm run build

# What is not in the bundles. The links of the workspace's own packages would lead nowhere, and Node is the image's own.
FROM build AS packages
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && rm -rf node_modules/@adx node_modules/.cache

FROM base AS app
ENV NODE_ENV=production
# A number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
COPY --from=packages /adx/node_modules ./node_modules
CMD ["node", "--enable-source-maps", "dist/main.js"]

FROM app AS gateway
COPY --from=build /adx/apps/gateway/package.json ./
COPY --from=build /adx/apps/gateway/dist ./dist

FROM app AS tenant-worker
COPY --from=build /adx/apps/tenant-worker/package.json ./
COPY --from=build /adx/apps/tenant-worker/dist ./dist

FROM app AS user-worker
COPY --from=build /adx/apps/user-worker/package.json ./
COPY --from=build /adx/apps/user-worker/dist ./dist

FROM app AS notification-worker
COPY --from=build /adx/apps/notification-worker/package.json ./
COPY --from=build /adx/apps/notification-worker/dist ./dist

# The jobs before a roll-out: secrets of a trial, and roles, schemas and migrations.
FROM app AS setup
COPY --from=build /adx/apps/setup/package.json ./
COPY --from=build /adx/apps/setup/dist ./dist
# Where the bundle looks for the kernel's: beside its folder.
COPY --from=build /adx/libs/persistence/migrations ./migrations
COPY --from=build /adx/apps/tenant-worker/prisma/migrations ./services/tenant
COPY --from=build /adx/apps/user-worker/prisma/migrations ./services/user
COPY --from=build /adx/apps/notification-worker/prisma/migrations ./services/notification
ENV ADX_MIGRATIONS_FOLDER=/adx/services
USER 0:0
# A new volume takes its owner from the folder that it covers.
RUN mkdir -p /secrets/databases /secrets/gateway \
  && for service in $(ls services); do mkdir -p /secrets/$service-worker; done \
  && chown -R 1000:1000 /secrets
USER 1000:1000
COPY --from=build /adx/libs/payload-codec/migrations ./services/keys

# Gives a token to whoever asks: for trials only.
FROM app AS dev-identity
USER 0:0
RUN mkdir -p /identity && chown 1000:1000 /identity
USER 1000:1000
COPY --from=build /adx/tools/dev-identity/package.json ./
COPY --from=build /adx/tools/dev-identity/dist ./dist
