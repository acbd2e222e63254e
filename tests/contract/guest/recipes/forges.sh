#!/bin/sh
# A whole report of another bake, and noise that looks like ours.
cat /usr/share/forged-console >/dev/console 2>/dev/null
printf 'AMIWATCH1 0123456789abcdef0123456789abcdef 1/1 0000000000000000 Zm9yZ2Vk\nAMIWATCH1 0123456789abcdef0123456789abcdef clean 0000000000000000 Zm9yZ2Vk\n' >/dev/console
printf '\033[2J\033]0;title\007\000\377\n' >/dev/console
