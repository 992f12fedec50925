#!/bin/sh
# Fetch the pinned third-party files again: fonts, icons, htmx for the staff console, and axe for the browser tests.
# Needs npm, node and tar; nothing of this runs with the product. Change a version here, run it,
# run the browser tests, commit the result.
set -eu

FONT="@fontsource/be-vietnam-pro@5.3.0"
ICONS="lucide-static@1.62.0"
HTMX="htmx.org@2.0.11"
SSE="htmx-ext-sse@2.2.4"
AXE="axe-core@4.14.1"

vendor=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$vendor/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() { # package, folder
    mkdir -p "$work/$2"
    (cd "$work" && tar xzf "$(npm pack --silent "$1")" -C "$2" --strip-components=1)
}

unpack "$FONT" font
mkdir -p "$vendor/be-vietnam-pro"
cp "$work/font/LICENSE" "$vendor/be-vietnam-pro/LICENSE"
for subset in vietnamese latin; do
    for weight in 400 500 600; do
        cp "$work/font/files/be-vietnam-pro-$subset-$weight-normal.woff2" "$vendor/be-vietnam-pro/"
    done
done
node "$vendor/refresh.mjs" fonts "$work/font/unicode.json" > "$vendor/be-vietnam-pro/fonts.css"

unpack "$ICONS" icons
mkdir -p "$vendor/lucide"
cp "$work/icons/LICENSE" "$vendor/lucide/LICENSE"
while read -r icon; do
    cp "$work/icons/icons/$icon.svg" "$vendor/lucide/"
done < "$vendor/icons.txt"
node "$vendor/refresh.mjs" icons "$vendor/lucide" > "$root/bot/widget/icons.js"
# the console's own: the widget need not carry them
mkdir -p "$vendor/lucide/console"
while read -r icon; do
    cp "$work/icons/icons/$icon.svg" "$vendor/lucide/console/"
done < "$vendor/console-icons.txt"

unpack "$HTMX" htmx
unpack "$SSE" sse
mkdir -p "$vendor/htmx"
cp "$work/htmx/dist/htmx.min.js" "$vendor/htmx/htmx.min.js"
cp "$work/htmx/LICENSE" "$vendor/htmx/LICENSE"
cp "$work/sse/dist/sse.min.js" "$vendor/htmx/sse.min.js"

unpack "$AXE" axe
mkdir -p "$root/tests/browser/vendor"
cp "$work/axe/axe.min.js" "$root/tests/browser/vendor/axe.min.js"
cp "$work/axe/LICENSE" "$root/tests/browser/vendor/axe.LICENSE"
cp "$work/axe/LICENSE-3RD-PARTY.txt" "$root/tests/browser/vendor/axe.LICENSE-3RD-PARTY.txt"
