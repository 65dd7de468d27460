"""Pictures in rows with a caption under each, as part of a plotly figure: sharp, and on whatever background the page has."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import plotly.graph_objects as go

CAPTION = 0.42  # of a picture's height, below it
APART = 0.25  # of a picture's width, between groups
_GAP = 0.06  # of a picture's width, between neighbours


def data_uri(rows: Sequence[Sequence[np.ndarray]]) -> dict:
    """Groups of pictures side by side, row by row, as one transparent PNG: what :func:`picture_rows` draws, as JSON values.

    ``rows[r][g]`` are the pictures of group g in row r, ``uint8 (k, C, H, W)``; a group is as wide in every row.
    """
    side = rows[0][0].shape[-1]
    scale = max(1, -(-64 // side))  # text and gaps fall on whole pixels of small pictures
    side *= scale
    gap, apart, caption = max(1, round(_GAP * side)), round(APART * side), round(CAPTION * side)
    lefts, groups, at = [], [], 0
    for group in rows[0]:
        places = [at + number * (side + gap) for number in range(len(group))]
        groups.append([places[0], places[-1] + side])
        lefts.append(places)
        at = places[-1] + side + apart
    sheet = np.zeros((len(rows) * (side + caption), at - apart, 4), np.uint8)
    for number, row in enumerate(rows):
        top = number * (side + caption)
        for places, group in zip(lefts, row, strict=True):
            for left, picture in zip(places, group, strict=True):
                colours = np.broadcast_to(picture, (3, *picture.shape[1:])).transpose(1, 2, 0)
                sheet[top : top + side, left : left + side, :3] = colours.repeat(scale, 0).repeat(scale, 1)
                sheet[top : top + side, left : left + side, 3] = 255
    buffer = BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG")
    source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return {
        "source": source,
        "size": [sheet.shape[1], sheet.shape[0]],
        "side": side,
        "step": side + caption,
        "lefts": lefts,
        "groups": groups,
    }


def picture_rows(
    figure: go.Figure, pictures: dict, titles: Sequence[str], captions: Sequence[Sequence[Sequence[str]]], row: int = 1, col: int = 1
) -> None:
    """Draw what :func:`data_uri` made into a subplot; ``captions[r][g][k]`` stands under each picture, ``titles[g]`` above a group."""
    import plotly.graph_objects as go

    width, height = pictures["size"]
    side = pictures["side"]
    figure.add_trace(go.Image(source=pictures["source"], hoverinfo="skip"), row, col)
    place = {"showarrow": False, "row": row, "col": col, "borderpad": 0}
    for title, (left, right) in zip(titles, pictures["groups"], strict=True):
        figure.add_annotation(x=(left + right) / 2, y=-0.12 * side, text=title, yanchor="bottom", font={"size": 12}, **place)
    for number, groups in enumerate(captions):
        for lefts, texts in zip(pictures["lefts"], groups, strict=True):
            for left, text in zip(lefts, texts, strict=True):
                y = number * pictures["step"] + side
                figure.add_annotation(x=left + side / 2, y=y, text=text, yanchor="top", font={"size": 9}, **place)
    figure.update_xaxes(visible=False, range=[-0.02 * side, width], constrain="domain", row=row, col=col)
    figure.update_yaxes(visible=False, range=[height, -0.6 * side], constraintoward="top", row=row, col=col)
