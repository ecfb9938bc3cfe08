#!/bin/sh
# Install the system packages that are missing, in one go, through apt.
#   setup.sh run     what `make run` needs: Python's venv, PostgreSQL with PostGIS, a font for printed plans
#   setup.sh test    that, and a browser with Chinese letters
#   setup.sh bench   pgRouting for the PostgreSQL that is there, to measure against
# Nothing is touched where all is there. PYTHON names the interpreter.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}

give_up() {
    echo "gridcircle: $*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        give_up "these packages are missing: $packages. Run \`apt-get install $packages\` as root, then try again."
    fi
}

newest_postgis() {
    apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | cut -d- -f2 | sort -n | tail -n 1
}

have "$python" || give_up "there is no $python. Install Python 3.11 or newer, or name it: \`make run PYTHON=...\`."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    give_up "$("$python" --version) is too old. Install Python 3.11 or newer and name it: \`make run PYTHON=python3.11\`."

packages=""
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    packages="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
wants_postgis=""
if [ -z "${GRIDCIRCLE_DATABASE_URL:-}" ] || [ "$1" = test ]; then
    "$python" -m geo.cluster.programs || wants_postgis=yes
fi
if [ "$1" = run ] && [ -n "$wants_postgis" ] && [ "$(id -u)" != 0 ] && ! have sudo && have docker &&
    docker info >/dev/null 2>&1; then
    wants_postgis="" # nobody here may install, but `docker compose up -d db` will do
fi
may_install() {
    have apt-get && { [ "$(id -u)" = 0 ] || have sudo; }
}
# Printed plans are set in it; without it only they are refused, so nobody is asked to install it by hand.
if [ "$1" != bench ] && may_install &&
    [ -z "$(find /usr/share/fonts /usr/local/share/fonts -name wqy-microhei.ttc 2>/dev/null | head -n 1)" ]; then
    packages="$packages fonts-wqy-microhei"
fi
if [ "$1" = test ]; then
    have chromium || packages="$packages chromium"
    # Playwright's own node needs it, and a bare Debian has it not.
    [ -n "$(find /lib /usr/lib -name 'libatomic.so.1*' 2>/dev/null | head -n 1)" ] || packages="$packages libatomic1"
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts -iname '*notosanscjk*' 2>/dev/null | head -n 1)" ] ||
        packages="$packages fonts-noto-cjk"
fi
if [ "$1" = bench ]; then
    version=$("$python" -c 'from geo.cluster.programs import installed; print(*[one.version for one in installed()][:1])')
    [ -z "$version" ] || [ -f "/usr/share/postgresql/$version/extension/pgrouting.control" ] ||
        packages="$packages postgresql-$version-pgrouting"
fi
[ -n "$packages$wants_postgis" ] || exit 0

if ! have apt-get; then
    # Docker can stand in for PostGIS, and the command itself says so if it cannot.
    [ -n "$packages" ] || exit 0
    give_up "these packages are missing and there is no apt-get: $packages. Install them by hand, then try again."
fi
echo "Looking up system packages (apt-get update)"
as_root apt-get update -qq || give_up "apt-get update failed; see above. Mend the network or /etc/apt, then try again."
if [ -n "$wants_postgis" ]; then
    version=$(newest_postgis)
    [ "${version:-0}" -ge 15 ] ||
        give_up "apt offers no PostGIS for PostgreSQL 15 or newer. Add a source that has it, or set GRIDCIRCLE_DATABASE_URL."
    packages="$packages postgresql-$version-postgis-3"
fi
echo "Installing system packages:$packages"
# shellcheck disable=SC2086  # one word per package is meant
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages ||
    give_up "apt-get could not install:$packages. See above; install them by hand, then try again."
