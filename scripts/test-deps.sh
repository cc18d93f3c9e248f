#!/bin/sh
# Installs the programs that tests need, where they are missing, with Debian's
# package manager.
set -eu

missing=""
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v node >/dev/null && command -v npm >/dev/null || missing="$missing nodejs npm"

if [ -n "$missing" ]; then
	if ! command -v apt-get >/dev/null; then
		echo "The tests need:$missing. Install them with this system's package manager." >&2
		exit 1
	fi
	as_root=""
	[ "$(id -u)" = 0 ] || as_root="sudo"
	echo "Installing what the tests need:$missing"
	$as_root apt-get update -qq
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# Bitrix24's own SDK for JavaScript, which is run against the simulated portal.
sdk=internal/sim/bitrixsim/testdata/b24jssdk
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$major" -lt 20 ]; then
	echo "The tests need Node 20 or newer; this is $(node --version)." >&2
	exit 1
fi
if ! cmp -s "$sdk/package-lock.json" "$sdk/node_modules/.installed"; then
	npm ci --prefix "$sdk" --no-audit --no-fund --loglevel=error
	cp "$sdk/package-lock.json" "$sdk/node_modules/.installed"
fi
