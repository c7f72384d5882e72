#!/bin/bash
xe host-list --minimal
xe host-forget uuid=$beta --force   (only if it is off)
xe vm-strat vm=db
