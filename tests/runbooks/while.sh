#!/bin/bash
xe vm-list --minimal
xe host-list --minimal | tr , '\n' | while read h; do
  xe host-forget uuid=$h
done
xe vm-strat vm=db
