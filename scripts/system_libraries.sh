#!/bin/sh
# Make sure that the system libraries that Qt needs are there (Debian and Ubuntu).
# As root they are installed through apt; else the line to type is printed.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# library file, package
wanted="libEGL.so.1 libegl1
libGL.so.1 libgl1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-xinerama.so.0 libxcb-xinerama0
libxcb-xkb.so.1 libxcb-xkb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1"

known=$(/sbin/ldconfig -p 2>/dev/null || ldconfig -p 2>/dev/null || true)
packages=$(printf '%s\n' "$wanted" | while read -r file package; do
    case "$known" in
        *"$file"*) ;;
        *) printf '%s ' "$package" ;;
    esac
done)
# Text needs a font: a bare server has none.
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.fonts" \
    "${HOME:-/}/.local/share/fonts" -name '*.[ot]t[fc]' 2>/dev/null | head -n 1)" ]; then
    packages="${packages}fonts-dejavu-core "
fi

# Python's venv module lies in a package of its own on Debian.
if ! "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null; then
    packages="${packages}python3-venv "
fi
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing system libraries; install what your system calls: $packages" >&2
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "Missing system libraries. Type:  sudo apt-get install $packages" >&2
    exit 1
fi
echo "Installing system libraries: $packages"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $packages >/dev/null
