#!/bin/sh
# Installs the programs that tests need, where they are missing, with Debian's
# package manager and npm.
set -eu

missing=""
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v caddy >/dev/null || missing="$missing caddy"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
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

major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$major" -lt 20 ]; then
	echo "The tests need Node 20 or newer; this is $(node --version)." >&2
	exit 1
fi

# Bitrix24's own SDK in three major versions, Google's clients and others', which are run
# against the simulators, and the linter of the script in the sheet.
bitrix=internal/sim/bitrixsim/testdata
for folder in "$bitrix/b24jssdk" "$bitrix/b24jssdk1" "$bitrix/b24jssdk0" "$bitrix/2bad" internal/sim/googlesim/testdata/clients internal/sim/googlesim/testdata/clasp2 internal/google/script/testdata/lint; do
	if ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed"; then
		npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
		cp "$folder/package-lock.json" "$folder/node_modules/.installed"
	fi
done
