#!/bin/sh
sleep 100000
