#!/bin/bash
# A task per video.   sbatch --array=0-49%20 array.sh games.csv /shared/datasets weekend
# 0-49: the videos of the list; %20: tasks at once. Fewer tasks than videos: each takes several. The whole array may be
# submitted again: a task whose videos are done ends at once.
#SBATCH --job-name=cropstream
#SBATCH --cpus-per-task=4
#SBATCH --mem=2200M
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=cropstream-%A_%a.log
# Before the time is over: enough to write a checkpoint.
#SBATCH --signal=TERM@60
set -uo pipefail

list=${1:?the list of videos} out=${2:?the folder for the datasets} name=${3:?the name of the batch}
# The video of a bucket goes to a disk of the node.
export TMPDIR=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}

# Slurm sends the signal to the step. The script has to outlive it, to say what follows.
trap : TERM
srun --ntasks=1 "${CROPSTREAM:-cropstream}" batch "$list" --out "$out" --name "$name" --index auto \
  --workers "${SLURM_CPUS_PER_TASK:-4}" --max-memory 1800 &
step=$!
wait "$step"
code=$?
# A signal ends `wait`, not the step.
while kill -0 "$step" 2>/dev/null; do
  wait "$step"
  code=$?
done

requeue() {
  local task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
  # One that a person has cancelled was interrupted too, but is not running anymore.
  if scontrol --oneliner show job "$task" | grep JobState=RUNNING >/dev/null; then scontrol requeue "$task"; fi
}
case $code in
  # Done, or in vain: another try would give the same.
  0 | 2 | 3) ;;
  # Another process works on the video, or this one was interrupted.
  6 | 129 | 130 | 143) requeue ;;
  # Three tries in all.
  *) ((${SLURM_RESTART_COUNT:-0} >= 2)) || requeue ;;
esac
exit "$code"
