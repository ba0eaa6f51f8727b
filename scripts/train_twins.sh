#!/bin/sh
# Trains the networks that come with the program, one after the other, on one thread and with the
# lowest priority; an interrupted run goes on where it was. DATA holds cifar10-train and cifar10-test.
set -eu
data=${1:?usage: train_twins.sh DATA [PYTHON]}
python=${2:-.venv/bin/python}
for run in resnet20:0 plain20:0 resnet56:0 plain56:0 resnet20:1 plain20:1; do
    OMP_NUM_THREADS=1 nice -n 19 "$python" -m resnet_viz train \
        --network "${run%:*}" --seed "${run#*:}" --data "$data"
done
