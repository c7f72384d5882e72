#!/bin/bash
set -e
read -p "Name of the host that is lost: " NAME
H=$(xe host-list name-label=$NAME --minimal)
xe host-forget uuid=$H --force
