"""Up to six runs side by side: what differs in their settings, their curves, their pictures at one moment, and their scores."""

import streamlit as st

from gandash import comparison
from pages.components.compared_runs import compared_runs
from pages.components.explain import explain
from pages.components.run_comparison import run_comparison
from pages.components.run_tables import differences_table, scores_table
from pages.components.study_table import study_table
from pages.components.switch import switch

ICON = ":material/compare_arrows:"
AXES = {"epoch": "Epoch", "step": "Step", "minute": "Minute"}
CURVES = {"losses": "Losses", "scores": "D(x)", "gradients": "Gradients", "other": "Others"}
HEAT = {"fake": "Fake", "real": "Real", "off": "No heatmaps"}
DEPTHS = {"first": "First", "middle": "Middle", "last": "Last"}
SCALES = {"sheet": "A sheet", "own": "Each sample"}

explain(
    "Runs that differ in one setting show what the setting does. One cursor goes through all curves and pictures: drag the bar, press "
    "play, or click into a chart. On this page a colour is a run.",
    """
**Which axis.** *Epoch*: how often each image was seen. *Step*: how often the generator learnt. *Minute*: what it cost on the machine that
trained it, which is the fair one where a method does more work a step.

**What can be compared.** Samples, scores and heatmaps can. Losses only between runs with the same objective, and even then a lower one
is no proof of better pictures: each is measured against its own opponent. What is telling is when curves part, rise or begin to swing.

**Sheets.** Each shows its run's own fixed noise. Where seed, prior and latent size agree, the same place is the same latent. A click on a
sample shows it alone in all sheets, another click all of them; drag to move, Ctrl and wheel to zoom.

**Heatmaps.** Grad-CAM on the samples of the sheet, at the same place: where the discriminator finds evidence. The strongest colour is
what nine of ten samples of that sheet stay below, so compare places between runs, and strengths only within a sheet. Where no weights
of a snapshot are kept, the nearest that are draw and judge, and the line below says which.
""",
)
runs = compared_runs()
with st.container(horizontal=True, vertical_alignment="bottom"):
    by = switch("by", AXES, label="Axis")
    curves = switch("curves", CURVES, label="Curves")
    with st.popover("Heatmaps", icon=":material/frame_inspect:"):
        evidence = switch("heat", HEAT, label="Evidence for")
        depth = switch("depth", DEPTHS, default="last", label="Layer of the discriminator", help="From strokes to whole shapes.")
        scale = switch("heat_scale", SCALES, label="One scale for", help="What the strongest colour stands for.")
run_comparison(runs, by, curves, None if evidence == "off" else {"evidence": evidence, "depth": depth, "scale": scale})
st.download_button(
    "Curves (CSV)", lambda: comparison.curves_csv(runs), "curves.csv", "text/csv", icon=":material/download:", on_click="ignore"
)
differences_table(runs)
scores_table(runs)
study_table("mnist_coursework")
