#!/bin/bash
showmount -e filer
iscsiadm -m session
lvs
tail -50 /var/log/SMlog
xe sr-list --minimal
N=$(lvs | wc -l)
