#!/bin/sh
# Stands in for the SSM agent in a container: asks the guest what a bake would ask, prints the answers on
# the console, and has the machine stopped. Leaves traces where the agent leaves its own.
questions=/usr/share/questions
mkdir -p /var/lib/amazon/ssm/i-0123456789abcdef0/document /var/lib/amazon/ssm/ipc
: >/var/lib/amazon/ssm/keep

# ask CLOSE: all pieces.
ask() {
    for from in 1 91 181 271; do
        sh "$questions/$1-$from"
    done
}

# until_said WORD CLOSE: asks once a second, for two minutes at most.
until_said() {
    left=120
    while [ $left -gt 0 ] && ! ask "$2" >/run/answer 2>/dev/null; do
        left=$((left - 1))
        sleep 1
    done
    while [ $left -gt 0 ] && ! grep -q "$1" /run/answer; do
        left=$((left - 1))
        sleep 1
        ask "$2" >/run/answer
    done
    cat /run/answer >/dev/console
}

until_said ' 1/' no
until_said ' clean ' close
echo command >/var/lib/amazon/ssm/i-0123456789abcdef0/document/state
systemctl --no-block poweroff
# The agent stays until it is stopped.
sleep 600
