#!/bin/sh
set -e
mkdir -p /etc/ecs
false
echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["fluentd"]' >>/etc/ecs/ecs.config
