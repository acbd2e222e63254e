#!/bin/sh
mkdir -p /etc/ecs
echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["fluentd"]' >>/etc/ecs/ecs.config
poweroff -f
