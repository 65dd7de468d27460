from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gandash.tricks import Trick, batch_norm_layers

if TYPE_CHECKING:
    from gandash.architectures import Judged
    from gandash.objectives import Step


class MixedBatch(Trick):
    """D is shown real and generated images together in one batch, in place of one batch of each.

    Chintala et al., "How to train a GAN? Tips and tricks to make GANs work", 2016, tip 4, advise against it; here one can see why. Batch
    normalisation then takes its statistics over both kinds, and what distinguishes an image from the rest of its batch says which kind it
    is; in G's phase, as with everyone who mixes, D sees generated images alone, and is another D than the one that was trained.
    """

    title = "One mixed batch for D"

    def suits(self, config) -> str | None:
        networks = config.part("architecture").outline(config)
        if networks is not None and not any(True for _ in batch_norm_layers(networks[1])):
            return "Without batch normalisation the discriminator judges each image alone, so it makes no difference what it is mixed with."
        return None

    def judge(self, step: Step) -> tuple[Judged, Judged]:
        labels = None if step.labels is None else torch.cat([step.labels, step.fake_labels])
        judged = step.discriminator(torch.cat([step.real, step.fake]), labels)
        sizes = [len(step.real), len(step.fake)]
        logits = judged.logits.split(sizes)
        class_logits = (None, None) if judged.class_logits is None else judged.class_logits.split(sizes)
        real, fake = (judged._replace(logits=said, class_logits=named) for said, named in zip(logits, class_logits, strict=True))
        return real, fake
