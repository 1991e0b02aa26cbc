# Installs the stores that stand in for Google Cloud Storage and Azure, once, into the cache directory.
# shellcheck shell=bash

FAKE_GCS_VERSION=v1.56.1
# The last one for Node.js 20.
AZURITE_VERSION=3.35.0

# fake-gcs-server, built from source by Go.
install_gs() {
  GS_HOME=$CACHE/fake-gcs-$FAKE_GCS_VERSION
  [ -x "$GS_HOME/fake-gcs-server" ] && return 0
  have go || { warn "go is not installed"; return 1; }
  say "building fake-gcs-server $FAKE_GCS_VERSION into $GS_HOME"
  mkdir -p "$GS_HOME"
  GOBIN=$GS_HOME timeout 1800 go install "github.com/fsouza/fake-gcs-server@$FAKE_GCS_VERSION" >"$GS_HOME/install.log" 2>&1 ||
    { tail -5 "$GS_HOME/install.log" >&2; return 1; }
}

# azurite, Microsoft's own emulator.
install_az() {
  AZ_HOME=$CACHE/azurite-$AZURITE_VERSION
  [ -x "$AZ_HOME/node_modules/.bin/azurite-blob" ] && return 0
  have npm || { warn "npm is not installed"; return 1; }
  say "installing azurite $AZURITE_VERSION into $AZ_HOME"
  mkdir -p "$AZ_HOME"
  echo "{\"private\":true,\"dependencies\":{\"azurite\":\"$AZURITE_VERSION\"}}" >"$AZ_HOME/package.json"
  (cd "$AZ_HOME" && timeout 600 npm install --no-audit --no-fund --no-package-lock) >"$AZ_HOME/install.log" 2>&1 ||
    { tail -5 "$AZ_HOME/install.log" >&2; return 1; }
}
