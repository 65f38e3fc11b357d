#!/usr/bin/env bash
# Makes pictures of Discord messages from their JSON: what adapters/discord would
# send, drawn by npm's @skyra/discord-components-core in headless Chromium. It is run
# by hand, looked at by eye, and no part of the tests.
#
#   docs/pictures/discord/render.sh IN OUT [option…]
#
#   IN   a folder (its *.json) or one file: an interaction's callback {type, data}, a
#        message {content, embeds, components, flags, message_reference}, a form
#        {type: 9, data}, or the choices of a look-up {type: 8, data}
#   OUT  a folder; IN's x.json becomes OUT/x.png, at most 256 colours
#
#   --user TEXT      who asked                     (ann)
#   --command TEXT   the slash command             (the file's first word)
#   --time TIME      when it was sent, ISO 8601    (2026-11-25T09:17:00Z)
#   --width PX       the width of the pane         (760)
#
# It needs Node 20, Chromium and, for small files, pngquant. On Debian:
#   apt-get install chromium pngquant fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji
# CHROMIUM names another browser; as root it runs without its sandbox. Nothing is
# fetched while drawing. The package has no menus of people and channels, no labels in
# forms, no lists of choices and none of the newer components: those are drawn by hand.
#
# Exit status: 0; 1 if some words of a message are not in its picture; 2 for wrong usage.
source "$(dirname "${BASH_SOURCE[0]}")/../start.sh" "$@"
