#!/bin/sh
set -e
touch /etc/ran-a
