"""Grad-CAM on a discriminator's single logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gandash.analyses._class_activation import ClassActivation, HeatMaps, Target, heat_maps

if TYPE_CHECKING:
    import numpy as np
    import torch

    from gandash.architectures import Discriminator


def grad_cam(
    discriminator: Discriminator, images: np.ndarray | torch.Tensor, target: Target = "fake", labels: torch.Tensor | None = None
) -> HeatMaps:
    """Grad-CAM maps of every convolutional layer; see :func:`gandash.analyses._class_activation.heat_maps`."""
    from pytorch_grad_cam import GradCAM

    return heat_maps(GradCAM, GradCam.title, discriminator, images, target, labels)


class GradCam(ClassActivation):
    """Weighs a layer's channels by the mean gradient of D's logit and shows where they are active.

    Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization".
    """

    title = "Grad-CAM"
    maps = staticmethod(grad_cam)
