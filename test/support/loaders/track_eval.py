"""Evaluates tracks with TrackEval against the export as the truth."""

from opened import load, report

results = load()["results"]["MotChallenge2DBox"]
report(
    sequences=sorted(results["same"]),
    hota={tracker: of["COMBINED_SEQ"]["pedestrian"]["HOTA"]["HOTA"].mean() for tracker, of in results.items()},
)
