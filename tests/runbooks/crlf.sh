#!/bin/bash
xe host-list --minimal
for v in db; do
  xe vm-list name-label=$v
done
