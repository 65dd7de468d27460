"""How bars of real and generated images stand beside each other, in every figure that has them."""

PAIRED_BARS = {
    "barmode": "group",
    "bargap": 0.3,
    "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
}
