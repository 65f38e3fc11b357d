#!/usr/bin/env bash
# Makes pictures of Slack messages from their JSON: what adapters/slack would
# send, drawn by npm's slack-blocks-to-jsx in headless Chromium. It is run by
# hand, looked at by eye, and no part of the tests.
#
#   docs/pictures/slack/render.sh IN OUT [option…]
#
#   IN   a folder (its *.json) or one file: {text, blocks, response_type},
#        a view {type: home|modal, blocks}, {view}, an array of blocks, or an
#        array of messages
#   OUT  a folder; IN's x.json becomes OUT/x.png, 680 px wide at twice the
#        resolution (less if the file would be larger than 150 kB), at most 256
#        colors
#
#   --name TEXT   the sender                            (silkwire)
#   --time TIME   when it was sent, ISO 8601            (2026-10-05T09:15:00Z)
#   --zone ZONE   the reader's time zone                (UTC)
#   --width PX    the width of the pane                 (680)
#   --keep-html   leave OUT/x.html too
#
# It needs Node 20, Chromium and, for small files, pngquant. On Debian:
#   apt-get install chromium pngquant fonts-lato fonts-noto-cjk fonts-noto-color-emoji
# CHROMIUM names another browser; as root it runs without its sandbox. Nothing is fetched while drawing: pictures in
# a message are drawn as a box with their alt text.
#
# Exit status: 0; 1 if some words of a message are not in its picture, or a
# file cannot be drawn (the others are); 2 for wrong usage.
source "$(dirname "${BASH_SOURCE[0]}")/../start.sh" "$@"
