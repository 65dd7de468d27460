"""Grad-CAM++ on a discriminator's single logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gandash.analyses._class_activation import ClassActivation, HeatMaps, Target, heat_maps

if TYPE_CHECKING:
    import numpy as np
    import torch

    from gandash.architectures import Discriminator


def grad_cam_plus_plus(
    discriminator: Discriminator, images: np.ndarray | torch.Tensor, target: Target = "fake", labels: torch.Tensor | None = None
) -> HeatMaps:
    """Grad-CAM++ maps of every convolutional layer; see :func:`gandash.analyses._class_activation.heat_maps`."""
    from pytorch_grad_cam import GradCAMPlusPlus

    return heat_maps(GradCAMPlusPlus, GradCamPlusPlus.title, discriminator, images, target, labels)


class GradCamPlusPlus(ClassActivation):
    """Weighs each place of a channel on its own, so that several small pieces of evidence count as much as one large piece.

    Chattopadhay et al. 2018, "Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional Networks".
    """

    title = "Grad-CAM++"
    maps = staticmethod(grad_cam_plus_plus)
