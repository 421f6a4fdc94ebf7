# The image of the jobs on IBM Cloud Code Engine (linux/amd64). Each job names its program: node check-logpush/main.js
# The tests of this repository do not build it; `npm run build -- --check` starts the same files without it.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY infra/run.mjs infra/run.mjs
# Installs with `npm ci`, in a layer of its own.
RUN node infra/run.mjs
COPY . .
# The Node of the image runs each job once, and what V8 compiled of it lies beside its code (docs/adr/0023).
# The maps stay with who builds, and the webhook is no job.
RUN node infra/build/main.ts --warm && rm -r out/webhook && rm out/*/*.map

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
# The SDK of COS still uses url.parse; Cloud Logs would show the warning as records of every run.
ENV NODE_OPTIONS=--disable-warning=DEP0169
WORKDIR /keeper
# Owned by root: the jobs cannot change their own code.
COPY --from=build /build/out ./
# The user `node` of the base image.
USER 1000:1000
